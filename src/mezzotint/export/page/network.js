// The network as a function: (x, t, level, label) -> a promise of {image, noise}, answered by the worker.

import { carried, engine } from "./inlined.js";

/** Starts the worker with the network of a sidecar, which the page carries or the worker finds beside it. */
export function network({ file, inputs }) {
  const worker = new Worker(engine());
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

  const { weights, ...rest } = carried();
  const size = inputs.x.shape.slice(1);
  return {
    loaded: ask({ task: "load", file, size, weights, ...rest }, weights ? [weights] : []),
    denoise: (x, t, level, label) => ask({ task: "denoise", x, t, level, label }),
    race: (x, t, level, label, software = false) => ask({ task: "race", x, t, level, label, software }),
  };
}
