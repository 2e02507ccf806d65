// What the page can make: pictures from noise, and parts of pictures, by the run's own schedule and grid.

import { times } from "./grid.js";
import { keep, match } from "./inpaint.js";
import { level as levelOf } from "./level.js";
import { decode, encode } from "./pixels.js";
import { normal } from "./random.js";
import { SAMPLERS, trajectory } from "./sampler.js";
import { schedule as scheduleOf } from "./schedule.js";

const STREAMS = 1024; // of noise, for the start and the steps of one picture

/** The functions of a sidecar and a network. */
export function painter(sidecar, network) {
  const schedule = scheduleOf(sidecar.schedule);
  const level = levelOf(sidecar.level);
  const [, ...size] = sidecar.inputs.x.shape;
  const length = size.reduce((product, side) => product * side);
  const { mean, scale } = sidecar.pixels;
  const whole = new Float32Array(length);
  const deviation = whole.map((_, i) => 0.01 / scale[i % scale.length]); // as mezzotint/edits.py has it

  /** The run's own times where it has as many, else its grid's. */
  function grid(steps) {
    const { times: given, grid: kind = { kind: "uniform" } } = sidecar.sampling;
    return given.length === steps ? given : times(kind, schedule, steps);
  }

  /** The network's estimates of x at time t. */
  function denoise(x, t, label) {
    return network.denoise(x, t, level(schedule.rates(t)), sidecar.classes ? label : undefined);
  }

  /** @param start standard normal noise. */
  function plan({ start, sampler, steps, label = -1, seed = 0, attempt = 0 }) {
    return {
      denoise: (x, t) => denoise(x, t, label),
      schedule,
      step: SAMPLERS[sampler].step,
      times: grid(steps),
      x: start.map((value) => value * sidecar.start),
      fresh: (step) => normal(seed, attempt * STREAMS + step + 1, length),
    };
  }

  /** What a step shows: the estimate, and x at the estimate's own spread. */
  function shown({ x, image, t, ...rest }) {
    const { alpha, sigma } = schedule.rates(t);
    const noisy = x.map((value) => value / Math.hypot(alpha, sigma));
    return { ...rest, t, picture: decode(image, sidecar.pixels), noisy: decode(noisy, sidecar.pixels) };
  }

  return {
    denoise,

    /** The start noise of a seed; each attempt has another. */
    noise: (seed, attempt = 0) => normal(seed, attempt * STREAMS, length),

    /** The steps of a picture: {index, t, picture, noisy} each, with pixels in [0, 1]. */
    async *make(asked) {
      for await (const step of trajectory(plan(asked))) yield shown(step);
    },

    /**
     * The steps of a picture of which only a part is made.
     *
     * @param given the picture, in [0, 1].
     * @param mask one for each pixel, set where there is something to paint.
     * @param blend whether what is known is measured as well, so that there is no seam.
     */
    async *remake({ given, mask, blend, ...asked }) {
      const known = encode(given, { mean, scale });
      const set = whole.map((_, i) => mask[Math.floor(i / scale.length)]);
      const near = blend ? match(plan(asked), known, set, deviation) : plan(asked);
      for await (const step of trajectory(keep(near, known, set))) yield shown(step);
    },
  };
}
