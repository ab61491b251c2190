// Small pieces of the page that the viewer is made of. Words go in as text, never as HTML.

/** An element with properties, attributes (`aria-…`, `role`, `for`) and children. */
export function make(tag, properties = {}, ...children) {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in one && !name.includes("-")) one[name] = value;
    else one.setAttribute(name, value);
  }
  one.append(...children.filter((child) => child !== null));
  return one;
}

export function button(words, title, onclick, properties = {}) {
  return make("button", { type: "button", title, onclick, ...properties }, words);
}

/** A button that stays pressed; `pressed(true)` shows it so. */
export function toggle(words, title, onclick) {
  const one = button(words, title, onclick, { "aria-pressed": "false" });
  one.pressed = (is) => one.setAttribute("aria-pressed", String(is));
  return one;
}

let many = 0;

/** A slider under its words, and its number beside it to type. */
export function slider(words, oninput, unit = "") {
  const id = `viewer-slider-${++many}`;
  const bar = make("input", { type: "range", id, step: "any" });
  const number = make("input", { type: "number", "aria-label": `${words}, as a number` });
  bar.addEventListener("input", () => oninput(Number(bar.value)));
  number.addEventListener("change", () => number.value !== "" && oninput(Number(number.value)));
  const label = make("label", { htmlFor: id }, words);
  const one = make("div", { className: "slider" }, label, bar, number);
  if (unit) one.append(make("span", { "aria-hidden": "true" }, unit));
  one.range = (least, most, step) => {
    Object.assign(bar, { min: least, max: most, step });
    Object.assign(number, { min: least, max: most, step: "any" });
  };
  one.show = (value, text) => {
    bar.value = value;
    bar.setAttribute("aria-valuetext", text);
    if (number.getRootNode().activeElement !== number) number.value = Number(value.toFixed(2));
  };
  return one;
}

/** A box to choose from, [value, words] each; hidden when there is nothing to choose. */
export function choice(words, options, onchange) {
  const id = `viewer-choice-${++many}`;
  const box = make("select", { id });
  box.append(...options.map(([value, said]) => make("option", { value }, said)));
  box.addEventListener("change", () => onchange(box.value));
  const one = make("div", { className: "choice" }, make("label", { htmlFor: id }, words), box);
  one.hidden = options.length < 2;
  one.show = (value) => (box.value = value);
  return one;
}

export function checkbox(words, onchange) {
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => onchange(box.checked));
  return make("label", { className: "check" }, box, words);
}

/** How far something is set, in whole steps of a hundredth. */
export function hundredths(share) {
  return Math.round(100 * share);
}

/** A number as people write it: 1,234 or 0.25. */
export function said(value) {
  const digits = Math.abs(value) < 10 && value % 1 ? 2 : 0;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}
