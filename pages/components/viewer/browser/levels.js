// A film at half its size, a quarter, and so on: what is shown small is made from few pixels.

/** Half a film's size; each code the mean of those four that are film. */
export function halved({ codes, width, height }) {
  const wide = Math.ceil(width / 2);
  const high = Math.ceil(height / 2);
  const small = new Uint16Array(wide * high);
  for (let y = 0; y < high; y++) {
    const above = 2 * y * width;
    const below = 2 * y + 1 < height ? above + width : above;
    for (let x = 0; x < wide; x++) {
      const left = 2 * x;
      const right = left + 1 < width ? left + 1 : left;
      const a = codes[above + left];
      const b = codes[above + right];
      const c = codes[below + left];
      const d = codes[below + right];
      if (a && b && c && d) small[y * wide + x] = (a + b + c + d + 2) >> 2;
      else {
        const there = (a > 0) + (b > 0) + (c > 0) + (d > 0);
        small[y * wide + x] = there > 1 ? Math.round((a + b + c + d) / there) : 0;
      }
    }
  }
  return { codes: small, width: wide, height: high };
}

/** All sizes of a film, each made when it is first asked for. */
export class Levels {
  constructor(codes, width, height) {
    this.made = [{ codes, width, height }];
  }

  /** The smallest size that still has a pixel of its own for each pixel of the screen.
   * `scale`: pixels of the screen for one of the film. */
  best(scale) {
    let level = 0;
    while (scale * 2 ** (level + 1) <= 1 && Math.min(...this.sides(level)) > 1) level++;
    return level;
  }

  at(level) {
    while (this.made.length <= level) this.made.push(halved(this.made.at(-1)));
    return this.made[level];
  }

  sides(level) {
    const { width, height } = this.at(level);
    return [width, height];
  }
}
