// What a brush covers: cells of a mask, by their index, row after row.

/** The cells of a disc around a place (x, y), and the one that the place is in. */
export function disc([x, y], size, { width, height }) {
  const found = [];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const inside = Math.hypot(column + 0.5 - x, row + 0.5 - y) < size / 2;
      if (inside || (column === Math.floor(x) && row === Math.floor(y))) found.push(row * width + column);
    }
  return found;
}

/** Places on the way from one to another, at most a cell apart, without the first. */
export function between([x, y], [u, v]) {
  const count = Math.ceil(Math.hypot(u - x, v - y)) || 1;
  const shares = Array.from({ length: count }, (_, i) => (i + 1) / count);
  return shares.map((share) => [x + (u - x) * share, y + (v - y) * share]);
}
