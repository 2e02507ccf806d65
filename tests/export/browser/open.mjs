// Opens a page: node open.mjs ADDRESS EXPRESSION; prints what the expression is, as soon as it is something, as JSON.

import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const [address, expression] = process.argv.slice(2);
try {
  const page = await browser.newPage();
  const fault = new Promise((_, reject) => page.on("pageerror", reject));
  await page.goto(address);
  const found = await Promise.race([page.waitForFunction(expression), fault]);
  console.log(JSON.stringify(await found.jsonValue()));
} finally {
  await browser.close();
}
