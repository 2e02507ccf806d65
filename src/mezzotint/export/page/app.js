// The page: its controls and its picture.

import { comparing } from "./compare.js";
import { json } from "./inlined.js";
import { maskOn } from "./mask.js";
import { network as started } from "./network.js";
import { painter } from "./painter.js";
import { paint } from "./pixels.js";
import { SAMPLERS } from "./sampler.js";

const BACKENDS = { wasm: "WebAssembly", webgl: "WebGL", webgpu: "WebGPU" };
const SLOW = 25; // ms a step, from where on another device is looked for

const $$ = (id) => document.getElementById(id);
const sidecar = json("sidecar");
const reference = json("reference");
const [height, width] = sidecar.inputs.x.shape.slice(1);
const network = started(sidecar);
const paints = painter(sidecar, network);
const { sample, remake, check } = comparing(paints, reference);

const mask = maskOn($$("mask"), maskChanged);
let frames = []; // the steps of the picture that is shown
let each = 0; // ms that one of them took
let attempt = 0; // how often a part was painted anew: each time with other noise
let running = null; // {stopped} while something is made

// ---- making

/** What the form asks for. */
function asked() {
  const seed = Number($$("seed").value) >>> 0;
  return {
    seed,
    steps: $$("steps").valueAsNumber,
    sampler: $$("sampler").value,
    label: Number($$("label").value || -1),
  };
}

async function generate() {
  const wish = asked();
  await follow(wish, paints.make({ ...wish, start: paints.noise(wish.seed) }), "Painting");
}

async function inpaint() {
  const wish = { ...asked(), attempt: ++attempt, blend: $$("blend").checked };
  const given = frames.at(-1).picture;
  const start = paints.noise(wish.seed, attempt);
  brushMode(null);
  await follow(wish, paints.remake({ ...wish, start, given, mask: mask.cells.slice() }), "Painting a part");
}

/** Shows the steps of a picture as they come. */
async function follow(wish, steps, verb) {
  await working(`${verb}: seed ${wish.seed}, ${count(wish.steps, "step")}`, async (run) => {
    const start = performance.now();
    frames = [];
    $$("progress").max = $$("frame").max = wish.steps;
    for await (const step of steps) {
      frames.push(step);
      $$("progress").value = frames.length;
      show(frames.length - 1);
      if (run.stopped) break;
    }
    finished(wish, performance.now() - start, run.stopped);
  });
}

/** Makes the picture that JAX made when the page was exported, and says how far the two are apart. */
async function compare() {
  await working("Making the picture that JAX made when the page was exported", async () => {
    const { mean, max } = await check();
    $$("difference").textContent = `${mean.toFixed(2)} of 255, at most ${max.toFixed(1)}`;
    $$("checked").hidden = false;
    say(`A grey level of the picture is ${mean.toFixed(2)} of 255 from JAX's on average`);
  });
}

/** Does what takes a while, with what it does not bear turned off; the focus stays where it was. */
async function working(said, action) {
  const focused = document.activeElement;
  say(said);
  busy({ stopped: false });
  try {
    await action(running);
  } catch (error) {
    problem(error);
  }
  busy(null);
  if (document.activeElement === document.body) focused.focus({ preventScroll: true });
}

/** Turns the page to its work, or back. */
function busy(run) {
  running = run;
  $$("generate").textContent = run ? "Stop" : "Generate";
  $$("generate").disabled = false;
  for (const id of ["repaint", "download", "check"]) $$(id).disabled = run !== null || frames.length === 0;
  $$("frame").disabled = run !== null || frames.length < 2;
  if (run) return;
  $$("progress").value = 0;
  maskChanged({ share: mask.share() });
}

function finished(wish, ms, stopped) {
  const steps = frames.length;
  each = ms / steps;
  $$("frame").max = steps;
  $$("inscription").textContent = `seed ${wish.seed}${wish.attempt ? `, repainted ${wish.attempt}` : ""}`;
  $$("method").textContent = `${SAMPLERS[wish.sampler].title.split(",")[0]}, ${count(steps, "step")}`;
  $$("each").textContent = `${each.toFixed(0)} ms`;
  $$("total").textContent = `${(ms / 1000).toFixed(2)} s`;
  const name = `Picture of ${$$("inscription").textContent}, ${$$("method").textContent}`;
  $$("picture").setAttribute("aria-label", name);
  say(`${stopped ? "Stopped after" : "Done:"} ${count(steps, "step")} in ${(ms / 1000).toFixed(2)} s`);
}

// ---- showing

/** Shows a step, as the image estimate or as the noisy picture. */
function show(index) {
  const view = document.querySelector("input[name=view]:checked").value;
  $$("frame").value = index + 1;
  $$("frame-number").textContent = `step ${index + 1} of ${$$("frame").max}`;
  paint($$("picture"), frames[index][view]);
}

/** Makes the plate as large as there is room, each pixel a square of whole screen pixels. */
function fit() {
  const room = $$("plate").parentElement.clientWidth;
  const padding = 2 * parseFloat(getComputedStyle($$("plate").parentElement).paddingLeft);
  const most = Math.min(room - padding, window.innerHeight * 0.52);
  $$("plate").style.width = `${Math.max(1, Math.floor(most / width)) * width}px`;
  $$("plate").style.aspectRatio = `${width} / ${height}`;
}

function maskChanged({ share, cursor }) {
  const part = `${Math.ceil(share * 100)}% of the picture`;
  $$("inpaint").disabled = share === 0;
  $$("inpaint").textContent = share === 0 ? "Inpaint" : `Inpaint ${part}`;
  if (!cursor) return;
  const [column, row] = cursor.map((at) => Math.floor(at) + 1);
  say(`Brush at column ${column}, row ${row}; mask on ${part}`);
}

function computedBy({ backend, threads = 1 }) {
  $$("backend").textContent = BACKENDS[backend] + (threads > 1 ? `, ${threads} threads` : "");
}

function say(words) {
  $$("status").className = "";
  $$("status").textContent = words;
}

function problem(error) {
  say(`This did not work: ${error.message}`);
  $$("status").className = "problem";
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

// ---- controls

function choices() {
  const { classes, label_names: names = [], sampling } = sidecar;
  const options = Array.from({ length: classes }, (_, i) => new Option(names[i] ?? `class ${i}`, i));
  $$("label").append(new Option("any", -1), ...options);
  $$("classes").hidden = classes === 0;
  $$("sampler").append(...Object.entries(SAMPLERS).map(([name, { title }]) => new Option(title, name)));
  $$("sampler").value = sampling.sampler in SAMPLERS ? sampling.sampler : "ddim";
  $$("steps").max = Math.max($$("steps").max, sampling.steps);
  $$("steps").value = sampling.steps;
  $$("check").hidden = reference === null;
}

/** Shows a range's value beside its name. */
function echo(range, output) {
  const update = () => ($$(output).textContent = $$(range).value);
  $$(range).addEventListener("input", update);
  update();
}

/** Turns to brush or eraser; back from the one that is on. */
function brushMode(mode) {
  mask.setMode(mask.mode === mode ? null : mode);
  $$("brush").setAttribute("aria-pressed", mask.mode === "paint");
  $$("eraser").setAttribute("aria-pressed", mask.mode === "erase");
}

function listen() {
  const click = (id, action) => $$(id).addEventListener("click", action);
  $$("make").addEventListener("submit", (event) => {
    event.preventDefault();
    if (running) running.stopped = true;
    else generate();
  });
  click("new-seed", () => {
    $$("seed").value = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
    if (!running) generate();
  });
  click("brush", () => brushMode("paint"));
  click("eraser", () => brushMode("erase"));
  click("clear", () => mask.clear());
  click("inpaint", inpaint);
  click("check", compare);
  click("download", download);
  $$("brush-size").addEventListener("input", () => (mask.size = $$("brush-size").valueAsNumber));
  mask.size = $$("brush-size").valueAsNumber;
  $$("frame").addEventListener("input", () => show($$("frame").valueAsNumber - 1));
  for (const radio of document.querySelectorAll("input[name=view]"))
    radio.addEventListener("change", () => frames.length && show($$("frame").valueAsNumber - 1));
  echo("steps", "steps-number");
  echo("brush-size", "brush-number");
  new ResizeObserver(fit).observe($$("plate").parentElement);
}

function download() {
  $$("picture").toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `mezzotint-${$$("seed").value}.png`;
    link.click();
    URL.revokeObjectURL(link.href);
  }, "image/png");
}

// ---- starting

async function start() {
  const device = await network.loaded;
  computedBy(device);
  return device;
}

/** After the first picture: another device, where WebAssembly is slow and one is faster. */
async function faster() {
  return each < SLOW ? [] : race(false);
}

async function race(software) {
  const label = sidecar.classes ? -1 : undefined;
  const { tried, ...device } = await network.race(paints.noise(0), 1, 1, label, software);
  computedBy(device);
  return tried;
}

choices();
listen();
const ready = start();
const first = ready.then(generate).then(faster);
ready.catch(problem);

window.mezzotint = { ready, first, sidecar, denoise: paints.denoise, sample, remake, check, race };
