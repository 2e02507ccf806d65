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
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text(id)); // since 2025
  const letters = atob(text(id));
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
