// What somebody has set, by place of the page: a page that is drawn anew, or a next film, finds it.

import { whole } from "./place.js";

const remembered = new Map();
const FRESH = {
  opacity: 0.45,
  hot: true,
  blink: false,
  className: "",
  method: "",
  network: 0,
  side: false,
  inverted: false,
  drag: "pan",
};

/** Settings for what was told, as they were left: all of them for the same film, for another one
 * what is no matter of one film. `presets`: the windows that this film offers. */
export function recalled({ film, place, layers, networks, offer }, presets) {
  const before = remembered.get(place) ?? {};
  const settings = { ...FRESH, side: networks.length > 1, ...before.settings, blink: false };
  const has = (key, value) => layers.some((one) => one[key] === value);
  if (settings.className && !has("class", settings.className)) settings.className = "";
  const asked = (one) => one.name === settings.method && (offer.pending || one.why);
  const waits = before.film === film.key && offer?.methods.some(asked);
  if (!has("method", settings.method) && !waits) settings.method = layers[0]?.method ?? "";
  if (settings.network >= networks.length) settings.network = 0;
  if (networks.length < 2) settings.side = false;
  if (before.film === film.key) return { ...before, settings };
  settings.inverted = false;
  const preset = presets[before.preset] ? before.preset : "read";
  return { settings, preset, greys: presets[preset], view: whole(film) };
}

/** Keep for the same place: `settings`, the chosen `preset`, its window `greys`, and the `view`. */
export function remember({ film, place }, kept) {
  remembered.set(place, { ...kept, film: film.key });
}
