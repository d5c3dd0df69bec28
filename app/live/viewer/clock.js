/** Time: how long a tween lasts, how many frames a second are painted, how often contours can be afforded. */

export class Clock {
  constructor() {
    this.interval = 120;
    this.arrived = null;
    this.step = 16.7;
    this.painted = [];
    this.last = null;
  }

  /** A worker frame came at `now`; returns how long the tween to it should last, in ms. */
  arrival(now, playing) {
    const gap = this.arrived === null ? Infinity : now - this.arrived;
    this.arrived = now;
    if (!playing) return 90;
    if (gap < 700) this.interval += 0.25 * (Math.min(400, Math.max(16, gap)) - this.interval);
    return Math.min(420, this.interval * 1.08);
  }

  /** An animation frame was painted at `now`. */
  paint(now) {
    if (this.last !== null && now - this.last < 120) this.step += 0.08 * (now - this.last - this.step);
    this.last = now;
    this.painted.push(now);
    while (this.painted[0] < now - 1000) this.painted.shift();
  }

  /** Painted frames in the second before `now`. */
  rate(now) {
    return this.painted.filter((at) => at > now - 1000).length;
  }

  /** Least time between two contour tracings of a moving field, in ms: the picture's rate comes first. */
  get contourEvery() {
    return this.step > 26 ? 120 : this.step > 19 ? 60 : 30;
  }
}
