// Sampling times: falling, the first of them 1. They are those of mezzotint/core/grid.py.

import { logSnr } from "./schedule.js";

const KINDS = {
  uniform: (_, count) => Array.from({ length: count }, (_, i) => 1 - i / count),

  "log-snr"(schedule, count) {
    const [start, end] = [1, 0].map((t) => logSnr(schedule.rates(t)));
    return spaced(start, end, count, (snr) => schedule.time(snr));
  },

  karras(schedule, count, { rho }) {
    const [start, end] = [1, 0].map((t) => Math.exp(-logSnr(schedule.rates(t)) / (2 * rho)));
    return spaced(start, end, count, (root) => schedule.time(-2 * rho * Math.log(root)));
  },
};

/** `count` times of a grid, {kind, ...}, on a schedule. */
export function times({ kind, ...fields }, schedule, count) {
  return KINDS[kind](schedule, count, fields);
}

function spaced(start, end, count, time) {
  const at = (i) => time(start + (end - start) * (i / Math.max(count - 1, 1)));
  return Array.from({ length: count }, (_, i) => (i === 0 ? 1 : Math.min(Math.max(at(i), 0), 1)));
}
