// One row of the table: its cells, what opens below it, and what can be changed in place.

import { button, link, make } from "./parts.js";

const LEFT_FOR = 250; // milliseconds

/** The columns as they stand side by side: each with its label, and those in one cell as one. */
export function standing(columns, together) {
  const seconds = Object.values(together);
  return Object.entries(columns)
    .filter(([name]) => !seconds.includes(name))
    .map(([name, column]) => {
      const names = together[name] ? [name, together[name]] : [name];
      const second = together[name] ? `, ${columns[together[name]].label.toLowerCase()}` : "";
      return { ...column, name, names, label: column.label + second };
    });
}

/** The cells that only show something; the name is not among them. */
export function shownCells(cells, columns) {
  return columns
    .filter(({ name }) => name !== "name")
    .map(({ name, names, label, is_number }) => {
      const { said, below, sign, colour, about } = cells[name];
      const words = sign
        ? make("span", { class: "level", style: `border-color:${colour}` },
            make("span", { style: `color:${colour}`, "aria-hidden": "true", text: `${sign} ` }), said)
        : make("span", { text: said });
      const under = names[1] ? cells[names[1]].said : below;
      return make(
        "td",
        { class: is_number ? `number ${name}` : name, "data-label": label,
          title: about || null, role: "cell" },
        make("div", {}, words, under ? make("small", { text: under }) : null),
      );
    });
}

/** The cell with the result's name, which is a link, its tags, and what changes both. */
export function nameCell(row, { editing, edit, editEnds, ask, address, tags, longest }) {
  const cell = make("th", { scope: "row", class: "name", role: "rowheader" });
  if (editing?.field === "title") {
    cell.append(
      field(row, editing, "Name", longest.title, editEnds, (text) => ask("title", row, text)),
    );
  } else {
    const words = [row.name, row.repeats, row.short].filter(Boolean).join(" · ");
    cell.append(
      make("div", { class: "called" },
        link(words, `open ${row.key}`, address(row), () => ask("open", row)),
        button(`Rename ${row.name}`, `title ${row.key}`, () => edit(row, "title", row.title),
          { sign: "✎", class: "quiet" })),
    );
  }
  const chips = make("div", { class: "tags" });
  if (row.mark) chips.append(make("span", { class: "mark", text: row.mark }));
  for (const tag of row.tags) {
    const rest = row.tags.filter((one) => one !== tag);
    chips.append(
      make("span", { class: "tag" }, tag,
        button(`Take the tag ${tag} off ${row.name}`, `untag ${row.key} ${tag}`,
          () => ask("tags", row, rest), { sign: "×", class: "quiet" })),
    );
  }
  if (editing?.field === "tag") {
    const add = (text) => ask("tags", row, [...row.tags, ...text.split(",")]);
    const known = make("datalist", { id: "known-tags" });
    known.append(...tags.map((tag) => make("option", { value: tag })));
    chips.append(field(row, editing, "New tag", null, editEnds, add, "known-tags"), known);
  } else {
    chips.append(
      button(`Add a tag to ${row.name}`, `tag ${row.key}`, () => edit(row, "tag", ""),
        { sign: "+ tag", class: "quiet" }));
  }
  cell.append(chips);
  return cell;
}

/** A line to type in: Enter and leaving it keep what was typed, Escape does not. */
function field(row, editing, label, longest, editEnds, keep, list = null) {
  const end = (kept, back) => {
    if (editing.over) return;
    editing.over = true;
    const text = editing.text.trim();
    editEnds(back);
    if (kept && text !== editing.before) keep(text);
  };
  // Later: it may be left by a click on what would be drawn anew, and so lose the click.
  const left = () => setTimeout(() => end(true, false), LEFT_FOR);
  return make("input", {
    type: "text", maxlength: longest, value: editing.text, list,
    "aria-label": `${label} of ${row.name}`, "data-at": `field ${row.key}`,
    oninput: (event) => { editing.text = event.target.value; },
    onkeydown: (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault(); // the button that has the focus next is not pressed by it
      if (event.key === "Enter") end(true, true);
      if (event.key === "Escape") end(false, true);
    },
    onblur: (event) => { if (event.target.isConnected && !editing.drawing) left(); },
  });
}

/** The runs of a group, a row each under the same heads; what is the same in all is left out. */
export function memberRows(row, columns, { ask, address }) {
  return row.members.map((one) => {
    const name = make("th", { scope: "row", class: "name", role: "rowheader" },
      link(one.name, `open ${one.run}`, address({ key: one.run, members: [] }),
        () => ask("open", { key: one.run, members: [] })));
    const cells = shownCells(one.cells, columns);
    for (const same of cells.filter(({ className }) => ["dataset", "network"].includes(className))) {
      same.replaceChildren();
      same.classList.add("same");
    }
    const empty = (kind) => make("td", { role: "cell", class: kind });
    return make("tr", { role: "row", class: "member" },
      empty("pick"), empty("star"), name, ...cells, empty("more"));
  });
}

/** What is written down of a result, in a row of its own. */
export function notesRow(row, columns, { ask, drafts, longest }) {
  const notes = make("textarea", {
    rows: 3, maxlength: longest.notes, "data-at": `notes ${row.key}`,
    value: drafts.get(row.key) ?? row.notes,
    oninput: (event) => drafts.set(row.key, event.target.value),
  });
  const save = () => {
    if (drafts.has(row.key)) ask("notes", row, drafts.get(row.key));
    drafts.delete(row.key);
  };
  return make("tr", { role: "row", class: "opened" },
    make("td", { role: "cell", colspan: columns.length + 3 },
      make("label", { class: "notes" }, make("span", { text: `Notes on ${row.name}` }), notes),
      button("Save the notes", `save ${row.key}`, save)));
}
