// The mask: which pixels are painted anew. A pointer draws it, or arrow keys and space.

const SET = ["rgb(176 84 40 / 58%)", "rgb(176 84 40 / 82%)"]; // copper, rocked: seen on any colour
const CURSOR = "rgb(201 106 58 / 38%)";
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Turns a canvas, one of its pixels to one of the picture's, into a mask.
 *
 * @param changed called with {share, cursor} after each change: what part is set, where the keys moved to.
 */
export function maskOn(canvas, changed) {
  const { width, height } = canvas;
  const cells = new Uint8Array(width * height);
  const context = canvas.getContext("2d");
  const mask = { cells, size: 1, mode: null, clear, setMode, share };
  let cursor = null;
  let stroke = null; // where the pointer was last, while it is down

  /** Visits the cells under the brush: those of a disc, and the one under its centre. */
  function footprint([x, y], visit) {
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const inside = Math.hypot(column + 0.5 - x, row + 0.5 - y) < mask.size / 2;
        if (inside || (column === Math.floor(x) && row === Math.floor(y))) visit(column, row);
      }
  }

  function stamp(place) {
    const value = mask.mode === "erase" ? 0 : 1;
    footprint(place, (column, row) => (cells[row * width + column] = value));
  }

  function line(from, to) {
    const count = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1])) || 1;
    for (let i = 1; i <= count; i++)
      stamp([0, 1].map((axis) => from[axis] + ((to[axis] - from[axis]) * i) / count));
  }

  function draw() {
    context.clearRect(0, 0, width, height);
    const fill = (column, row, style) => {
      context.fillStyle = style;
      context.fillRect(column, row, 1, 1);
    };
    cells.forEach((set, i) => {
      const [column, row] = [i % width, Math.floor(i / width)];
      if (set) fill(column, row, SET[(column + row) % 2]);
    });
    if (cursor) footprint(cursor, (column, row) => fill(column, row, CURSOR));
  }

  function update(moved) {
    draw();
    changed({ share: share(), cursor: moved });
  }

  /** What part of the picture is set. */
  function share() {
    return cells.reduce((sum, set) => sum + set, 0) / cells.length;
  }

  function clear() {
    cells.fill(0);
    update();
  }

  function setMode(mode) {
    mask.mode = mode;
    if (mode) canvas.dataset.mode = mode;
    else delete canvas.dataset.mode;
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * width,
      ((event.clientY - box.top) / box.height) * height,
    ];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!mask.mode || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    stroke = place(event);
    stamp(stroke);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!mask.mode) return;
    cursor = place(event);
    if (stroke) line(stroke, cursor);
    if (stroke) stroke = cursor;
    draw();
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      if (stroke === null) return;
      stroke = null;
      update();
    });
  for (const away of ["pointerleave", "blur"])
    canvas.addEventListener(away, () => {
      cursor = null;
      draw();
    });
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    cursor ??= [Math.floor(width / 2) + 0.5, Math.floor(height / 2) + 0.5];
    if (move) cursor = cursor.map((at, i) => clamp(at + move[i], [width, height][i]));
    else stamp(cursor);
    update(cursor);
  });
  return mask;
}

/** A cell's centre within 0..side. */
function clamp(at, side) {
  return Math.min(Math.max(Math.floor(at), 0), side - 1) + 0.5;
}
