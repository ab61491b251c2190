// What mouse, fingers and keys do on the stage, told to `on`:
// zoom(factor, x, y), pan(dx, dy), grey(dx, dy), look(x, y), leave(), key(name) → whether it means
// something. Right drag changes the grey values, left drag moves; `on.drag()` may turn that round.

const NOTCH = 1.0015; // nearer by this much a pixel of a mouse's wheel
const LINE = 24; // px: what browsers that count lines mean
const SINGLE = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

export function follow(stage, on) {
  const fingers = new Map();
  let right = false;

  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  stage.addEventListener(
    "wheel",
    (event) => {
      // All of the film in sight already: the page moves on, as everywhere else.
      if (event.deltaY > 0 && !on.isNear()) return;
      event.preventDefault();
      const pixels = event.deltaMode === 1 ? event.deltaY * LINE : event.deltaY;
      const { x, y } = at(event);
      on.zoom(NOTCH ** -pixels, x, y);
    },
    { passive: false },
  );

  stage.addEventListener("pointerdown", (event) => {
    if (event.button > 0 && event.button !== 2) return;
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    right = event.button === 2;
    stage.focus({ preventScroll: true });
  });

  stage.addEventListener("pointermove", (event) => {
    const now = at(event);
    const before = fingers.get(event.pointerId);
    if (event.pointerType === "mouse" || before) on.look(now.x, now.y);
    if (!before) return;
    const others = [...fingers].filter(([id]) => id !== event.pointerId);
    fingers.set(event.pointerId, now);
    if (others.length) return pinch(others[0][1], before, now);
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    if (right || on.drag() === "grey") on.grey(dx, dy);
    else on.pan(dx, dy);
  });

  function pinch(still, before, now) {
    const spread = (one) => Math.hypot(one.x - still.x, one.y - still.y) || 1;
    const middle = { x: (now.x + still.x) / 2, y: (now.y + still.y) / 2 };
    on.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    on.zoom(spread(now) / spread(before), middle.x, middle.y);
  }

  const lift = (event) => fingers.delete(event.pointerId);
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("pointerleave", () => on.leave());
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("dblclick", (event) => {
    const { x, y } = at(event);
    if (on.isNear()) on.key("0");
    else on.zoom(2, x, y);
  });

  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const name = event.shiftKey && SINGLE.has(event.key) ? `Shift+${event.key}` : event.key;
    if (!on.key(name)) return;
    // Streamlit has keys of its own, and a page moves by arrows.
    event.preventDefault();
    event.stopPropagation();
  });
}
