// What Streamlit's elements leave out for a screen reader or a keyboard. React keeps
// attributes that it has not set itself, so once an element is enough.
(() => {
  const all = (selector) => document.querySelectorAll(selector);
  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  const press = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.currentTarget.click();
  };
  const mend = () => {
    // The navigation is a list with headings in it, and headings that only a mouse unfolds.
    for (const list of all('[data-testid="stSidebarNavItems"]')) set(list, "role", "none");
    for (const item of all('[data-testid="stSidebarNavItems"] li')) set(item, "role", "none");
    for (const header of all('[data-testid="stNavSectionHeader"]')) {
      const section = header.parentElement;
      set(section, "role", "group");
      set(section, "aria-label", header.querySelector("p").textContent);
      const button = header.firstElementChild; // a click on it is one on the heading
      set(button, "role", "button");
      set(button, "tabindex", "0");
      set(button, "aria-expanded", String(section.querySelector("li") !== null));
      button.onkeydown = press;
    }
    // A heading's size is chosen for the eye; how deep it stands follows from those before it.
    const above = [];
    for (const heading of all("[data-testid=stMain] :is(h1, h2, h3, h4, h5, h6)")) {
      const size = Number(heading.tagName[1]);
      while (above.at(-1) >= size) above.pop();
      above.push(size);
      set(heading, "aria-level", String(above.length));
    }
    // A table wider than its place is moved by the keyboard too.
    for (const place of all('[data-testid="stTable"], [data-testid="stTable"] div')) {
      if (place.scrollWidth > place.clientWidth) set(place, "tabindex", "0");
    }
    // A message that comes and goes names a heading that is not there.
    for (const toast of all('[data-testid="stToast"]')) {
      toast.removeAttribute("aria-labelledby");
      set(toast, "aria-label", toast.querySelector("p")?.textContent ?? "Message");
    }
    // Where files are dropped: named, and yet said to be nothing.
    for (const zone of all('[data-testid="stFileUploaderDropzone"]')) set(zone, "role", "group");
  };
  // At most ten times a second: it asks for sizes, for which the browser must lay the page out.
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      mend();
    }, 100);
  }).observe(document, { childList: true, subtree: true });
})();
