// The film once, or once for each network, side by side and in step.

import { heatPicture, markPicture } from "./heat.js";
import { make, said } from "./parts.js";
import { pixelAt, ruler, scaleOf } from "./place.js";
import { greyOf } from "./greys.js";
import { paint } from "./paint.js";

const MOST_PIXELS = 3_000_000; // of a canvas: more is not seen, and takes longer than a frame
const RULER = 0.3; // of a stage, at most

/** Heat maps as they are asked for: class and method by their names, "" for what was answered. */
export class Layers {
  constructor(told, part) {
    this.all = told.layers;
    this.offered = new Set(told.offer?.methods.map((one) => one.name));
    this.ramp = part(told.parts.ramp);
    this.part = part;
    this.pictures = new Map();
  }

  of(network, className, method) {
    const own = this.all.filter((one) => one.network === network);
    const named = own.filter((one) => (className ? one.class === className : one.answered));
    const several = named.length ? named : own.filter((one) => one.answered);
    const exact = several.find((one) => one.method === method);
    // Of a method that can be asked for, no other's map stands in its place.
    return exact ?? (this.offered.has(method) ? null : (several[0] ?? null));
  }

  picture(layer) {
    if (!this.pictures.has(layer)) {
      const levels = this.part(layer.part);
      this.pictures.set(layer, heatPicture(levels, layer.width, layer.height, this.ramp));
    }
    return this.pictures.get(layer);
  }

  mark(mark) {
    if (!this.pictures.has(mark)) {
      const { width, height, colour } = mark;
      this.pictures.set(mark, markPicture(this.part(mark.part), width, height, colour));
    }
    return this.pictures.get(mark);
  }
}

/** One canvas with what is written at it. */
export class Pane {
  constructor(describedBy) {
    this.canvas = make("canvas", {
      tabIndex: 0,
      role: "application",
      "aria-roledescription": "film that can be moved",
      "aria-describedby": describedBy,
    });
    this.ruler = make("div", { className: "ruler", "aria-hidden": "true" });
    this.under = make("div", { className: "under", "aria-hidden": "true" });
    this.stage = make("div", { className: "stage" }, this.canvas, this.ruler, this.under);
    this.title = make("strong");
    this.note = make("span");
    this.words = make("figcaption", {}, this.title, " ", this.note);
    this.figure = make("figure", {}, this.stage, this.words);
  }

  say(title, note, description) {
    this.title.textContent = title;
    this.note.textContent = note;
    this.words.hidden = !title && !note;
    this.canvas.setAttribute("aria-label", description);
  }

  /** As many pixels as the screen has for it, within a limit. */
  fit(width, height, together) {
    const wanted = window.devicePixelRatio || 1;
    const ratio = Math.min(wanted, Math.sqrt(MOST_PIXELS / together / (width * height)));
    this.size = { width, height };
    this.ratio = Math.max(1, Math.round(width * ratio)) / width;
    const size = [width, height].map((side) => Math.max(1, Math.round(side * ratio)));
    const { canvas } = this;
    if (canvas.width === size[0] && canvas.height === size[1]) return; // or it would be emptied
    [canvas.width, canvas.height] = size;
  }

  draw(shaded, place, layers) {
    paint(this.canvas, this.size, shaded, place, layers);
    const { film } = shaded;
    this.ruler.hidden = !film.millimetres;
    if (this.ruler.hidden) return;
    const screen = film.millimetres / scaleOf(place, film, this.size);
    const { pixels, said: words } = ruler(screen, RULER * this.size.width);
    this.ruler.style.width = `${pixels}px`;
    this.ruler.textContent = film.at_detector ? `${words} at the detector` : words;
  }

  /** Which grey value is under (x, y). */
  look(shaded, place, x, y) {
    const { film } = shaded;
    const { codes, width } = shaded.levels.at(0);
    const pixel = x === null ? null : pixelAt(place, film, this.size, x, y);
    const code = pixel && codes[pixel.row * width + pixel.column];
    this.under.textContent = code ? `grey value ${said(greyOf(film, code))}` : "";
  }
}
