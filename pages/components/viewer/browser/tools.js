// The viewer's buttons, sliders and boxes. They tell `viewer`, and show what it has become.

import { centreAndWidth } from "./greys.js";
import { Methods } from "./methods.js";
import { button, checkbox, choice, hundredths, make, said, slider, toggle } from "./parts.js";

const PRESETS = {
  read: ["As read", "The window that the networks see it in (key A)"],
  whole: ["Whole film", "From the film's darkest to its brightest grey value (key W)"],
  lungs: ["Lungs", "The grey values where its lungs seem to be (key L)"],
};
export const KEYS =
  "Keys: plus and minus zoom, arrows move, 0 shows the whole film, 1 one pixel for one. " +
  "Shift with arrows changes brightness and contrast, A, W and L choose a window, I inverts, " +
  "H shows or hides the heat map, B lets it blink, F fills the screen.";

export class Tools {
  constructor(viewer, told) {
    this.viewer = viewer;
    this.film = told.film;
    this.rows = [this.moving(), ...this.grey()];
    if (told.layers.length) this.rows.push(this.heat(told));
    if (told.layers.length && told.offer) {
      this.methods = new Methods(viewer, told);
      this.rows.push(this.methods.row);
    }
    if (told.marks.length) this.rows.push(this.marks(told));
  }

  moving() {
    const { viewer } = this;
    const drag = (kind) => () => viewer.set({ drag: kind });
    this.drag = {
      pan: toggle("Move", "Dragging moves the film", drag("pan")),
      grey: toggle(
        "Brightness",
        "Dragging changes brightness (up and down) and contrast (left and right), as the right " +
          "mouse button always does",
        drag("grey"),
      ),
    };
    this.full = toggle("Full screen", "Fill the screen (key F)", () => viewer.fillScreen());
    this.full.hidden = !document.fullscreenEnabled;
    return make(
      "div",
      { className: "row" },
      group(
        "Zoom",
        button("−", "Zoom out (key −)", () => viewer.key("-"), { "aria-label": "Zoom out" }),
        button("+", "Zoom in (key +)", () => viewer.key("+"), { "aria-label": "Zoom in" }),
        button("Fit", "The whole film (key 0)", () => viewer.key("0")),
        button("1:1", "One pixel of the film for one of the screen (key 1)", () => viewer.key("1")),
      ),
      group("Dragging", ...Object.values(this.drag)),
      this.full,
    );
  }

  grey() {
    const { viewer, film } = this;
    this.presets = Object.fromEntries(
      Object.entries(PRESETS)
        .filter(([name]) => name !== "lungs" || film.lungs)
        .map(([name, [words, title]]) => [
          name,
          toggle(words, title, () => viewer.choose(name)),
        ]),
    );
    this.invert = toggle("Invert", "Bright for dark (key I)", () => viewer.key("i"));
    this.centre = slider("Centre", (value) => viewer.window({ centre: value }));
    this.width = slider("Width", (value) => viewer.window({ width: value }));
    const [low, high] = film.extent;
    const step = Math.max(film.step, (high - low) / 1000);
    this.centre.range(low, high + 1, step);
    this.width.range(1, 2 * (high - low) + 1, step);
    this.summary = make("span");
    return [
      make(
        "div",
        { className: "row" },
        group("Grey values", ...Object.values(this.presets), this.invert),
      ),
      make(
        "details",
        {},
        make("summary", {}, "Window: ", this.summary),
        make("div", { className: "row" }, this.centre, this.width),
      ),
    ];
  }

  heat(told) {
    const { viewer } = this;
    const names = (key) => [...new Set(told.layers.map((one) => one[key]))];
    this.hot = toggle("Heat map", "Show or hide it (key H)", () => viewer.key("h"));
    this.blink = toggle("Blink", "Show and hide it in turns (key B)", () => viewer.key("b"));
    this.opacity = slider("Strength", (value) => viewer.set({ opacity: value / 100 }), "%");
    this.opacity.range(0, 100, 1);
    this.className = choice(
      "Heat map of",
      [["", "what is answered"], ...names("class").map((name) => [name, name])],
      (value) => viewer.set({ className: value }),
    );
    this.className.hidden = names("class").length < 2;
    this.network = choice(
      "Network",
      told.networks.map((title, place) => [String(place), title]),
      (value) => viewer.set({ network: Number(value) }),
    );
    this.side = toggle("Side by side", "Each network's heat map beside the others", () =>
      viewer.set({ side: !viewer.settings.side }),
    );
    this.side.hidden = told.networks.length < 2;
    return make(
      "div",
      { className: "row heat" },
      group("Heat map", this.hot, this.blink, this.side),
      this.opacity,
      this.network,
      this.className,
      legend(told.legend),
    );
  }

  marks(told) {
    return make(
      "div",
      { className: "row" },
      ...told.marks.map((mark, place) =>
        checkbox(mark.label, (is) => this.viewer.mark(place, is)),
      ),
    );
  }

  show({ settings, window, preset }) {
    const { centre, width } = centreAndWidth(window);
    Object.entries(this.drag).forEach(([kind, one]) => one.pressed(settings.drag === kind));
    Object.entries(this.presets).forEach(([name, one]) => one.pressed(preset === name));
    this.invert.pressed(settings.inverted);
    this.centre.show(centre, said(centre));
    this.width.show(width, said(width));
    const curve = window.curve ? ", by the table in its file" : "";
    this.summary.textContent = `centre ${said(centre)}, width ${said(width)}${curve}`;
    this.full.pressed(this.viewer.isFull());
    if (!this.hot) return;
    this.hot.pressed(settings.hot);
    this.blink.pressed(settings.blink);
    const share = hundredths(settings.opacity);
    this.opacity.show(share, `${share} %`);
    this.className.show(settings.className);
    this.methods?.show(settings);
    this.network.show(String(settings.network));
    this.network.hidden = settings.side || this.side.hidden;
    this.side.pressed(settings.side);
  }
}

function group(name, ...children) {
  return make("div", { role: "group", "aria-label": name, className: "group" }, ...children);
}

/** What the colours of a heat map mean. */
function legend(colours) {
  const bar = make("div", {
    className: "ramp",
    role: "img",
    "aria-label": "Heat map colours, from little to strong influence",
  });
  bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
  return make(
    "div",
    { className: "legend" },
    bar,
    make("span", {}, "cold: little influence"),
    make("span", {}, "hot: strong influence"),
  );
}
