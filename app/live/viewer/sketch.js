/**
 * What was drawn: strokes, an eraser that cuts them, undo and redo, and where about their points
 * will lie. The points themselves are made by gen_core/data/strokes.py, under the same law.
 */

/** Plot range of a drawing, on both axes. */
export const REACH = 2;
const COUNT = 1024;
const FINE = 0.02; // plot units between two places of a stroke: the eraser cuts between them
const COARSE = 0.04; // shorter steps are a hand's tremor, which shall not count as length
const MOST_UNDONE = 200;

export class Sketch {
  constructor() {
    this.strokes = [];
    this.past = [];
    this.future = [];
  }

  get empty() {
    return this.strokes.length === 0;
  }

  /** What is missing for a distribution, as a sentence; empty if nothing is. */
  get lack() {
    if (this.empty) return "Nothing is drawn yet.";
    const [{ path }] = this.strokes;
    const still = path.every(([x, y]) => Math.hypot(x - path[0][0], y - path[0][1]) <= FINE);
    return this.strokes.length === 1 && still ? "A single tap is not enough." : "";
  }

  /** Set the brush down; a tap, if it is not moved. */
  begin(place, radius) {
    this.remember();
    this.strokes = [...this.strokes, { radius, path: [place] }];
  }

  /** Move the brush; a fast hand's long step is filled, so that it can be cut like any other. */
  extend(place) {
    const { path } = this.strokes.at(-1);
    for (const between of walk(path.at(-1), place)) path.push(between);
  }

  /** Set the eraser down. */
  beginErasing(place, radius) {
    this.remember();
    this.eraser = { at: place, radius };
    this.erase(place);
  }

  /** Move the eraser: what lies below its way is cut out, and a stroke falls into its rests. */
  erase(place) {
    const { at, radius } = this.eraser;
    const way = [at, ...walk(at, place)];
    const hit = ([x, y], reach) => way.some(([u, v]) => Math.hypot(x - u, y - v) <= reach);
    this.strokes = this.strokes.flatMap((stroke) => {
      if (!stroke.path.some((each) => hit(each, radius))) return [stroke];
      const rests = [[]];
      for (const each of stroke.path) {
        if (!hit(each, radius)) rests.at(-1).push(each);
        else if (rests.at(-1).length) rests.push([]);
      }
      return rests.filter((path) => path.length).map((path) => ({ radius: stroke.radius, path }));
    });
    this.eraser.at = place;
  }

  clear() {
    if (this.empty) return;
    this.remember();
    this.strokes = [];
  }

  remember() {
    this.past = [...this.past.slice(-MOST_UNDONE), this.strokes];
    this.future = [];
  }

  /** End a movement; one that changed nothing needs no undoing. */
  settle() {
    const before = this.past.at(-1);
    if (before.length === this.strokes.length && before.every((stroke, k) => stroke === this.strokes[k])) this.past.pop();
  }

  undo() {
    if (!this.past.length) return;
    this.future.push(this.strokes);
    this.strokes = this.past.pop();
  }

  redo() {
    if (!this.future.length) return;
    this.past.push(this.strokes);
    this.strokes = this.future.pop();
  }

  /** The strokes as they are sent, rounded to a tenth of what a link keeps. */
  plain() {
    const round = (value) => Math.round(value * 1e4) / 1e4;
    return this.strokes.map(({ radius, path }) => ({ radius, path: path.map((place) => place.map(round)) }));
  }

  /** About where the points will lie, (COUNT, 2): evenly by arc length, moved within the brush. */
  preview() {
    const lines = this.strokes.map(({ path }) => measured(path));
    const shares = this.strokes.map(({ radius }, k) => Math.max(lines[k].length, (Math.PI * radius) / 2));
    const whole = shares.reduce((sum, share) => sum + share, 0);
    const points = new Float32Array(this.empty ? 0 : 2 * COUNT);
    for (let j = 0, k = 0, start = 0; 2 * j < points.length; j += 1) {
      const at = ((j + 0.5) / COUNT) * whole;
      while (k < shares.length - 1 && at > start + shares[k]) {
        start += shares[k];
        k += 1;
      }
      const [x, y] = lines[k].at(((at - start) / shares[k]) * lines[k].length);
      points[2 * j] = x + this.strokes[k].radius * DISC[2 * j];
      points[2 * j + 1] = y + this.strokes[k].radius * DISC[2 * j + 1];
    }
    return points;
  }
}

/** Places from one to another, the first left out, at most FINE apart. */
function walk([xa, ya], [xb, yb]) {
  const steps = Math.max(1, Math.ceil(Math.hypot(xb - xa, yb - ya) / FINE));
  return Array.from({ length: steps }, (_, k) => {
    const share = (k + 1) / steps;
    return [xa + (xb - xa) * share, ya + (yb - ya) * share];
  });
}

/** A path without its tremor: its length, and the place at an arc length. */
function measured(path) {
  const line = [path[0]];
  const reached = [0];
  path.forEach(([x, y], k) => {
    const [u, v] = line.at(-1);
    const step = Math.hypot(x - u, y - v);
    if (step < COARSE && (k < path.length - 1 || step === 0)) return;
    line.push([x, y]);
    reached.push(reached.at(-1) + step);
  });
  let k = 1;
  const at = (length) => {
    while (k < line.length - 1 && reached[k] < length) k += 1;
    if (line.length === 1) return line[0];
    const share = Math.max(0, (length - reached[k - 1]) / (reached[k] - reached[k - 1] || 1));
    return [0, 1].map((axis) => line[k - 1][axis] + share * (line[k][axis] - line[k - 1][axis]));
  };
  return { length: reached.at(-1), at };
}

/** COUNT places of the unit disc, uniform, the same ones always (mulberry32). */
const DISC = (() => {
  let state = 7;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: COUNT }, () => {
    const [turn, radius] = [2 * Math.PI * random(), Math.sqrt(random())];
    return [radius * Math.cos(turn), radius * Math.sin(turn)];
  }).flat();
})();
