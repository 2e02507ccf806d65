// app.js is the page's script, and engine.js its worker's: in web/ TensorFlow.js, its WebAssembly inside, for a page
// that is one file; in site/ ONNX Runtime, its WebAssembly beside it, for one that is served.

import { copyFileSync } from "node:fs";
import { build } from "esbuild";

const out = process.argv[2] ?? "dist";

await build({
  entryPoints: { app: "app.js", "web/engine": "tfjs.js", "site/engine": "onnxruntime.js" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  loader: { ".wasm": "binary" },
  conditions: ["onnxruntime-web-use-extern-wasm"],
  define: { "import.meta.url": "self.location.href" }, // beside which ONNX Runtime looks for its WebAssembly
  legalComments: "eof",
  logLevel: "warning",
});
for (const kind of ["mjs", "wasm"]) {
  const name = `ort-wasm-simd-threaded.${kind}`;
  copyFileSync(`node_modules/onnxruntime-web/dist/${name}`, `${out}/site/${name}`);
}
