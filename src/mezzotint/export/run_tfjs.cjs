// Runs a TF.js graph model in Node on WebAssembly: node run_tfjs.cjs MODEL.json CALLS FOLDER [THREADS]
//
// FOLDER holds an input NAME.bin for each name of the model's signature, raw and little-endian, and takes the
// outputs likewise. The program runs CALLS times; standard output says how long that took, in milliseconds.
const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs-core");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
const wasm = require("@tensorflow/tfjs-backend-wasm");

const ARRAYS = { DT_FLOAT: Float32Array, DT_INT32: Int32Array };
const TYPES = { DT_FLOAT: "float32", DT_INT32: "int32" };

function artifacts(file) {
  const model = JSON.parse(fs.readFileSync(file));
  const [manifest] = model.weightsManifest;
  const shards = manifest.paths.map((name) => fs.readFileSync(path.join(path.dirname(file), name)));
  const bytes = Uint8Array.from(Buffer.concat(shards));
  return { ...model, weightSpecs: manifest.weights, weightData: bytes.buffer };
}

function read(folder, name, { dtype, tensorShape }) {
  const bytes = Uint8Array.from(fs.readFileSync(path.join(folder, `${name}.bin`)));
  const values = new ARRAYS[dtype](bytes.buffer);
  const sizes = tensorShape.dim.map(({ size }) => Number(size));
  const rest = sizes.slice(1).reduce((product, size) => product * size, 1);
  return tf.tensor(values, [values.length / rest, ...sizes.slice(1)], TYPES[dtype]);
}

async function main(file, calls, folder, threads) {
  wasm.setWasmPaths(path.join(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
  if (threads) wasm.setThreadsCount(Number(threads));
  await tf.setBackend("wasm");
  let start = performance.now();
  const model = await loadGraphModel({ load: async () => artifacts(file) });
  const load = performance.now() - start;
  const { inputs, outputs } = model.artifacts.signature;
  const given = Object.entries(inputs).map(([name, about]) => [about.name, read(folder, name, about)]);
  const names = Object.values(outputs).map(({ name }) => name);
  const times = [];
  let found;
  for (let call = 0; call < Number(calls); call++) {
    start = performance.now();
    found = tf.tidy(() => model.execute(Object.fromEntries(given), names).map((each) => each.dataSync()));
    times.push(performance.now() - start);
  }
  Object.keys(outputs).forEach((name, at) =>
    fs.writeFileSync(path.join(folder, `${name}.bin`), Buffer.from(found[at].buffer, found[at].byteOffset, found[at].byteLength)));
  console.log(JSON.stringify({ load, times }));
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(String(error));
  process.exit(1);
});
