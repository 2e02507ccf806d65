// Inpainting: what is outside the mask is known, and what is inside is made to go with it.
// The mathematics is that of mezzotint/editing/inpaint.py and restore.py, which has the papers.

import { dot, mix, where } from "./arrays.js";

const ITERATIONS = 3;
const NUDGE = 0.03; // of a finite difference, in units of sigma: the scale on which a denoiser bends

/** The plan that paints where the mask is set, and keeps the rest of the picture (all normalised). */
export function keep(plan, picture, mask) {
  const { schedule, x } = plan;
  const { alpha, sigma } = schedule.rates(1);
  const noised = mix(alpha, picture, sigma / Math.hypot(alpha, sigma), x);
  return {
    ...plan,
    x: where(mask, x, noised),
    denoise: async (x, t) =>
      withImage(schedule.rates(t), x, where(mask, (await plan.denoise(x, t)).image, picture)),
  };
}

/**
 * The plan whose estimates agree with the picture outside the mask, and so go with it inside: Rozet et al.,
 * arXiv:2405.13712, section 4.2. Python has the denoiser's derivative; here it is a finite difference, along
 * the directions that are asked for, so that each estimate costs ITERATIONS evaluations more.
 *
 * @param deviation of the noise in what is known, one for each value of the picture.
 */
export function match(plan, picture, mask, deviation) {
  const known = (v) => v.map((value, i) => (mask[i] ? 0 : value));

  async function denoise(x, t) {
    const { alpha, sigma } = plan.schedule.rates(t);
    const { image } = await plan.denoise(x, t);
    const covariance = async (v) => {
      const length = (NUDGE * sigma) / Math.sqrt(dot(v, v) / v.length);
      const moved = await plan.denoise(mix(1, x, length, v), t);
      return mix(1, moved.image, -1, image).map((value) => (value * sigma ** 2) / alpha / length);
    };
    const missing = known(mix(1, picture, -1, image));
    const system = (v, pulled) => known(pulled).map((value, i) => value + deviation[i] ** 2 * v[i]);
    return withImage({ alpha, sigma }, x, mix(1, image, 1, await solved(covariance, system, missing)));
  }
  return { ...plan, denoise };
}

/**
 * The covariance times the v that solves system(v) = b, nearly: the generalised conjugate residual method,
 * as in mezzotint/editing/solvers.py. The covariance of v is gathered on the way, for it is linear.
 */
async function solved(covariance, system, b) {
  let [residual, total] = [b, b.map(() => 0)];
  const before = [];
  for (let i = 0; i < ITERATIONS && dot(residual, residual) > 0; i++) {
    let pulled = await covariance(residual);
    let image = system(residual, pulled);
    const raw = image;
    for (const past of before) {
      const share = dot(past.image, raw) / dot(past.image, past.image);
      image = mix(1, image, -share, past.image);
      pulled = mix(1, pulled, -share, past.pulled);
    }
    const length = dot(residual, image) / dot(image, image);
    residual = mix(1, residual, -length, image);
    total = mix(1, total, length, pulled);
    before.push({ image, pulled });
  }
  return total;
}

/** The estimate of this image: its noise is what is left of x. */
function withImage({ alpha, sigma }, x, image) {
  return { image, noise: mix(1 / sigma, x, -alpha / sigma, image) };
}
