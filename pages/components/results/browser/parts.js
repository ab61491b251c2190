// Building blocks of the page. Text is only ever set as text: names come from people and files.

/** An element with attributes, handlers (`onclick` …) and children; null children are left out. */
export function make(kind, attributes = {}, ...children) {
  const one = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) one.addEventListener(name.slice(2), value);
    else if (name === "text") one.textContent = value;
    else if (name === "value") one.value = value;
    else one.setAttribute(name, value === true ? "" : value);
  }
  one.append(...children.filter((child) => child !== null && child !== undefined));
  return one;
}

/** Let `parent` hold these elements and no others, in this order; what stands right is not touched,
 * for to lay out a long table again takes longer than all else. */
export function hold(parent, elements) {
  const wanted = new Set(elements);
  for (const one of [...parent.children]) if (!wanted.has(one)) one.remove();
  let next = parent.firstElementChild;
  for (const one of elements) {
    if (one === next) next = next.nextElementSibling;
    else parent.insertBefore(one, next);
  }
}

/** A button with its words, or with a sign and the words for who cannot see it. `at` names it, so
 * that the same button has the focus again when the table has been drawn anew. */
export function button(words, at, onclick, { sign = "", ...more } = {}) {
  return make(
    "button",
    { type: "button", "data-at": at, onclick, title: sign ? words : null,
      "aria-label": sign ? words : null, ...more },
    sign || words,
  );
}

/** A box with one choice among `options` (value → words), with its label in front. */
export function choice(label, at, options, chosen, onchange) {
  const box = make("select", { "data-at": at, onchange: (event) => onchange(event.target.value) });
  for (const [value, words] of options) {
    box.append(make("option", { value, text: words, selected: value === chosen }));
  }
  box.value = chosen;
  return make("label", { class: "choice" }, make("span", { text: label }), box);
}

/** Follow a plain click by asking the server; one with a key held opens another tab as usual. */
export function link(words, at, href, follow) {
  const go = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    follow();
  };
  return make("a", { href, "data-at": at, onclick: go, text: words });
}
