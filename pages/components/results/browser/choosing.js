// Which rows are shown, and in which order. Nothing here touches the page.

export const ANY = "";
export const SHARES = ["accuracy", "sensitivity", "specificity", "roc_auc"];
const FILTERS = ["dataset", "network", "weights", "audit"];

/** What nobody has set yet. */
export const fresh = () => ({
  search: "",
  starred: false,
  filters: {},
  tag: ANY,
  measure: "accuracy",
  least: "",
  sort: "finished",
  down: true,
});

/** The values that the rows can be filtered by: column → words, in order, where there are two. */
export function offered(rows) {
  const found = new Map();
  for (const name of FILTERS) {
    const words = [...new Set(rows.map((row) => row.cells[name].said))].sort(inWords);
    if (words.length > 1) found.set(name, words);
  }
  const tags = new Map();
  for (const tag of rows.flatMap((row) => row.tags)) if (!tags.has(same(tag))) tags.set(same(tag), tag);
  return { columns: found, tags: [...tags.values()].sort(inWords) };
}

/** The rows that `view` asks for, sorted. */
export function chosen(rows, view) {
  const words = same(view.search).split(/\s+/).filter(Boolean);
  // As it is shown: 95 is meant in percent, and of an area 0.95.
  const typed = Number.parseFloat(String(view.least).replace(",", "."));
  const least = typed / (view.measure !== "roc_auc" || typed > 1 ? 100 : 1);
  const fits = (row) =>
    (!view.starred || row.star) &&
    FILTERS.every((name) => !view.filters[name] || row.cells[name].said === view.filters[name]) &&
    (!view.tag || row.tags.some((tag) => same(tag) === same(view.tag))) &&
    (Number.isNaN(least) || (row.cells[view.measure].value ?? -1) >= least - 1e-9) &&
    words.every((word) => all(row).includes(word));
  const order = view.down ? -1 : 1;
  const value = (row) => valueOf(row, view.sort);
  return rows.filter(fits).sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    // What has no value stands last, whichever way is up.
    if (a === null || b === null) return (a === null) - (b === null);
    return order * (typeof a === "string" ? inWords(a, b) : a - b);
  });
}

function valueOf(row, name) {
  if (name === "star") return Number(row.star);
  if (name === "name") return row.name;
  return row.cells[name].rank ?? row.cells[name].value;
}

/** All that can be read of a row, for the search. */
function all(row) {
  return same(
    [row.key, row.name, row.repeats, row.mark, row.notes, ...row.tags, row.star ? "★ starred" : "",
     ...Object.values(row.cells).flatMap((cell) => [cell.said, cell.below ?? ""])].join(" "),
  );
}

/** Without capitals, accents and the widths of letters. */
export function same(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function inWords(one, other) {
  return one.localeCompare(other, undefined, { numeric: true, sensitivity: "base" });
}
