// The ways to explain, those too that are made only when somebody asks, and the test of a map.
// Here alone the viewer asks the server for something.

import { button, make, toggle } from "./parts.js";

const LOOK = 600; // ms between two looks at what is still being worked out

export class Methods {
  /** `offer`: what was told of methods; `layers`: all heat maps that are there. */
  constructor(viewer, { offer, layers }) {
    this.viewer = viewer;
    this.offer = offer;
    this.made = new Set(layers.map((one) => one.method));
    this.segments = offer.methods.map((one) => [
      one,
      toggle(one.name, one.line, () => this.choose(one)),
    ]);
    this.test = button(
      "Test this map",
      "Covers the hottest fifth of this map and asks the network again, and a random part as large",
      () => this.ask("test"),
    );
    this.stop = button("Stop", "Ask no further", () => viewer.wish({ what: "stop" }));
    this.line = make("p", { className: "note", id: `method-${viewer.told.mark}` });
    const methods = this.segments.map(([, segment]) => segment);
    const group = { role: "group", "aria-label": "Method", className: "group" };
    this.row = make(
      "div",
      { className: "row" },
      make("div", group, ...methods),
      this.test,
      this.stop,
      this.line,
    );
  }

  /** Looks again and again while the server works something out; returns how to end that. */
  look() {
    if (!this.offer.pending) return () => {};
    const looking = setInterval(() => this.viewer.wish({ what: "look" }), LOOK);
    return () => clearInterval(looking);
  }

  choose(method) {
    this.viewer.set({ method: method.name, hot: true });
    if (!this.made.has(method.name)) this.ask("make");
  }

  ask(what) {
    const { settings } = this.viewer;
    const classes = this.viewer.seenLayers().map((one) => one.class);
    this.viewer.wish({ what, method: settings.method, classes: [...new Set(classes)] });
    this.asked = true;
    this.viewer.changed();
  }

  /** What stands below a film for whose network there is no map by the method chosen. */
  missing(name) {
    const { methods, pending } = this.offer;
    const method = methods.find((one) => one.name === name);
    if (pending || this.asked) return `${name} is being worked out …`;
    return method?.why ? `There is no heat map by ${name}: ${method.why}` : "";
  }

  /** What is chosen, to be read aloud. */
  aloud({ method }) {
    return this.viewer.seenLayers().length ? `heat map by ${method}` : this.missing(method);
  }

  show(settings) {
    for (const [one, segment] of this.segments) segment.pressed(one.name === settings.method);
    const chosen = this.offer.methods.find((one) => one.name === settings.method);
    this.line.textContent = chosen?.line ?? "";
    const busy = this.offer.pending || this.asked;
    this.stop.hidden = !busy;
    this.test.hidden = busy || !settings.hot || !this.viewer.seenLayers().some((one) => one.testable);
  }
}
