// What the page carries in <script> elements that are no scripts.

/** The text of an element. */
export function text(id) {
  return document.getElementById(id).textContent;
}

/** The value of JSON. */
export function json(id) {
  return JSON.parse(text(id));
}

/** The bytes of base64. */
export function base64(id) {
  return Uint8Array.from(atob(text(id).trim()), (letter) => letter.charCodeAt(0));
}
