// A picture by a model that `mezzotint export RUN --format onnx --out DIR` wrote:
//     npm ci && node sampler.mjs DIR FILE.ppm [NOISE.f32]
// The noise is drawn here, or read: standard normal numbers, height x width x channels.
import { readFileSync, writeFileSync } from "node:fs";
import * as ort from "onnxruntime-web";

ort.env.wasm.numThreads = 1;
const [folder, out, noiseFile] = process.argv.slice(2);
const told = JSON.parse(readFileSync(`${folder}/mezzotint.json`));
const shape = [1, ...told.inputs.x.shape.slice(1)];
const [, height, width, channels] = shape;
const session = await ort.InferenceSession.create(readFileSync(`${folder}/${told.file}`));

/** A standard normal number: Box and Muller. */
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

/** The network's estimates of the image and of the noise in x, at a time and its noise level. */
async function denoise(x, t, level, label) {
  const number = (value) => new ort.Tensor("float32", [value], [1]);
  const given = { x: new ort.Tensor("float32", x, shape), t: number(t), level: number(level) };
  if (told.inputs.label) given.label = new ort.Tensor("int32", Int32Array.of(label), [1]);
  const { image, noise } = await session.run(given);
  return [image.data, noise.data];
}

/** The picture of standard normal noise by DDIM, flat, in [0, 1]. */
async function ddim(noise, label = -1) {
  const { times, level, alpha, sigma } = told.sampling;
  let x = noise.map((value) => told.start * value);
  for (let i = 0; ; i++) {
    const [image, rest] = await denoise(x, times[i], level[i], label);
    if (i === times.length - 1) return image.map((value, at) => pixel(value, at % channels));
    x = image.map((value, at) => alpha[i + 1] * value + sigma[i + 1] * rest[at]);
  }
}

/** A normalised value as a pixel in [0, 1]. */
function pixel(value, channel) {
  const { mean, scale } = told.pixels;
  return Math.min(1, Math.max(0, value * scale[channel] + mean[channel]));
}

const count = height * width * channels;
const noise = noiseFile
  ? new Float32Array(Uint8Array.from(readFileSync(noiseFile)).buffer)
  : Float32Array.from({ length: count }, normal);
const began = performance.now();
const picture = await ddim(noise);
console.log(`${told.sampling.steps} steps in ${(performance.now() - began).toFixed(0)} ms`);
const header = `${channels === 3 ? "P6" : "P5"} ${width} ${height} 255\n`;
writeFileSync(out, Buffer.concat([Buffer.from(header), Buffer.from(picture.map((value) => Math.round(255 * value)))]));
