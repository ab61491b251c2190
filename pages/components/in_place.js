// Moves what another threshold moves in a chart that stands on the page: points and lines, by the
// copy of Plotly that Streamlit has loaded for its charts. A chart that is not drawn yet, or is
// drawn anew, follows as soon as it stands there.
export default function (component) {
  const { charts } = component.data;
  const place = component.parentElement;
  place.stopMoving?.(); // Streamlit calls this again with other numbers, without an end before it

  const same = (now, wanted) =>
    Object.entries(wanted).every(([name, value]) => String(now[name]) === String(value));

  const put = (key, { points, line }) => {
    const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
    if (!plot?.calcdata || !plot.layout) return;
    const moved = points.filter(([trace, point]) => !same(plot.data[trace] ?? point, point));
    if (moved.length) {
      // Of all its ways the one that draws nothing but these traces.
      window.Plotly.animate(
        plot,
        { data: moved.map(([, point]) => point), traces: moved.map(([trace]) => trace) },
        { mode: "immediate", transition: { duration: 0 }, frame: { duration: 0, redraw: false } },
      );
    }
    const drawn = plot.layout.shapes?.[0];
    if (line !== null && drawn && drawn.x0 !== line) {
      window.Plotly.relayout(plot, { "shapes[0].x0": line, "shapes[0].x1": line });
    }
  };

  const putAll = () => {
    for (const [key, moves] of Object.entries(charts)) put(key, moves);
  };

  let waiting = 0;
  const later = () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      putAll();
    });
  };
  const watch = new MutationObserver(later);
  for (const key of Object.keys(charts)) {
    const chart = document.querySelector(`.st-key-${key}`);
    if (chart) watch.observe(chart, { childList: true, subtree: true });
  }
  putAll();
  return (place.stopMoving = () => {
    watch.disconnect();
    cancelAnimationFrame(waiting);
  });
}
