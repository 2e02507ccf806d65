// Runs the page's mathematics outside of a page: node compute.mjs FOLDER TASK < given.json > found.json
// In double precision, for the page's arrays are whatever they are given.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, task] = process.argv.slice(2);
const given = JSON.parse(readFileSync(0, "utf8"));
const page = (name) => import(pathToFileURL(`${folder}/${name}.js`).href);

const { schedule: scheduleOf } = await page("schedule");
const { times } = await page("grid");
const { keep, match } = await page("inpaint");
const { level } = await page("level");
const { normal } = await page("random");
const { SAMPLERS, trajectory } = await page("sampler");

/** The best denoiser of pictures N(mean, vectors diag(variances) vectors'). */
function denoiser(schedule, { mean, variances, vectors }) {
  return async (x, t) => {
    const { alpha, sigma } = schedule.rates(t);
    const image = Float64Array.from(mean);
    variances.forEach((variance, k) => {
      const along = x.reduce((sum, value, i) => sum + (value - alpha * mean[i]) * vectors[i][k], 0);
      const gain = (alpha * variance) / (alpha ** 2 * variance + sigma ** 2);
      image.forEach((_, i) => (image[i] += gain * along * vectors[i][k]));
    });
    return { image, noise: x.map((value, i) => (value - alpha * image[i]) / sigma) };
  };
}

async function last(plan) {
  let image;
  for await (const step of trajectory(plan)) image = step.image;
  return Array.from(image);
}

function plans({ schedules, sampler, steps, x, fresh, pictures }) {
  return schedules.map((kind) => {
    const schedule = scheduleOf(kind);
    return {
      schedule,
      denoise: denoiser(schedule, pictures),
      step: SAMPLERS[sampler].step,
      times: times({ kind: "uniform" }, schedule, steps),
      x: Float64Array.from(x),
      fresh: (i) => Float64Array.from(fresh[i]),
    };
  });
}

const TASKS = {
  rates: ({ schedule: kind, at }) => at.map((t) => Object.values(scheduleOf(kind).rates(t))),
  levels: ({ level: kind, rates }) => rates.map(([alpha, sigma]) => level(kind)({ alpha, sigma })),
  inverses: ({ schedule: kind, at }) => at.map((snr) => scheduleOf(kind).time(snr)),
  times: ({ schedule: kind, grid, counts }) => counts.map((n) => times(grid, scheduleOf(kind), n)),
  sample: (given) => Promise.all(plans(given).map(last)),
  inpaint: ({ picture, mask, std, ...given }) =>
    Promise.all(
      plans(given).map((plan) => {
        const known = Float64Array.from(picture);
        return last(keep(match(plan, known, mask, known.map(() => std)), known, mask));
      }),
    ),
  normal: ({ seed, stream, length }) => Array.from(normal(seed, stream, length)),
};

process.stdout.write(JSON.stringify(await TASKS[task](given)));
