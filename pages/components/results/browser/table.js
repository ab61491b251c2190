// The table of results: what is set in it stays in the browser, and changes ask the server.

import { button, choice, hold, make } from "./parts.js";
import { ANY, SHARES, chosen, fresh, offered } from "./choosing.js";
import { memberRows, nameCell, notesRow, shownCells, standing } from "./cells.js";

// What was set, while the tab is open: the page finds it again after a look at another page.
const kept = { view: fresh(), picked: new Set(), open: new Set(), drafts: new Map(), folded: true };

class Results {
  constructor(root) {
    this.root = root;
    this.editing = null;
    this.drawn = new Map(); // key → how a row looked, and its elements: most stay as they are
    this.bar = make("div", { class: "bar" });
    // Made once: a box that is replaced while somebody types loses letters that take several keys.
    this.search = make("input", { type: "search", "data-at": "search",
      placeholder: "name, data set, tag …",
      oninput: (event) => this.set({ search: event.target.value }) });
    this.searching = make("label", { class: "choice search" },
      make("span", { text: "Search" }), this.search);
    this.least = make("input", { type: "text", inputmode: "decimal", "data-at": "least",
      oninput: (event) => this.set({ least: event.target.value }) });
    this.atLeast = make("div", { class: "least filter" }, this.least);
    this.acts = make("div", { class: "acts" });
    this.head = make("thead", { role: "rowgroup" });
    this.body = make("tbody", { role: "rowgroup" });
    this.table = make("table", { role: "table" },
      make("caption", { class: "unseen", text: "All results. The heads of the columns sort it." }),
      this.head, this.body);
    root.replaceChildren(this.bar, this.acts, this.table);
  }

  /** The rows came anew; `send` asks the server for something. */
  open(data, send) {
    this.data = data;
    this.standing = standing(data.columns, data.together);
    this.send = send;
    this.root.classList.toggle("fixed", data.fixed); // for who may look and not change anything
    const there = new Set(data.rows.map((row) => row.key));
    for (const key of kept.picked) if (!there.has(key)) kept.picked.delete(key);
    this.draw();
  }

  ask(what, row, value) {
    const seen = row[what] ?? null;  // what others have changed meanwhile is not written over
    // Shown at once; what the server has kept comes right behind it.
    if (what === "star" || what === "tags" || what === "notes") row[what] = value;
    // Several runs are seen as one result on Compare; one fold is not the result.
    if (what === "open" && row.members.length) this.send({ what: "compare", keys: [row.key] });
    else this.send({ what, key: row.key, value, seen });
    this.draw();
  }

  edit(row, field, text) {
    this.editing = { key: row.key, field, text, before: text };
    this.draw(`field ${row.key}`);
    this.root.getRootNode().activeElement?.select?.();
  }

  /** `back`: whether the focus goes to what began it. */
  editEnds(back) {
    const { key, field } = this.editing;
    this.editing = null;
    this.draw(back ? `${field} ${key}` : null);
  }

  set(change) {
    Object.assign(kept.view, change);
    this.draw();
  }

  /** Draw all of it; what had the focus has it again, or else what is named. */
  draw(wanted = null) {
    const focused = this.root.getRootNode().activeElement;
    const at = wanted ?? focused?.dataset.at;
    if (this.editing) this.editing.drawing = true;
    this.offered = offered(this.data.rows);
    this.forgetWhatIsGone();
    this.rows = chosen(this.data.rows, kept.view);
    this.drawBar();
    this.drawActs();
    this.drawHead();
    const none = make("tr", { role: "row" }, make("td", { role: "cell", class: "none",
      colspan: this.standing.length + 3,
      text: "No result is like this. Change the search, or show all." }));
    hold(this.body,
      this.rows.length ? this.rows.flatMap((row) => this.elementsOf(row)) : [none]);
    if (this.editing) this.editing.drawing = false;
    if (!at || this.root.getRootNode().activeElement?.dataset.at === at) return;
    this.root.querySelector(`[data-at="${CSS.escape(at)}"]`)?.focus({ preventScroll: true });
  }

  /** Nothing is asked for that no box shows: the last result with a tag may have lost it. */
  forgetWhatIsGone() {
    const { view } = kept;
    for (const [name, words] of Object.entries(view.filters)) {
      if (!this.offered.columns.get(name)?.includes(words)) delete view.filters[name];
    }
    if (!this.offered.tags.includes(view.tag)) view.tag = ANY;
  }

  drawBar() {
    const { view } = kept;
    const { columns } = this.data;
    for (const [input, value] of [[this.search, view.search], [this.least, view.least]]) {
      if (input.value !== value) input.value = value;
    }
    const boxes = [];
    for (const [name, words] of this.offered.columns) {
      const pick = (value) => this.set({ filters: { ...view.filters, [name]: value } });
      boxes.push(choice(columns[name].label, `filter ${name}`,
        [[ANY, "any"], ...words.map((one) => [one, one])], view.filters[name] ?? ANY, pick));
    }
    if (this.offered.tags.length) {
      boxes.push(choice("Tag", "filter tag",
        [[ANY, "any"], ...this.offered.tags.map((one) => [one, one])], view.tag,
        (tag) => this.set({ tag })));
    }
    const measure = choice("At least", "measure", SHARES.map((one) => [one, columns[one].label]),
      view.measure, (name) => this.set({ measure: name }));
    this.least.setAttribute("aria-label", `Least ${columns[view.measure].label}`);
    this.least.placeholder = view.measure === "roc_auc" ? "0.9" : "90 %";
    hold(this.atLeast, [measure, this.least]);
    const starred = make("label", { class: "check" },
      make("input", { type: "checkbox", "data-at": "starred", checked: view.starred,
        onchange: (event) => this.set({ starred: event.target.checked }) }), "Starred only");
    for (const one of [...boxes, starred]) one.classList.add("filter");
    // On a telephone they would push the results off the screen.
    const fold = button("Filters", "fold", () => { kept.folded = !kept.folded; this.draw(); },
      { class: "few", "aria-expanded": String(!kept.folded) });
    this.bar.classList.toggle("closed", kept.folded);
    hold(this.bar, [this.searching, fold, ...boxes, this.atLeast, starred]);
  }

  drawActs() {
    const [count, all] = [this.rows.length, this.data.rows.length];
    const words = count === all ? `${all} result${all === 1 ? "" : "s"}` : `${count} of ${all} results`;
    const picked = [...kept.picked];
    const compare = button(
      picked.length ? `Compare the chosen (${picked.length})` : "Compare: choose results first",
      "compare", () => this.send({ what: "compare", keys: picked }),
      { class: "primary", disabled: !picked.length });
    const sort = [["star", "Star"], ...Object.entries(this.data.columns)
      .map(([name, column]) => [name, column.label])];
    this.acts.replaceChildren(
      compare,
      picked.length ? button("Choose none", "none", () => { kept.picked.clear(); this.draw(); }) : "",
      count < all ? button("Show all", "all", () => this.set(
        { ...fresh(), sort: kept.view.sort, down: kept.view.down })) : "",
      make("span", { role: "status", text: words }),
      make("div", { class: "sorting" },
        choice("Sort by", "sort", sort, kept.view.sort, (name) => this.sortBy(name)),
        button(kept.view.down ? "Largest or latest first" : "Smallest or first first", "way",
          () => this.set({ down: !kept.view.down }), { sign: kept.view.down ? "↓" : "↑" })));
  }

  sortBy(name) {
    const number = name === "star" || name === "audit" || this.data.columns[name].is_number;
    this.set({ sort: name, down: kept.view.sort === name ? !kept.view.down : number });
  }

  drawHead() {
    const { view } = kept;
    const sorter = (name, words, about) =>
      make("button", { type: "button", "data-at": `sort ${name}`, class: "sort", title: about || null,
        onclick: () => this.sortBy(name) }, words,
        make("span", { "aria-hidden": "true",
          text: view.sort === name ? (view.down ? "\u00a0↓" : "\u00a0↑") : "" }));
    const head = (name, names, number, ...sorters) =>
      make("th", { scope: "col", role: "columnheader", class: number ? `number ${name}` : name,
        "aria-sort": !names.includes(view.sort) ? "none" : view.down ? "descending" : "ascending" },
        ...sorters);
    const star = make("span", {}, make("span", { "aria-hidden": "true", text: "★" }),
      make("span", { class: "unseen", text: "Star" }));
    this.head.replaceChildren(make("tr", { role: "row" },
      make("th", { scope: "col", role: "columnheader", class: "pick" },
        make("span", { class: "unseen", text: "Compare" })),
      head("star", ["star"], false, sorter("star", star, "Pages begin with what has a star.")),
      ...this.standing.map(({ name, names, is_number }) =>
        head(name, names, is_number, ...names.map((one) =>
          sorter(one, this.data.columns[one].label, this.data.columns[one].meaning)))),
      make("th", { scope: "col", role: "columnheader", class: "more" },
        make("span", { class: "unseen", text: "More" }))));
  }

  elementsOf(row) {
    const editing = this.editing?.key === row.key ? this.editing : null;
    const looks = JSON.stringify([row, kept.picked.has(row.key), kept.open.has(row.key),
      editing?.field, editing && this.offered.tags]);
    const before = this.drawn.get(row.key);
    if (before?.looks === looks && before.editing === editing) return before.elements;
    const elements = this.drawRow(row);
    this.drawn.set(row.key, { looks, editing, elements });
    return elements;
  }

  drawRow(row) {
    const { longest } = this.data;
    const columns = this.standing;
    const doing = {
      ask: (what, one, value) => this.ask(what, one, value),
      edit: (one, field, text) => this.edit(one, field, text),
      editEnds: (back) => this.editEnds(back),
      editing: this.editing?.key === row.key ? this.editing : null,
      address: ({ key, members }) => members.length
        ? `${this.data.pages.compare}?runs=${encodeURIComponent(key)}`
        : `${this.data.pages.run}?run=${encodeURIComponent(key)}`,
      tags: this.offered.tags,
      drafts: kept.drafts,
      longest,
    };
    const pick = make("input", { type: "checkbox", "data-at": `pick ${row.key}`,
      checked: kept.picked.has(row.key), "aria-label": `Compare ${row.name}`,
      onchange: (event) => {
        kept.picked[event.target.checked ? "add" : "delete"](row.key);
        this.draw();
      } });
    const isOpen = kept.open.has(row.key);
    const what = row.members.length ? "runs and notes" : "notes";
    const drawn = [make("tr", { role: "row", class: kept.picked.has(row.key) ? "picked" : null },
      make("td", { role: "cell", class: "pick" }, pick),
      make("td", { role: "cell", class: "star" },
        button(`Star ${row.name}`, `star ${row.key}`, () => this.ask("star", row, !row.star),
          { sign: row.star ? "★" : "☆", "aria-pressed": String(row.star), class: "quiet" })),
      nameCell(row, doing),
      ...shownCells(row.cells, columns),
      make("td", { role: "cell", class: "more" },
        button(`${isOpen ? "Close" : "Open"} ${what} of ${row.name}`, `more ${row.key}`, () => {
          kept.open[isOpen ? "delete" : "add"](row.key);
          this.draw();
        }, { sign: isOpen ? "▴" : "▾", "aria-expanded": String(isOpen), class: "quiet" })))];
    if (row.notes && !isOpen) drawn[0].querySelector(".tags").append(
      make("span", { class: "noted", title: row.notes, text: "has notes" }));
    if (isOpen) {
      drawn.push(...memberRows(row, columns, doing), notesRow(row, columns, doing));
    }
    return drawn;
  }
}

const tables = new WeakMap();

/** Streamlit calls this when the component appears, and again whenever its data comes anew. */
export default function show({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".results-root");
  if (!tables.has(root)) tables.set(root, new Results(root));
  tables.get(root).open(data, (asked) => setTriggerValue("asked", asked));
}
