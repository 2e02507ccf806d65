// The mask: which pixels are painted anew. A pointer draws it, or arrow keys and space.

import { between, disc } from "./brush.js";

const SET = ["rgb(176 84 40 / 58%)", "rgb(176 84 40 / 82%)"]; // copper, rocked: seen on any colour
const CURSOR = "rgb(201 106 58 / 38%)";
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Turns a canvas, one of its pixels to one of the picture's, into a mask.
 *
 * @param changed called with {share, cursor} after each change: what part is set, where the keys moved to.
 */
export function maskOn(canvas, changed) {
  const cells = new Uint8Array(canvas.width * canvas.height);
  const mask = {
    cells,
    size: 1, // of the brush
    mode: null, // "paint" or "erase" while a pointer draws
    cursor: null, // where the brush is
    share: () => cells.reduce((sum, set) => sum + set, 0) / cells.length,
    stamp(place) {
      for (const cell of disc(place, mask.size, canvas)) cells[cell] = mask.mode === "erase" ? 0 : 1;
    },
    clear() {
      cells.fill(0);
      mask.update();
    },
    setMode(mode) {
      mask.mode = mode;
      if (mode) canvas.dataset.mode = mode;
      else delete canvas.dataset.mode;
    },
    update(moved) {
      draw(canvas, mask);
      changed({ share: mask.share(), cursor: moved });
    },
  };
  followPointer(canvas, mask);
  followKeys(canvas, mask);
  for (const away of ["pointerleave", "blur"])
    canvas.addEventListener(away, () => {
      mask.cursor = null;
      draw(canvas, mask);
    });
  return mask;
}

/** Draws the cells that are set, and the brush's shadow. */
function draw(canvas, { cells, size, cursor }) {
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const fill = (cell, styles) => {
    const [column, row] = [cell % width, Math.floor(cell / width)];
    context.fillStyle = styles[(column + row) % styles.length];
    context.fillRect(column, row, 1, 1);
  };
  context.clearRect(0, 0, width, height);
  cells.forEach((set, cell) => set && fill(cell, SET));
  if (cursor) for (const cell of disc(cursor, size, canvas)) fill(cell, [CURSOR]);
}

/** Lets a mouse, a pen or a finger draw, while there is a mode. */
function followPointer(canvas, mask) {
  let last = null; // where it was, while it is down
  canvas.addEventListener("pointerdown", (event) => {
    if (!mask.mode || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    last = placeOf(event, canvas);
    mask.stamp(last);
    draw(canvas, mask);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!mask.mode) return;
    mask.cursor = placeOf(event, canvas);
    if (last) {
      between(last, mask.cursor).forEach(mask.stamp);
      last = mask.cursor;
    }
    draw(canvas, mask);
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      if (last) mask.update();
      last = null;
    });
}

/** Lets arrow keys move the brush, and space set it down. */
function followKeys(canvas, mask) {
  const sides = [canvas.width, canvas.height];
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    mask.cursor ??= sides.map((side) => Math.floor(side / 2) + 0.5);
    if (move) mask.cursor = mask.cursor.map((at, i) => centre(at + move[i], sides[i]));
    else mask.stamp(mask.cursor);
    mask.update(mask.cursor);
  });
}

/** Where an event is, in cells. */
function placeOf({ clientX, clientY }, canvas) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  return [((clientX - left) / width) * canvas.width, ((clientY - top) / height) * canvas.height];
}

/** The centre of the cell there, within 0..side. */
function centre(at, side) {
  return Math.min(Math.max(Math.floor(at), 0), side - 1) + 0.5;
}
