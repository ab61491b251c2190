// Draws a film, its heat and its marks on a canvas.

import { coloursOf, shadesOf } from "./greys.js";
import { Levels } from "./levels.js";
import { cornerOf, scaleOf } from "./place.js";

const MARGIN = 0.1; // of what is seen, made ready on each side for the next movement

/** The film in shades: keeps the part that was last asked for. */
export class ShadedFilm {
  constructor(film, codes) {
    this.film = film;
    this.levels = new Levels(codes, film.width, film.height);
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.part = null;
  }

  /** Shades for a window that is a new object each time it changes. */
  shade(window, inverted) {
    if (this.window === window && this.inverted === inverted) return;
    Object.assign(this, { window, inverted, part: null });
    this.colours = coloursOf(shadesOf(this.film, window, inverted));
  }

  /** A part of the film that holds all of `seen` (film's pixels), for `scale` pixels each. */
  shaded(seen, scale) {
    const level = this.levels.best(scale);
    const times = 2 ** level;
    const { codes, width, height } = this.levels.at(level);
    const wanted = {
      left: Math.max(0, Math.floor(seen.left / times) - 1),
      top: Math.max(0, Math.floor(seen.top / times) - 1),
      right: Math.min(width, Math.ceil(seen.right / times) + 1),
      bottom: Math.min(height, Math.ceil(seen.bottom / times) + 1),
    };
    if (!this.part || this.part.level !== level || !holds(this.part, wanted)) {
      const part = wider(wanted, width, height);
      const [wide, high] = [part.right - part.left, part.bottom - part.top];
      const pixels = this.room(wide, high);
      const { colours } = this;
      for (let y = 0, to = 0; y < high; y++) {
        let from = (part.top + y) * width + part.left;
        for (const end = from + wide; from < end; from++, to++) pixels[to] = colours[codes[from]];
      }
      this.context.putImageData(this.image, 0, 0);
      this.part = { ...part, level, times };
    }
    return this.part;
  }

  /** Pixels of (high, wide) to fill: those of last time, where they are as many. */
  room(wide, high) {
    if (this.canvas.width !== wide || this.canvas.height !== high || !this.image) {
      Object.assign(this.canvas, { width: wide, height: high });
      this.image = new ImageData(wide, high);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    return this.pixels;
  }
}

function holds(part, wanted) {
  return (
    part.left <= wanted.left &&
    part.top <= wanted.top &&
    part.right >= wanted.right &&
    part.bottom >= wanted.bottom
  );
}

function wider({ left, top, right, bottom }, width, height) {
  const [more, lower] = [(right - left) * MARGIN, (bottom - top) * MARGIN];
  return {
    left: Math.max(0, Math.floor(left - more)),
    top: Math.max(0, Math.floor(top - lower)),
    right: Math.min(width, Math.ceil(right + more)),
    bottom: Math.min(height, Math.ceil(bottom + lower)),
  };
}

/** Draw on `canvas`, a stage of `stage` CSS pixels: the film, then each of `layers`
 * ({picture, opacity}) over all of it. */
export function paint(canvas, stage, shaded, place, layers) {
  const ratio = canvas.width / stage.width;
  const scale = scaleOf(place, shaded.film, stage) * ratio;
  const corner = cornerOf(place, shaded.film, stage);
  let [left, top] = [corner.left * ratio, corner.top * ratio];
  // One pixel for one: between two pixels each would be a mixture.
  if (Math.abs(scale - 1) < 1e-6) [left, top] = [Math.round(left), Math.round(top)];
  const part = shaded.shaded(
    {
      left: -left / scale,
      top: -top / scale,
      right: (canvas.width - left) / scale,
      bottom: (canvas.height - top) / scale,
    },
    scale,
  );
  const context = canvas.getContext("2d", { alpha: false });
  context.globalAlpha = 1;
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.save();
  context.beginPath(); // the last column of a halved film may reach beyond the film
  context.rect(left, top, shaded.film.width * scale, shaded.film.height * scale);
  context.clip();
  const size = part.times * scale;
  context.drawImage(
    shaded.canvas,
    left + part.left * size,
    top + part.top * size,
    (part.right - part.left) * size,
    (part.bottom - part.top) * size,
  );
  for (const { picture, opacity } of layers) {
    context.globalAlpha = opacity;
    context.drawImage(
      picture,
      left,
      top,
      shaded.film.width * scale,
      shaded.film.height * scale,
    );
  }
  context.restore();
}
