// Runs before Streamlit's own scripts, in every window ($DARK, $LIGHT: core.palette).
(() => {
  // Streamlit keeps the menu's choice of the theme under the address at which the app was
  // opened. Read and written under one name it holds on every page. Nobody's choice yet: dark.
  const CHOICE = "thoraxlens-theme";
  const theirs = /^stActiveTheme-.*-v\d+$/;
  const light = matchMedia("(prefers-color-scheme: light)");
  const { getItem, setItem } = Storage.prototype;
  let choice = '"Dark"';

  // Charts are drawn by the server, in the theme of which it was last told: at the next run. So
  // press the button that is there for it, once Streamlit shows the new theme itself.
  const drawAgain = (theme, until) => {
    if (document.documentElement.dataset.theme !== theme) return; // chosen back meanwhile
    const app = document.querySelector('[data-testid="stApp"]');
    const button = document.querySelector(".st-key-theme_changed button");
    if (button && app && getComputedStyle(app).colorScheme === theme) button.click();
    else if (performance.now() < until) setTimeout(() => drawAgain(theme, until), 50);
  };
  const paint = () => {
    const isLight = choice === '"Light"' || (choice === '"System"' && light.matches);
    const theme = isLight ? "light" : "dark";
    const before = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = theme;
    document.documentElement.style.background = isLight ? "$LIGHT" : "$DARK";
    if (before && before !== theme) drawAgain(theme, performance.now() + 5000);
  };
  try {
    const earlier = getItem.call(localStorage, `stActiveTheme-${location.pathname}-v2`);
    choice = getItem.call(localStorage, CHOICE) ?? earlier ?? choice;
    setItem.call(localStorage, CHOICE, choice);
    Storage.prototype.getItem = function (key) {
      return getItem.call(this, theirs.test(key) ? CHOICE : key);
    };
    Storage.prototype.setItem = function (key, value) {
      if (!theirs.test(key)) return setItem.call(this, key, value);
      choice = value;
      paint();
      return setItem.call(this, CHOICE, value);
    };
  } catch {
    choice = '"System"'; // a browser that keeps nothing shows what it prefers
  }
  light.addEventListener("change", paint);
  paint();

  // What a page writes into the address by itself, such as the run that it begins with, is no step
  // of its own: else Back would be pressed in vain, once, and lead to the same page.
  const { pushState, replaceState } = History.prototype;
  let untouched = true; // since the page came
  const touch = () => (untouched = false);
  addEventListener("pointerdown", touch, true);
  addEventListener("keydown", touch, true);
  addEventListener("popstate", () => (untouched = true));
  History.prototype.pushState = function (state, title, address) {
    const here = new URL(address ?? "", location.href).pathname === location.pathname;
    if (here && untouched) return replaceState.call(this, state, title, address);
    if (!here) untouched = true;
    return pushState.call(this, state, title, address);
  };

  // What Streamlit's elements leave out for a screen reader or a keyboard. React keeps
  // attributes that it has not set itself, so once an element is enough.
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

  // Streamlit fetches what draws a chart or a table when the first one comes, and that is its
  // largest part: the first page with charts would wait longer for it than for all else. So
  // have it beforehand, piece by piece, while the browser has nothing to do.
  const PIECES = $PIECES;
  const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 200));
  const fetchAhead = (left, beside) => {
    const [name, ...others] = left;
    if (!name) return;
    // Not there under this name: it is fetched when it is needed, as without this.
    const next = () => idle(() => fetchAhead(others, beside));
    import(new URL(name, beside).href).then(next, next);
  };
  addEventListener("load", () => {
    const theirOwn = document.querySelector('script[type="module"][src]');
    if (!theirOwn || navigator.connection?.saveData) return;
    // First the page is drawn, for which a busy computer needs longer.
    const pause = Math.max($PAUSE, 2 * performance.now());
    setTimeout(() => idle(() => fetchAhead(PIECES, theirOwn.src)), pause);
  });
})();
