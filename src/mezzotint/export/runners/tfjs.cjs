// A TF.js graph model, run in Node on WebAssembly: node tfjs.cjs MODEL.json THREADS
//
// Each line of standard input names a folder with the inputs, a file each, raw and little-endian; the outputs
// are written into it likewise. A line of standard output says that the model is loaded, then one for each call.
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const tf = require("@tensorflow/tfjs-core");
const wasm = require("@tensorflow/tfjs-backend-wasm");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");

const ARRAYS = { DT_FLOAT: Float32Array, DT_INT32: Int32Array };
const TYPES = { DT_FLOAT: "float32", DT_INT32: "int32" };

const bytes = (...files) => Uint8Array.from(Buffer.concat(files.map((file) => fs.readFileSync(file)))).buffer;

function artifacts(file) {
  const { weightsManifest, ...model } = JSON.parse(fs.readFileSync(file));
  const [{ paths, weights }] = weightsManifest;
  const weightData = bytes(...paths.map((name) => path.join(path.dirname(file), name)));
  return { ...model, weightSpecs: weights, weightData };
}

function input(file, { dtype, tensorShape }) {
  const values = new ARRAYS[dtype](bytes(file));
  const sizes = tensorShape.dim.slice(1).map(({ size }) => Number(size));
  const each = sizes.reduce((product, size) => product * size, 1);
  return tf.tensor(values, [values.length / each, ...sizes], TYPES[dtype]);
}

function call(model, { inputs, outputs }, folder) {
  const found = tf.tidy(() => {
    const given = Object.entries(inputs).map(([name, about]) => [about.name, input(path.join(folder, name), about)]);
    const names = Object.values(outputs).map(({ name }) => name);
    return model.execute(Object.fromEntries(given), names).map((each) => each.dataSync());
  });
  Object.keys(outputs).forEach((name, at) => fs.writeFileSync(path.join(folder, name), found[at]));
}

async function main(file, threads) {
  wasm.setWasmPaths(path.join(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
  wasm.setThreadsCount(Number(threads));
  await tf.setBackend("wasm");
  const parts = artifacts(file);
  const model = await loadGraphModel({ load: async () => parts });
  console.log("loaded");
  for await (const folder of readline.createInterface(process.stdin)) {
    call(model, parts.signature, folder);
    console.log(folder);
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(String(error));
  process.exit(1);
});
