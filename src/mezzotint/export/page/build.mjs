// Two bundles: engine.js is the worker's (TensorFlow.js, its WebAssembly inside), app.js the page's.

import { build } from "esbuild";

await build({
  entryPoints: ["engine.js", "app.js"],
  outdir: process.argv[2] ?? "dist",
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  loader: { ".wasm": "binary" },
  legalComments: "eof",
  logLevel: "warning",
});
