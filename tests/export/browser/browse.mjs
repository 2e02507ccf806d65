// Uses a page that paints as a person would: node browse.mjs ADDRESS REFERENCES FOLDER
// Opens ADDRESS, from disk or of a server, in Chromium, compares its pictures with the REFERENCES, presses every
// button, leaves screenshots in FOLDER, and prints what it measured as JSON. What does not hold is an AssertionError.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [address, references, folder] = process.argv.slice(2);
const alone = address.startsWith("file:"); // it asks for nothing but itself
const LIMIT = 120_000; // ms for a picture on a busy machine

const SILENT = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", ...SILENT],
});

/** A page in a window of this size, and what it did that it should not do. */
async function opened(options) {
  const context = await browser.newContext({ offline: alone, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT);
  const faults = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (said) => said.type() === "error" && faults.push(`console: ${said.text()}`));
  page.on("request", (request) => {
    const url = request.url();
    const own = alone ? url === address : url.startsWith(address);
    if (!own && !/^(data|blob):/.test(url)) faults.push(`request: ${url}`);
  });
  await page.addInitScript(() => {
    window.pressed = new Set();
    addEventListener("click", ({ target }) => window.pressed.add(target.id), true);
  });
  const start = performance.now();
  await page.goto(address);
  await page.evaluate(() => window.mezzotint.ready);
  const load = performance.now() - start;
  await page.evaluate(() => window.mezzotint.first);
  return { page, faults, load };
}

const status = (page) => page.locator("#status").textContent();

/** The bytes of the canvas. */
const canvas = (page, id = "picture") =>
  page.evaluate((id) => {
    const canvas = document.getElementById(id);
    return Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
  }, id);

/** Waits until the page is idle again. */
const idle = (page) => page.waitForSelector("#download:enabled");

async function generated(page) {
  await page.click("#generate");
  await idle(page);
  assert.match(await status(page), /^Done/);
  return canvas(page);
}

/** How far the page's pictures are from the references, in 255ths, and how long they took. */
async function compared(page) {
  const found = [];
  for (const reference of JSON.parse(readFileSync(references, "utf8"))) {
    const { picture, ms } = await page.evaluate(async (reference) => {
      const { picture, ms } = await window.mezzotint.sample(reference);
      return { picture: Array.from(picture), ms };
    }, reference);
    assert.equal(picture.length, reference.picture.length);
    const apart = picture.map((value, i) => Math.abs(value - reference.picture[i]) * 255);
    const mean = apart.reduce((sum, value) => sum + value) / apart.length;
    const { sampler, steps, label } = reference;
    found.push({ sampler, steps, label, mean, max: Math.max(...apart), ms });
  }
  return found;
}

/** Seed, steps, sampler, class, stop. */
async function makes(page) {
  const before = await canvas(page);
  assert(new Set(before.filter((_, i) => i % 4 < 3)).size > 8, "the canvas is blank");
  const { steps } = await page.evaluate(() => window.mezzotint.sidecar.sampling);
  assert.equal(await page.inputValue("#steps"), String(steps), "as many steps as the model takes by itself");
  await page.fill("#seed", "7");
  await page.fill("#steps", "4");
  await page.evaluate(() => {
    window.shown = new Set();
    const number = document.getElementById("frame-number");
    new MutationObserver(() => window.shown.add(number.textContent)).observe(number, { childList: true });
  });
  const one = await generated(page);
  const shown = await page.evaluate(() => [...window.shown]);
  assert.deepEqual(shown, [1, 2, 3, 4].map((step) => `step ${step} of 4`), "each step is shown");
  assert.notDeepEqual(one, before, "another seed is another picture");
  assert.deepEqual(await generated(page), one, "the same seed is the same picture");
  const names = ({ options }) => Array.from(options, ({ value }) => value);
  const samplers = await page.locator("#sampler").evaluate(names);
  for (const sampler of samplers) {
    await page.selectOption("#sampler", sampler);
    await generated(page);
  }
  await page.selectOption("#sampler", "ddim");
  if (await page.locator("#label").isVisible()) {
    await page.selectOption("#label", "0");
    const first = await generated(page);
    await page.selectOption("#label", "1");
    assert.notDeepEqual(await generated(page), first, "another class is another picture");
    await page.selectOption("#label", "-1");
  }
  await page.click("#new-seed");
  await idle(page);
  assert.notDeepEqual(await canvas(page), one, "a new seed is another picture");
  await page.fill("#steps", "50");
  await page.locator("#generate").evaluate((one) => [one.click(), one.click()]); // however fast it is
  await idle(page);
  assert.match(await status(page), /^Stopped after 1 step /);
  await page.fill("#steps", "10");
  await generated(page);
}

/** The way from the noise. */
async function scrubs(page) {
  const end = await canvas(page);
  await page.fill("#frame", "1");
  const start = await canvas(page);
  assert.notDeepEqual(start, end);
  await page.check("input[value=noisy]", { force: true });
  assert.notDeepEqual(await canvas(page), start);
  await page.check("input[value=picture]", { force: true });
  await page.fill("#frame", "10");
  assert.deepEqual(await canvas(page), end);
}

/** How many pixels are set; the brush's own shadow is fainter. */
async function masked(page) {
  return (await canvas(page, "mask")).filter((value, i) => i % 4 === 3 && value > 120).length;
}

/** Brush, eraser, keys, clear; then a part painted anew. */
async function inpaints(page) {
  await page.click("#brush");
  const box = await page.locator("#mask").boundingBox();
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(0.25, 0.25));
  await page.mouse.down();
  await page.mouse.move(...at(0.6, 0.6), { steps: 4 });
  await page.mouse.up();
  const drawn = await masked(page);
  assert(drawn > 0, "the brush sets the mask");
  await page.click("#eraser");
  await page.mouse.click(...at(0.25, 0.25));
  assert((await masked(page)) < drawn, "the eraser takes from it");
  await page.click("#clear");
  assert.equal(await masked(page), 0);
  assert(await page.locator("#inpaint").isDisabled(), "there is nothing to paint");
  await page.click("#eraser"); // off again
  await page.fill("#brush-size", "6");
  await page.focus("#mask");
  for (const key of ["ArrowLeft", "ArrowUp", "ArrowUp", " "]) await page.keyboard.press(key);
  assert.match(await status(page), /^Brush at column \d+, row \d+/);
  await page.keyboard.press("Tab"); // away, so that the mask alone is left
  const before = await canvas(page);
  const mask = await canvas(page, "mask");
  for (const blend of [false, true]) {
    await page.setChecked("#blend", blend);
    await page.click("#inpaint");
    await idle(page);
    assert.equal(await page.evaluate(() => document.activeElement.id), "inpaint", "the focus stays");
    const after = await canvas(page);
    const changed = after.filter((value, i) => value !== before[i] && mask[i - (i % 4) + 3] === 0).length;
    assert.equal(changed, 0, "what is known stays");
    assert.notDeepEqual(after, before, "what is masked is painted");
  }
}

/** Download and check. */
async function finishes(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
  const png = readFileSync(await download.path());
  const size = await page.locator("#picture").evaluate(({ width, height }) => [width, height]);
  assert.equal(png.toString("latin1", 1, 4), "PNG");
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], size);
  await page.click("#check");
  await idle(page);
  assert.match(await status(page), /from JAX's on average$/);
}

/** Every button was pressed, everything has a name, and everything is reached by the Tab key. */
async function isWhole(page) {
  const [unpressed, nameless, controls] = await page.evaluate(() => {
    const ids = (query, which) => [...document.querySelectorAll(query)].filter(which).map(({ id }) => id);
    return [
      ids("button", ({ id }) => !window.pressed.has(id)),
      ids("input, select, canvas, progress", (each) => !each.ariaLabel && !each.labels?.length),
      ids("button, input:not([type=radio]), select, #mask", (one) => !one.disabled && one.checkVisibility()),
    ];
  });
  assert.deepEqual([unpressed, nameless], [[], []]);
  const reached = new Set();
  await page.evaluate(() => document.activeElement.blur());
  for (let i = 0; i < controls.length + 4; i++) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => document.activeElement.id));
  }
  assert.deepEqual(controls.filter((id) => !reached.has(id)), []);
}

/** On a phone: nothing sticks out, and a finger paints. */
async function fitsAPhone() {
  const { page, faults } = await opened({
    viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2,
  });
  assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it is too wide");
  await page.tap("#brush");
  await page.tap("#mask");
  assert((await masked(page)) > 0, "a finger sets the mask");
  await page.screenshot({ path: `${folder}/phone.png`, fullPage: true });
  assert.deepEqual(faults, []);
}

try {
  const { page, faults, load } = await opened({ viewport: { width: 1280, height: 900 } });
  await page.screenshot({ path: `${folder}/light.png` });
  const pictures = await compared(page);
  const backend = await page.locator("#backend").textContent();
  await makes(page);
  await scrubs(page);
  await inpaints(page);
  await page.screenshot({ path: `${folder}/inpainted.png` });
  await finishes(page);
  await isWhole(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: `${folder}/dark.png` });
  assert.deepEqual(faults, []);
  await fitsAPhone();
  const devices = await page.evaluate(() => window.mezzotint.race(true));
  console.log(JSON.stringify({ load, backend, pictures, devices }, null, 2));
} finally {
  await browser.close();
}
