// Standard normal noise that is a function of a seed, a stream and a place, and of nothing else.
//
// Words are those of a split, counted generator (Steele, Lea & Flood, OOPSLA 2014, section 5, at 32 bits with
// MurmurHash3's finaliser); two of them make two normal values (Box & Muller, 1958). The noise is not JAX's:
// a seed has other pictures here than in Python.

const GOLDEN = 0x9e3779b9; // 2^32 over the golden ratio, odd

/** `length` values of the noise of a seed; streams of one seed are independent. */
export function normal(seed, stream, length) {
  const start = mixed(mixed(seed) ^ Math.imul(stream + 1, GOLDEN));
  const uniform = (i) => (mixed(start + Math.imul(i + 1, GOLDEN)) + 0.5) / 2 ** 32;
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform(i)));
    const angle = 2 * Math.PI * uniform(i + 1);
    values[i] = radius * Math.cos(angle);
    if (i + 1 < length) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** A word in which each bit of another one has its part. */
function mixed(word) {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
