// Pixels in [0, 1] <-> normalised images, a channel at a time; and pixels on a canvas.

/** image * scale + mean, clipped to [0, 1]. */
export function decode(image, { mean, scale }) {
  const clip = (value) => Math.min(Math.max(value, 0), 1);
  return image.map((value, i) => clip(value * scale[i % scale.length] + mean[i % mean.length]));
}

/** (pixels - mean) / scale */
export function encode(pixels, { mean, scale }) {
  return pixels.map((value, i) => (value - mean[i % mean.length]) / scale[i % scale.length]);
}

/** Paints pixels of one or three channels, one to a pixel of the canvas. */
export function paint(canvas, pixels) {
  const { width, height } = canvas;
  const channels = pixels.length / (width * height);
  const data = new ImageData(width, height);
  for (let place = 0; place < width * height; place++) {
    for (let c = 0; c < 3; c++) {
      const value = pixels[place * channels + Math.min(c, channels - 1)];
      data.data[place * 4 + c] = Math.round(value * 255);
    }
    data.data[place * 4 + 3] = 255;
  }
  canvas.getContext("2d").putImageData(data, 0, 0);
}
