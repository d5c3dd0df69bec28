/**
 * Motion between the last two worker frames. From where the picture is now to the newest array,
 * linearly over the measured time between frames: nothing ever jumps, and no third frame is kept.
 */

/** Bilinear resampling of a row-major (rows, columns) grid. */
export function resample(source, [rows, columns], [newRows, newColumns]) {
  const out = new Float32Array(newRows * newColumns);
  for (let i = 0; i < newRows; i += 1) {
    const y = (i * (rows - 1)) / Math.max(1, newRows - 1);
    const y0 = Math.min(rows - 2, Math.floor(y));
    for (let j = 0; j < newColumns; j += 1) {
      const x = (j * (columns - 1)) / Math.max(1, newColumns - 1);
      const x0 = Math.min(columns - 2, Math.floor(x));
      const at = y0 * columns + x0;
      const [u, v] = [x - x0, y - y0];
      const below = source[at] * (1 - u) + source[at + 1] * u;
      const above = source[at + columns] * (1 - u) + source[at + columns + 1] * u;
      out[i * newColumns + j] = below * (1 - v) + above * v;
    }
  }
  return out;
}

function same(before, after) {
  return before?.length === after.length && before.every((value, i) => Object.is(value, after[i]));
}

export class Tween {
  constructor({ grid = false, still = false } = {}) {
    this.grid = grid;
    this.still = still;
    this.target = null;
    this.values = null;
    this.shape = [];
    this.settled = true;
    this.version = 0;
  }

  /** Take the newest `{data, shape}`; it is reached `duration` ms from `now`. */
  accept(array, now, duration) {
    if (!array) return;
    const { data, shape } = array;
    if (this.settled && same(this.shape, shape) && same(this.target, data)) return; // a frame that answers a look shows the rest unchanged
    const begin = this.startingAt(data.length, shape);
    this.target = data;
    this.shape = shape;
    this.version += 1;
    if (!begin || this.still || duration <= 0) {
      this.from = null;
      this.values = Float32Array.from(data);
      this.settled = true;
      return;
    }
    this.from = begin;
    this.values = new Float32Array(data.length);
    this.began = now;
    this.duration = duration;
    this.settled = false;
  }

  startingAt(length, shape) {
    if (!this.values) return null;
    if (this.values.length === length) return this.values;
    const square = this.grid && this.shape.length === 2 && Math.min(...this.shape, ...shape) > 1;
    return square ? resample(this.values, this.shape, shape) : null;
  }

  /** The array as it should look at `now`. */
  sample(now) {
    if (this.settled) return this.values;
    const u = Math.min(1, Math.max(0, (now - this.began) / this.duration));
    const { from, target, values } = this;
    if (u >= 1) {
      values.set(target);
      this.from = null;
      this.settled = true;
      return values;
    }
    for (let i = 0; i < values.length; i += 1) values[i] = from[i] + (target[i] - from[i]) * u;
    return values;
  }
}
