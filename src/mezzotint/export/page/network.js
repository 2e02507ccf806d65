// The network as a function: (x, t, level, label) -> a promise of {image, noise}, answered by the worker.

import { base64, json, text } from "./inlined.js";

/** Starts the worker, and gives it the network that the page holds. */
export function network(size) {
  const source = new Blob([text("engine")], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(source));
  const waiting = new Map();
  let count = 0;

  worker.onmessage = ({ data: { id, error, ...result } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(result);
  };
  worker.onerror = ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(message || "the worker did not start"));
  };

  const ask = (message, transfer = []) =>
    new Promise((resolve, reject) => {
      waiting.set(++count, { resolve, reject });
      worker.postMessage({ id: count, ...message }, transfer);
    });

  const weights = base64("weights").buffer;
  return {
    loaded: ask({ task: "load", network: json("network"), weights, size }, [weights]),
    denoise: (x, t, level, label) => ask({ task: "denoise", x, t, level, label }),
    race: (x, t, level, label, software = false) => ask({ task: "race", x, t, level, label, software }),
  };
}
