// A folder's model.onnx by ONNX Runtime, on the WebAssembly of its page.
const fs = require("fs");
const { env, InferenceSession, Tensor } = require("onnxruntime-web");
const { batch, bytes, serve } = require("./node.cjs");

const ARRAYS = { float32: Float32Array, int32: Int32Array };

function input(given, { dtype, shape }) {
  const values = new ARRAYS[dtype](given);
  return new Tensor(dtype, values, batch(values.length, shape.slice(1)));
}

serve(async (folder, threads) => {
  env.wasm.numThreads = threads;
  const { file, inputs } = JSON.parse(fs.readFileSync(`${folder}/mezzotint.json`));
  const session = await InferenceSession.create(bytes(`${folder}/${file}`), { executionProviders: ["wasm"] });
  return async (read) => {
    const given = Object.entries(inputs).map(([name, about]) => [name, input(read(name), about)]);
    const found = await session.run(Object.fromEntries(given));
    return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data]));
  };
});
