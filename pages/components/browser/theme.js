// Runs before Streamlit's own scripts, in every window ($DARK, $LIGHT: core.palette).
// Streamlit keeps the menu's choice of the theme under the address at which the app was
// opened. Read and written under one name it holds on every page. Nobody's choice yet: dark.
(() => {
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
})();
