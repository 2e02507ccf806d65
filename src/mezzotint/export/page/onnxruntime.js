// The worker of a page that is served: ONNX Runtime, and the network that lies beside the page.

import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { answer } from "./answer.js";

const THREADS = 4; // at most: more share too little work

let session, shape;

answer({ load, denoise, race });

/** Loads the network. Browsers give threads to pages alone that their server isolates from other origins. */
async function load({ file, size }) {
  shape = size;
  env.wasm.numThreads = self.crossOriginIsolated ? Math.min(THREADS, navigator.hardwareConcurrency) : 1;
  session = await InferenceSession.create(file, { executionProviders: ["wasm"] });
  return { backend: "wasm", threads: env.wasm.numThreads };
}

/** One estimate, {image, noise}, of x at a time and its noise level. */
async function denoise({ x, t, level, label }) {
  const number = (value) => new Tensor("float32", [value], [1]);
  const given = { x: new Tensor("float32", x, [1, ...shape]), t: number(t), level: number(level) };
  if (label !== undefined) given.label = new Tensor("int32", [label], [1]);
  const { image, noise } = await session.run(given);
  return { image: image.data, noise: noise.data };
}

/** There is one device. */
async function race() {
  return { backend: "wasm", threads: env.wasm.numThreads, tried: [] };
}
