// Opens an example's page: node open.mjs ADDRESS; prints its `window.example` and the canvas's bytes as JSON.

import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const page = await browser.newPage();
  const fault = new Promise((_, reject) => page.on("pageerror", reject));
  await page.goto(process.argv[2]);
  await Promise.race([page.waitForFunction(() => window.example), fault]);
  const found = await page.evaluate(() => {
    const { width, height } = document.querySelector("canvas");
    const data = document.querySelector("canvas").getContext("2d").getImageData(0, 0, width, height).data;
    return { ...window.example, canvas: Array.from(data) };
  });
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
}
