// Heat maps and marks as pictures with transparent parts, to be drawn over a film.

const SIDE = 256; // px: a heat map has far fewer places than that

/** A map of bytes at a larger size, linear between the middles of its places. */
export function enlarged(levels, width, height, wide, high) {
  const found = new Uint8Array(wide * high);
  const columns = Array.from({ length: wide }, (_, x) => between(x, wide, width));
  for (let y = 0; y < high; y++) {
    const [top, bottom, down] = between(y, high, height);
    for (let x = 0; x < wide; x++) {
      const [left, right, across] = columns[x];
      const above = levels[top * width + left] * (1 - across) + levels[top * width + right] * across;
      const below =
        levels[bottom * width + left] * (1 - across) + levels[bottom * width + right] * across;
      found[y * wide + x] = Math.round(above * (1 - down) + below * down);
    }
  }
  return found;
}

function between(place, many, few) {
  const at = Math.min(Math.max(((place + 0.5) * few) / many - 0.5, 0), few - 1);
  const first = Math.floor(at);
  return [first, Math.min(first + 1, few - 1), at - first];
}

/** RGBA of a map of bytes: the colour of each from `ramp` (256 RGB), covering as it is warm. */
export function warm(levels, ramp) {
  const pixels = new Uint8ClampedArray(4 * levels.length);
  levels.forEach((level, place) => {
    pixels.set(ramp.subarray(3 * level, 3 * level + 3), 4 * place);
    pixels[4 * place + 3] = level;
  });
  return pixels;
}

/** RGBA of a mask: 1 inside, 2 on its edge. */
export function outlined(mask, [red, green, blue]) {
  const pixels = new Uint8ClampedArray(4 * mask.length);
  mask.forEach((kind, place) => {
    if (kind) pixels.set([red, green, blue, kind === 2 ? 255 : 64], 4 * place);
  });
  return pixels;
}

/** The canvas of a heat map as it came: bytes of (height, width). */
export function heatPicture(levels, width, height, ramp) {
  const factor = Math.max(1, SIDE / Math.max(width, height));
  const [wide, high] = [Math.round(width * factor), Math.round(height * factor)];
  return picture(warm(enlarged(levels, width, height, wide, high), ramp), wide, high);
}

export function markPicture(mask, width, height, colour) {
  return picture(outlined(mask, colour), width, height);
}

function picture(pixels, width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}
