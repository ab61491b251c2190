// From a film's own grey values to the shades of the screen: window and level.

const SHADES = 255;

/** The grey value of a code from 1 on; code 0 is no film. */
export function greyOf(film, code) {
  return film.least + (code - 1) * film.step;
}

/** Centre and width in the sense of DICOM's linear function (PS3.3 C.11.2.1.2), of the grey
 * values `low` (still black) and `high` (already white). */
export function centreAndWidth({ low, high }) {
  return { centre: (low + high) / 2 + 0.5, width: high - low + 1 };
}

/** The way back. A width below 1 means nothing. */
export function endsOf(centre, width) {
  const half = (Math.max(width, 1) - 1) / 2;
  return { low: centre - 0.5 - half, high: centre - 0.5 + half };
}

/** The windows that a film offers, each by its name. */
export function presetsOf(film) {
  const [low, high] = [Math.min(film.black, film.white), Math.max(film.black, film.white)];
  const presets = {
    read: { low, high, curve: film.curve ?? null },
    whole: { low: film.extent[0], high: film.extent[1], curve: null },
  };
  if (film.lungs) presets.lungs = { low: film.lungs[0], high: film.lungs[1], curve: null };
  return presets;
}

/** A shade from 0 to 255 for each code of the film. */
export function shadesOf(film, window, inverted) {
  const shades = new Uint8Array(film.codes);
  // A file's own curve says itself which end is bright.
  const turned = inverted !== (film.black > film.white && !window.curve);
  const scale = SHADES / (window.high - window.low);
  for (let code = 1; code < shades.length; code++) {
    let shade;
    if (window.curve) shade = window.curve[code];
    else {
      const grey = greyOf(film, code);
      if (grey <= window.low) shade = 0;
      else if (grey >= window.high) shade = SHADES;
      else shade = evenly((grey - window.low) * scale);
    }
    shades[code] = turned ? SHADES - shade : shade;
  }
  return shades;
}

/** The nearest whole number, of two the even one, as the server rounds. */
function evenly(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 ? below + 1 : below;
}

/** Shades as opaque pixels, one 32-bit number each; no browser runs where the larger byte is first. */
export function coloursOf(shades) {
  const colours = new Uint32Array(shades.length);
  for (let code = 0; code < shades.length; code++) colours[code] = shades[code] * 0x10101;
  return colours.map((grey) => grey + 0xff000000);
}

/** A window changed by hand, kept where it still shows something of the film. */
export function moved(film, window, byCentre, byWidth) {
  const range = film.extent[1] - film.extent[0] || 1;
  const { centre, width } = centreAndWidth(window);
  const middle = Math.min(Math.max(centre + byCentre, film.extent[0]), film.extent[1] + 1);
  const wide = Math.min(Math.max(width + byWidth, Math.min(2, range)), 4 * range + 1);
  return { ...endsOf(middle, wide), curve: null };
}
