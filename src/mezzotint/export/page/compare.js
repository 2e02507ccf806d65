// Pictures of given noise, with nothing shown: for tests, and for the comparison with JAX.

/** The functions of a painter and a reference, which may be null. */
export function comparing(paints, reference) {
  /** The picture of standard normal noise: {picture, ms}. */
  async function sample({ noise, steps, sampler, label }) {
    const start = performance.now();
    const { picture } = await last(paints.make({ start: Float32Array.from(noise), steps, sampler, label }));
    return { picture, ms: performance.now() - start };
  }

  /** A picture of which a part is made of standard normal noise. */
  async function remake({ noise, given, ...rest }) {
    const plan = { ...rest, start: Float32Array.from(noise), given: Float32Array.from(given) };
    return last(paints.remake(plan));
  }

  /** How far the page's picture of the export's own noise is from JAX's, in 255ths. */
  async function check() {
    const { picture } = await sample(reference);
    const apart = picture.map((value, i) => Math.abs(value - reference.picture[i]) * 255);
    return { mean: apart.reduce((sum, value) => sum + value) / apart.length, max: Math.max(...apart) };
  }

  return { sample, remake, check };
}

async function last(steps) {
  let end;
  for await (const step of steps) end = step;
  return end;
}
