// Samplers: one loop, and one step a method. They are those of mezzotint/sampling/, which has the papers.
//
// A method is a function of where the loop is:
//   x, estimate    the noisy image and what the network makes of it, {image, noise}
//   now, then, s   the rates here and at the next time, and that time
//   denoise        (x, t) -> a promise of an estimate
//   memory         what the method gave the last time; undefined at first
//   fresh          () -> standard normal noise, this step's own
// and gives a promise of {x, memory} at the next time.

import { mix } from "./arrays.js";
import { logSnr } from "./schedule.js";

/** DDIM; with eta = 1 DDPM's ancestral sampling: mezzotint/sampling/ddim.py. */
function ddim(eta) {
  return async ({ estimate, now, then, fresh }) => {
    const added = eta * then.sigma * std(-Math.expm1(logSnr(now) - logSnr(then)));
    const kept = std(then.sigma ** 2 - added ** 2);
    const x = mix(then.alpha, estimate.image, kept, estimate.noise);
    return { x: added > 0 ? mix(1, x, added, fresh()) : x };
  };
}

/** Heun's method: a DDIM step, its slope averaged with the one at its end: mezzotint/sampling/heun.py. */
async function heun({ estimate, now, then, s, denoise }) {
  const euler = mix(then.alpha, estimate.image, then.sigma, estimate.noise);
  const slope = (await denoise(euler, s)).noise;
  const change = then.sigma - (then.alpha * now.sigma) / now.alpha;
  return { x: mix(1, euler, change / 2, mix(1, slope, -1, estimate.noise)) };
}

/** DPM-Solver++ 2M; with eta = 1 its SDE form: mezzotint/sampling/dpm.py. */
function dpm2m(eta) {
  return async ({ estimate, now, then, memory, fresh }) => {
    const [start, end] = [logSnr(now) / 2, logSnr(then) / 2];
    const added = then.sigma * std(-Math.expm1(2 * eta * (start - end)));
    const kept = then.sigma * Math.exp(eta * (start - end));
    const height = memory ? (end - start) / (2 * (memory.place - start)) : 0;
    const weight = -Math.expm1((1 + eta) * (start - end)) * height;
    const image = memory ? mix(1 - weight, estimate.image, weight, memory.image) : estimate.image;
    const x = mix(then.alpha, image, kept, estimate.noise);
    return {
      x: added > 0 ? mix(1, x, added, fresh()) : x,
      memory: { image: estimate.image, place: start },
    };
  };
}

/** The methods by their names on Mezzotint's command line, with what a person calls them. */
export const SAMPLERS = {
  ddim: { title: "DDIM", step: ddim(0) },
  ddpm: { title: "DDPM, adds noise at each step", step: ddim(1) },
  heun: { title: "Heun, asks twice a step", step: heun },
  "dpmpp-2m": { title: "DPM-Solver++ 2M", step: dpm2m(0) },
  "dpmpp-2m-sde": { title: "DPM-Solver++ 2M SDE, adds noise", step: dpm2m(1) },
};

/**
 * The way from noise to a picture: at each time the noisy x and the image estimate, the last of which is
 * the picture.
 *
 * @param plan {denoise, schedule, step, times, x, fresh}; fresh(i) is the noise of step i.
 */
export async function* trajectory({ denoise, schedule, step, times, x, fresh }) {
  let memory;
  for (const [index, t] of times.entries()) {
    const estimate = await denoise(x, t);
    yield { index, t, x, image: estimate.image };
    if (index === times.length - 1) return;
    const s = times[index + 1];
    const [now, then] = [schedule.rates(t), schedule.rates(s)];
    const at = { x, estimate, now, then, s, denoise, memory, fresh: () => fresh(index) };
    ({ x, memory } = await step(at));
  }
}

/** The square root; 0 where rounding makes the variance negative. */
function std(variance) {
  return Math.sqrt(Math.max(variance, 0));
}
