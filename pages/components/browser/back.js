// What a page writes into the address by itself, such as the run that it begins with, is no step
// of its own: else Back would be pressed in vain, once, and lead to the same page.
(() => {
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
})();
