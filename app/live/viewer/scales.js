/** Value ranges of the heat maps: one for each lane, and one shared by lanes that are compared. */

/** Least and greatest finite value. */
export function extremes(values) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : [0, 1];
}

function widened([low, high]) {
  if (high - low > 1e-12 * Math.max(1, Math.abs(low))) return [low, high];
  const half = Math.max(Math.abs(low) * 0.05, 0.5e-3);
  return [low - half, high + half];
}

export class Scales {
  constructor() {
    this.ranges = new Map();
    this.shared = true;
  }

  /** Report a panel's own range within a group of comparable panels. */
  report(group, panel, range) {
    if (!this.ranges.has(group)) this.ranges.set(group, new Map());
    this.ranges.get(group).set(panel, range);
  }

  /** The range to draw with: the panel's own, or the union over its group. */
  of(group, panel, shared) {
    const members = this.ranges.get(group);
    const own = members?.get(panel) ?? [0, 1];
    if (!shared) return widened(own);
    const lows = [...members.values()].map((range) => range[0]);
    const highs = [...members.values()].map((range) => range[1]);
    return widened([Math.min(...lows), Math.max(...highs)]);
  }

  forget(panel) {
    for (const members of this.ranges.values()) members.delete(panel);
  }
}

/** A range that glides to its target: about 63 % of the way in `time` ms. */
export class Glide {
  constructor(time = 130) {
    this.time = time;
    this.range = null;
  }

  /** Move towards `target`; true if that changed the range, also by the last bit of the way. */
  move(target, now) {
    if (!this.range) {
      this.range = [...target];
      this.last = now;
      return false;
    }
    const share = 1 - Math.exp(-Math.min(100, Math.max(0, now - this.last)) / this.time);
    this.last = now;
    const width = Math.abs(target[1] - target[0]) || 1;
    let moving = false;
    for (let k = 0; k < 2; k += 1) {
      const gap = target[k] - this.range[k];
      if (gap === 0) continue;
      if (Math.abs(gap) < width * 2e-3) this.range[k] = target[k];
      else this.range[k] += gap * share;
      moving = true;
    }
    return moving;
  }
}
