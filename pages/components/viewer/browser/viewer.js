// One film that can be looked at as on a radiologist's screen. Nothing here asks the server.

import { centreAndWidth, endsOf, moved, presetsOf } from "./greys.js";
import { follow } from "./hands.js";
import { recalled, remember } from "./memory.js";
import { codesOf, opened } from "./packed.js";
import { Layers, Pane } from "./panes.js";
import { hundredths, make, said } from "./parts.js";
import { atItsSize, drawn, kept, nearer, whole } from "./place.js";
import { ShadedFilm } from "./paint.js";
import { KEYS, Tools } from "./tools.js";

const STEP = 1.25; // nearer by a key or button
const HAND = 0.1; // of the stage, by an arrow
const ACROSS = 400; // px that a hand moves for all of a film's grey values
const BLINK = 700; // ms: well below what can harm anybody
const QUIET = 500; // ms without a change, before it is read aloud
const WORDS = 48; // px: what stands below a film
const LEAST = 0.45; // of the window: a film is to be seen, also where tools take many lines
const NARROW = 145; // px: two films beside each other on a telephone

export class Viewer {
  constructor(root) {
    this.root = root;
    this.stopped = false;
    this.resized = new ResizeObserver(() => this.layOut());
    this.filled = () => this.layOut();
    document.addEventListener("fullscreenchange", this.filled);
  }

  /** Show what the server has sent; the same film again changes nothing that was set. */
  async open(block) {
    const { told, part } = opened(block);
    if (this.shown === told.mark) return;
    this.shown = told.mark;
    const { film } = told;
    const codes = await codesOf(part(told.parts.film), film.width, film.height);
    if (this.stopped || this.shown !== told.mark) return; // overtaken by another film
    film.curve = told.parts.curve ? part(told.parts.curve) : null;
    this.told = told;
    this.shaded = new ShadedFilm(film, codes);
    this.layers = new Layers(told, part);
    this.presets = presetsOf(film);
    this.marked = new Set();
    const { settings, preset, greys, view } = recalled(told, this.presets);
    Object.assign(this, { settings, preset, greys, place: view });
    this.build();
    this.lookNoMore?.();
    this.lookNoMore = this.tools.methods?.look();
  }

  stop() {
    this.stopped = true;
    this.resized.disconnect();
    document.removeEventListener("fullscreenchange", this.filled);
    clearInterval(this.blinking);
    this.lookNoMore?.();
    clearTimeout(this.reading);
  }

  build() {
    const { told } = this;
    const held = this.root.getRootNode().activeElement?.textContent; // of a button, its words
    const help = make("p", { id: `keys-${told.mark}`, className: "unseen" }, KEYS);
    this.panes = Array.from(
      { length: Math.max(1, told.networks.length) },
      () => new Pane(help.id),
    );
    this.tools = new Tools(this, told);
    this.aloud = make("output", { className: "unseen", "aria-live": "polite" });
    this.row = make("div", { className: "panes" }, ...this.panes.map((pane) => pane.figure));
    const note = make("p", { className: "note" }, told.note);
    this.bar = make("div", { className: "tools" }, ...this.tools.rows, note);
    this.whole = make(
      "div",
      {
        className: told.few_tools ? "viewer few" : "viewer",
        role: "group",
        "aria-label": "Film viewer",
      },
      this.row,
      this.bar,
      help,
      this.aloud,
    );
    this.root.replaceChildren(this.whole);
    for (const pane of this.panes) follow(pane.canvas, this.hands(pane));
    this.resized.disconnect();
    this.resized.observe(this.whole);
    this.layOut();
    if (held) [...this.bar.querySelectorAll("button")].find((one) => one.textContent === held)?.focus();
  }

  get seen() {
    if (this.told.networks.length < 2) return this.panes;
    return this.settings.side ? this.panes : [this.panes[this.settings.network]];
  }

  /** How large each stage is: in one row where the width allows. */
  layOut() {
    if (!this.whole?.isConnected) return;
    const { film } = this.told;
    const wide = this.whole.clientWidth;
    if (!wide) return;
    const seen = this.seen;
    const gap = 8;
    const columns = Math.max(1, Math.min(seen.length, Math.floor((wide + gap) / (NARROW + gap))));
    const rows = Math.ceil(seen.length / columns);
    const width = Math.floor((wide - gap * (columns - 1)) / columns);
    const rest = this.bar.offsetHeight + rows * WORDS;
    const { tall, whole } = this.told; // shares of the window: of the film, and with its tools
    const most = this.isFull()
      ? window.innerHeight - rest
      : window.innerHeight * Math.min(tall, Math.max(whole - rest / window.innerHeight, LEAST));
    const height = Math.round(
      Math.max(160, Math.min((width * film.height) / film.width, most / rows)),
    );
    this.row.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    for (const pane of this.panes) {
      pane.figure.hidden = !seen.includes(pane);
      pane.stage.style.height = `${height}px`;
      pane.fit(width, height, seen.length);
    }
    this.stage = { width, height };
    this.place = kept(this.place, film, this.stage);
    // At once: a canvas of another size is empty, and would be seen so until the next frame.
    this.draw();
  }

  isFull() {
    return this.root.getRootNode().fullscreenElement === this.whole;
  }

  hands(pane) {
    const { film } = this.told;
    return {
      drag: () => this.settings.drag,
      isNear: () => this.place.zoom > 1.001,
      zoom: (factor, x, y) => this.go(nearer(this.place, film, this.stage, factor, x, y)),
      pan: (dx, dy) => this.go(drawn(this.place, film, this.stage, dx, dy)),
      grey: (dx, dy) => this.grey(dx, dy),
      look: (x, y) => pane.look(this.shaded, this.place, x, y),
      leave: () => pane.look(this.shaded, this.place, null, null),
      key: (name) => this.key(name),
    };
  }

  go(place) {
    this.place = place;
    this.changed();
  }

  grey(dx, dy) {
    const { film } = this.told;
    const range = film.extent[1] - film.extent[0] || 1;
    const each = range / ACROSS;
    // Down is darker on a film, whichever end of the grey values that is.
    const darker = film.black > film.white !== this.settings.inverted ? -1 : 1;
    this.take(moved(film, this.greys, darker * dy * each, dx * each));
  }

  take(greys) {
    this.greys = greys;
    this.preset = "";
    this.changed();
  }

  window({ centre, width }) {
    const before = centreAndWidth(this.greys);
    this.take({ ...endsOf(centre ?? before.centre, width ?? before.width), curve: null });
  }

  choose(preset) {
    this.preset = preset;
    this.greys = this.presets[preset];
    this.changed();
  }

  set(change) {
    Object.assign(this.settings, change);
    if ("blink" in change) this.startBlinking();
    if ("side" in change || "network" in change) this.layOut();
    this.changed();
  }

  mark(place, is) {
    if (is) this.marked.add(place);
    else this.marked.delete(place);
    this.changed();
  }

  startBlinking() {
    clearInterval(this.blinking);
    this.away = false;
    if (!this.settings.blink) return;
    this.blinking = setInterval(() => {
      this.away = !this.away;
      this.changed();
    }, BLINK);
  }

  async fillScreen() {
    if (this.isFull()) await document.exitFullscreen();
    else await this.whole.requestFullscreen();
  }

  /** What a key does; whether it means something. */
  key(name) {
    const { film } = this.told;
    const { width, height } = this.stage;
    const { settings } = this;
    const hot = this.told.layers.length > 0;
    const does = {
      "+": () => this.go(nearer(this.place, film, this.stage, STEP)),
      "-": () => this.go(nearer(this.place, film, this.stage, 1 / STEP)),
      0: () => this.go(whole(film)),
      1: () => this.go(atItsSize(this.place, film, this.stage, this.panes[0].ratio)),
      ArrowLeft: () => this.go(drawn(this.place, film, this.stage, HAND * width, 0)),
      ArrowRight: () => this.go(drawn(this.place, film, this.stage, -HAND * width, 0)),
      ArrowUp: () => this.go(drawn(this.place, film, this.stage, 0, HAND * height)),
      ArrowDown: () => this.go(drawn(this.place, film, this.stage, 0, -HAND * height)),
      "Shift+ArrowUp": () => this.grey(0, -ACROSS / 40),
      "Shift+ArrowDown": () => this.grey(0, ACROSS / 40),
      "Shift+ArrowLeft": () => this.grey(-ACROSS / 40, 0),
      "Shift+ArrowRight": () => this.grey(ACROSS / 40, 0),
      a: () => this.choose("read"),
      w: () => this.choose("whole"),
      l: film.lungs && (() => this.choose("lungs")),
      i: () => this.set({ inverted: !settings.inverted }),
      h: hot && (() => this.set({ hot: !settings.hot, blink: false })),
      b: hot && (() => this.set({ blink: !settings.blink, hot: true })),
      f: document.fullscreenEnabled && (() => this.fillScreen()),
    };
    const same = { "=": "+", _: "-" };
    const found = does[same[name] ?? (name.length === 1 ? name.toLowerCase() : name)];
    if (found) found();
    return Boolean(found);
  }

  /** Something is to be seen anew: with the next frame, once. */
  changed() {
    const { settings, preset, greys, place: view } = this;
    remember(this.told, { settings, preset, greys, view });
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = null;
      if (!this.stopped && this.whole.isConnected) this.draw();
    });
  }

  draw() {
    const { settings, told } = this;
    this.shaded.shade(this.greys, settings.inverted);
    for (const pane of this.seen) {
      const network = this.panes.indexOf(pane);
      const layer = this.layers.of(network, settings.className, settings.method);
      const drawnLayers = [];
      if (layer && settings.hot && !this.away) {
        drawnLayers.push({ picture: this.layers.picture(layer), opacity: settings.opacity });
      }
      for (const place of this.marked) {
        drawnLayers.push({ picture: this.layers.mark(told.marks[place]), opacity: 1 });
      }
      pane.draw(this.shaded, this.place, drawnLayers);
      // A finger moves the page, unless it has something to do here.
      const busy = this.place.zoom > 1.001 || settings.drag === "grey";
      pane.canvas.classList.toggle("near", busy);
      const missing = this.tools.methods?.missing(settings.method) ?? "";
      const note = settings.hot ? (layer?.said ?? missing) : "";
      const title = told.networks.length > 1 ? told.networks[network] : "";
      pane.say(title, note, [told.film.alt, note].filter(Boolean).join(". "));
    }
    this.tools.show({ settings, window: this.greys, preset: this.preset });
    this.read();
  }

  /** The heat maps that are chosen, of the networks that are seen. */
  seenLayers() {
    const { className, method } = this.settings;
    return this.seen
      .map((pane) => this.layers.of(this.panes.indexOf(pane), className, method))
      .filter(Boolean);
  }

  /** Say for a screen reader what has become of it, once it rests. */
  read() {
    const { centre, width } = centreAndWidth(this.greys);
    const hot = this.told.layers.length && this.settings.hot;
    const heat = this.tools.methods?.aloud(this.settings) || "heat map";
    const words =
      `Zoom ${said(hundredths(this.place.zoom))} %, centre ${said(centre)}, ` +
      `width ${said(width)}${this.settings.inverted ? ", inverted" : ""}` +
      (hot ? `, ${heat} at ${hundredths(this.settings.opacity)} %` : "");
    if (words === this.words) return;
    clearTimeout(this.reading);
    this.reading = setTimeout(() => {
      if (this.words !== undefined) this.aloud.textContent = words;
      this.words = words;
    }, QUIET);
  }
}
