// Which part of a film is seen: `zoom` (1: all of it), and the film's point in the middle.

const CLOSEST = 24; // pixels of the screen for one of the film

/** Pixels of the screen for one of the film. */
export function scaleOf(place, film, stage) {
  return fitting(film, stage) * place.zoom;
}

function fitting(film, stage) {
  return Math.min(stage.width / film.width, stage.height / film.height);
}

export function whole(film) {
  return { zoom: 1, x: film.width / 2, y: film.height / 2 };
}

/** One pixel of the film's picture for one of the screen; `ratio`: its pixels to a CSS pixel. */
export function atItsSize(place, film, stage, ratio) {
  return kept({ ...place, zoom: 1 / ratio / fitting(film, stage) }, film, stage);
}

/** Nearer by `factor`, the point of the film at (x, y) of the stage staying where it is. */
export function nearer(place, film, stage, factor, x = stage.width / 2, y = stage.height / 2) {
  const before = scaleOf(place, film, stage);
  const zoom = Math.min(Math.max(place.zoom * factor, 1), CLOSEST / fitting(film, stage));
  const after = scaleOf({ zoom }, film, stage);
  const [right, down] = [x - stage.width / 2, y - stage.height / 2];
  return kept(
    {
      zoom,
      x: place.x + right / before - right / after,
      y: place.y + down / before - down / after,
    },
    film,
    stage,
  );
}

/** Moved as by a hand that draws the film (dx, dy) pixels along. */
export function drawn(place, film, stage, dx, dy) {
  const scale = scaleOf(place, film, stage);
  return kept({ ...place, x: place.x - dx / scale, y: place.y - dy / scale }, film, stage);
}

/** The film stays on the stage: in its middle along a side that it does not fill. */
export function kept(place, film, stage) {
  const zoom = Math.min(Math.max(place.zoom, 1), CLOSEST / fitting(film, stage));
  const scale = scaleOf({ zoom }, film, stage);
  return {
    zoom,
    x: within(place.x, film.width, stage.width / scale),
    y: within(place.y, film.height, stage.height / scale),
  };
}

function within(middle, side, seen) {
  if (seen >= side) return side / 2;
  return Math.min(Math.max(middle, seen / 2), side - seen / 2);
}

/** Where the film's left upper corner lies on the stage. */
export function cornerOf(place, film, stage) {
  const scale = scaleOf(place, film, stage);
  return { left: stage.width / 2 - place.x * scale, top: stage.height / 2 - place.y * scale };
}

/** The film's pixel under (x, y) of the stage, null beside the film. */
export function pixelAt(place, film, stage, x, y) {
  const scale = scaleOf(place, film, stage);
  const { left, top } = cornerOf(place, film, stage);
  const [column, row] = [Math.floor((x - left) / scale), Math.floor((y - top) / scale)];
  const inside = column >= 0 && row >= 0 && column < film.width && row < film.height;
  return inside ? { column, row } : null;
}

const LENGTHS = [1, 2, 5, 10, 20, 50, 100, 200]; // mm

/** A ruler that takes up to `most` pixels: how long it is and what stands at it.
 * `millimetres`: of one pixel of the screen. */
export function ruler(millimetres, most) {
  const fits = LENGTHS.filter((length) => length / millimetres <= most);
  const length = fits.at(-1) ?? LENGTHS[0];
  const said = length < 10 ? `${length} mm` : `${length / 10} cm`;
  return { pixels: length / millimetres, said };
}
