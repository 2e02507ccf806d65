// Sums of Float32Arrays of one length; the factors are numbers.

/** a * x + b * y */
export function mix(a, x, b, y) {
  return x.map((value, i) => a * value + b * y[i]);
}

/** The sum of the products. */
export function dot(x, y) {
  return x.reduce((sum, value, i) => sum + value * y[i], 0);
}

/** x where the mask is set, else y. */
export function where(mask, x, y) {
  return x.map((value, i) => (mask[i] ? value : y[i]));
}
