// Plotly tells which point the pointer is at, and cannot show a picture itself: the film is shown
// beside the pointer here. Its figure may be drawn anew at any time, so it is looked for again
// whenever the pointer moves over its place.
export default function (component) {
  const { data, parentElement } = component;
  const figure = parentElement.querySelector(".film");
  const [picture, words] = figure.children;
  let plot = null;

  const hide = () => (figure.hidden = true);

  const show = (event) => {
    const found = event.points.find((one) => Array.isArray(one.customdata));
    if (!found) return hide();
    const [film, told] = found.customdata;
    const address = new URL(`thumbnail/${film}.jpg`, location.href).href;
    if (picture.src !== address) picture.src = address;
    picture.alt = "Chest X-ray"; // what it shows stands below it
    words.textContent = told;
    const { clientX, clientY } = event.event;
    figure.hidden = false;
    const { width, height } = figure.getBoundingClientRect();
    const right = clientX + 18 + width < innerWidth;
    figure.style.left = `${Math.max(4, right ? clientX + 18 : clientX - 18 - width)}px`;
    figure.style.top = `${Math.max(4, Math.min(clientY - height / 2, innerHeight - height - 4))}px`;
  };

  const look = (event) => {
    const place = document.querySelector(`.st-key-${data.place}`);
    if (!place || !place.contains(event.target)) return hide();
    const now = place.querySelector(".js-plotly-plot");
    if (!now || !now.on || now === plot) return;
    plot = now;
    plot.on("plotly_hover", show);
    plot.on("plotly_unhover", hide);
  };

  document.addEventListener("pointermove", look);
  document.addEventListener("pointerdown", hide);
  return () => {
    document.removeEventListener("pointermove", look);
    document.removeEventListener("pointerdown", hide);
    if (plot && plot.removeListener) {
      plot.removeListener("plotly_hover", show);
      plot.removeListener("plotly_unhover", hide);
    }
  };
}
