// A TF.js graph model by its model.json, on WebAssembly.
const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs-core");
const wasm = require("@tensorflow/tfjs-backend-wasm");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
const { batch, bytes, serve } = require("./node.cjs");

const ARRAYS = { DT_FLOAT: Float32Array, DT_INT32: Int32Array };
const TYPES = { DT_FLOAT: "float32", DT_INT32: "int32" };

function artifacts(file) {
  const { weightsManifest, ...model } = JSON.parse(fs.readFileSync(file));
  const [{ paths, weights }] = weightsManifest;
  const parts = paths.map((name) => new Uint8Array(bytes(path.join(path.dirname(file), name))));
  return { ...model, weightSpecs: weights, weightData: Uint8Array.from(Buffer.concat(parts)).buffer };
}

function input(given, { dtype, tensorShape }) {
  const values = new ARRAYS[dtype](given);
  const sizes = tensorShape.dim.slice(1).map(({ size }) => Number(size));
  return tf.tensor(values, batch(values.length, sizes), TYPES[dtype]);
}

function call(model, { inputs, outputs }, read) {
  const given = Object.entries(inputs).map(([name, about]) => [about.name, input(read(name), about)]);
  const names = Object.keys(outputs);
  const found = model.execute(Object.fromEntries(given), names.map((name) => outputs[name].name));
  return Object.fromEntries(names.map((name, at) => [name, found[at].dataSync()]));
}

serve(async (file, threads) => {
  wasm.setWasmPaths(path.join(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
  wasm.setThreadsCount(threads);
  await tf.setBackend("wasm");
  const parts = artifacts(file);
  const model = await loadGraphModel({ load: async () => parts });
  return async (read) => tf.tidy(() => call(model, parts.signature, read));
});
