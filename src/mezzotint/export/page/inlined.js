// What the page carries in <script> elements that are no scripts: all of it, or what is not in files beside it.

/** The address of the worker's script. */
export function engine() {
  if (!has("engine")) return "engine.js";
  return URL.createObjectURL(new Blob([text("engine")], { type: "text/javascript" }));
}

/** The network, as the worker takes it: {network, weights}; or nothing. */
export function carried() {
  return has("network") ? { network: json("network"), weights: base64("weights").buffer } : {};
}

function has(id) {
  return document.getElementById(id) !== null;
}

/** The text of an element. */
function text(id) {
  return document.getElementById(id).textContent;
}

/** The value of JSON. */
export function json(id) {
  return JSON.parse(text(id));
}

/** The bytes of base64. */
function base64(id) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text(id)); // since 2025
  const letters = atob(text(id));
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
