// How the network is told the noise: rates -> one number. They are those of mezzotint/core/level.py.

const KINDS = {
  variance: ({ alpha, sigma }) => sigma ** 2 / (alpha ** 2 + sigma ** 2),
  angle: ({ alpha, sigma }) => (Math.atan2(sigma, alpha) * 2) / Math.PI,
  "log-ratio": ({ alpha, sigma }) => Math.log(sigma / alpha) / 4,
};

/** The level of a sidecar, as a function of rates. */
export function level({ kind }) {
  return KINDS[kind];
}
