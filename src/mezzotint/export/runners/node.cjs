// What a runner in Node does: node RUNNER.cjs PATH THREADS
//
// Each line of standard input names a folder with the inputs, a file each, raw and little-endian; the outputs
// are written into it likewise. A line of standard output says that the program is loaded, then one for each
// call.
const fs = require("fs");
const path = require("path");
const readline = require("readline");

/** The content of a file as an ArrayBuffer. */
exports.bytes = (file) => Uint8Array.from(fs.readFileSync(file)).buffer;

/** The shape of a batch of so many values in all. @param sizes of one of the batch. */
exports.batch = (length, sizes) => [length / sizes.reduce((product, size) => product * size, 1), ...sizes];

/** @param load (PATH, THREADS) -> a promise of a function: (name -> bytes) -> a promise of {name: values}. */
exports.serve = async (load) => {
  try {
    const [file, threads] = process.argv.slice(2);
    const run = await load(file, Number(threads));
    console.log("loaded");
    for await (const folder of readline.createInterface(process.stdin)) {
      const found = await run((name) => exports.bytes(path.join(folder, name)));
      for (const [name, values] of Object.entries(found)) fs.writeFileSync(path.join(folder, name), values);
      console.log(folder);
    }
  } catch (error) {
    console.error(String(error));
    process.exit(1);
  }
};
