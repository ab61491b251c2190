// Streamlit fetches what draws a chart or a table when the first one comes, and that is its
// largest part: the first page with charts would wait longer for it than for all else. So
// have it beforehand, piece by piece, while the browser has nothing to do.
// $PIECES, $PAUSE: index_page.py.
(() => {
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
