// The worker of a page that is one file: TensorFlow.js, and the network that the page carries. No request leaves it.

import { env, ready, setBackend, tensor } from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgl";
import "@tensorflow/tfjs-backend-webgpu";
import wasm from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm";
import { answer } from "./answer.js";

const ALIKE = 0.01; // in normalised pixels: a device that is further from WebAssembly is not used
const OTHERS = { webgpu: hasWebGpu, webgl: hasWebGl };

let artifacts, shape, signature, model;

answer({ load, denoise, race });

/** Takes the network, and starts it on WebAssembly. */
async function load({ network, weights, size }) {
  artifacts = { modelTopology: network.topology, weightSpecs: network.specs, weightData: weights };
  signature = network.signature;
  shape = size;
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // threads need a server's headers
  env().platform.fetch = async () => new Response(wasm);
  setWasmPaths("", true);
  model = await started("wasm");
  return { backend: "wasm" };
}

/** One estimate, {image, noise}, of x at a time and its noise level. */
async function denoise({ x, t, level, label }) {
  const { inputs, outputs } = signature;
  const numbers = { [inputs.t.name]: tensor([t]), [inputs.level.name]: tensor([level]) };
  const given = { [inputs.x.name]: tensor(x, [1, ...shape]), ...numbers };
  if (label !== undefined) given[inputs.label.name] = tensor([label], [1], "int32");
  const found = model.execute(given, [outputs.image.name, outputs.noise.name]);
  const [image, noise] = await Promise.all(found.map((output) => output.data()));
  for (const used of [...Object.values(given), ...found]) used.dispose();
  return { image, noise };
}

/**
 * Moves to the device that is the fastest here of those that agree with WebAssembly, and says what was tried.
 *
 * @param software whether one that the processor imitates is tried as well: it never wins, and takes seconds.
 */
async function race({ software, ...given }) {
  const expected = (await denoise(given)).image;
  const tried = [{ backend: "wasm", model, ms: await timed(given), apart: 0 }];
  for (const [backend, exists] of Object.entries(OTHERS))
    if (await exists(software))
      tried.push(await trial(backend, given, expected).catch(({ message }) => ({ backend, message })));
  const [best] = tried.filter(({ apart }) => apart < ALIKE).sort((one, other) => one.ms - other.ms);
  await setBackend(best.backend);
  model = best.model;
  return { backend: best.backend, tried: tried.map(({ model, ...rest }) => rest) };
}

/** The network on another device: its speed, and how far its estimate is from the expected one. */
async function trial(backend, given, expected) {
  model = await started(backend);
  const { image } = await denoise(given); // compiles what the device runs
  const apart = image.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  return { backend, model, ms: await timed(given), apart };
}

async function hasWebGpu(software) {
  const adapter = await self.navigator.gpu?.requestAdapter();
  return Boolean(adapter && (software || !adapter.info?.isFallbackAdapter));
}

function hasWebGl(software) {
  const context = self.OffscreenCanvas && new OffscreenCanvas(1, 1).getContext("webgl2");
  if (!context) return false;
  const details = context.getExtension("WEBGL_debug_renderer_info");
  const name = context.getParameter(details ? details.UNMASKED_RENDERER_WEBGL : context.RENDERER);
  return software || !/SwiftShader|llvmpipe|Software/i.test(name);
}

/** The network on a backend. */
async function started(backend) {
  await setBackend(backend);
  await ready();
  return loadGraphModel({ load: async () => artifacts });
}

/** Milliseconds of the faster of two estimates. */
async function timed(given) {
  const once = async () => {
    const start = performance.now();
    await denoise(given);
    return performance.now() - start;
  };
  return Math.min(await once(), await once());
}
