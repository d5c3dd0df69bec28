/**
 * Functions in closed form over one axis, the place on it where the run stands now, and beside
 * each function's value there what a lane has found by training.
 */

import { paintAxes, paintHover, rounded } from "./chart.js";
import { el } from "./dom.js";
import { lineItem } from "./legend.js";
import { Panel } from "./panel.js";
import { colourOf } from "./theme.js";
import { number, plain } from "./ticks.js";
import { Tween } from "./tween.js";

const DASHES = [[], [7, 4], [2, 3]];

/** Value of `y` at `at`, between the nodes `x`, which increase. */
function between(x, y, at) {
  let i = 1;
  while (i < x.length - 1 && x[i] < at) i += 1;
  const share = Math.min(1, Math.max(0, (at - x[i - 1]) / (x[i] - x[i - 1])));
  return share === 1 ? y[i] : share === 0 ? y[i - 1] : y[i - 1] + (y[i] - y[i - 1]) * share;
}

export class FunctionPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.found = new Map();
    this.series = [];
    this.followPointer();
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const { probe, settings } = this.spec;
    this.series = [];
    this.spec.series.forEach(({ lane: name, array, label }, order) => {
      const lane = frame.lane(name);
      const take = (what) => lane && frame.array(lane.name, probe, what, settings);
      const [x, y, place, estimate] = [this.spec.x, array, "now", "estimate"].map(take);
      if (!x || !y || !place || !estimate) return;
      if (!this.found.has(name)) this.found.set(name, new Tween());
      const tween = this.found.get(name);
      tween.accept({ data: Float32Array.of(place.data[0], estimate.data[0]), shape: [2] }, now, duration);
      const colour = colourOf(lane.color, frame.lanes.indexOf(lane));
      this.series.push({ label, x: x.data, y: y.data, tween, colour, dash: DASHES[order % 3] });
    });
    this.tell(frame);
  }

  tell(frame) {
    const said = this.series.map(({ label, x, y, tween: { target } }) =>
      `${label} ${number(between(x, y, target[0]))}, found by training ${number(target[1])}`);
    const place = this.series.length ? ` at ${this.spec.symbol} ${number(this.series[0].tween.target[0])}` : "";
    this.describe(`${this.spec.title}, round ${frame.round}${place}: ${said.join("; ")}`);
    if (this.legend.childElementCount > this.series.length) return;
    const ring = el("span", { class: "gl-legend-item" }, el("span", { class: "gl-ring" }), "as trained");
    this.legend.replaceChildren(...this.series.map(({ label, colour, dash }) => lineItem(colour, label, dash)), ring);
  }

  moving() {
    return this.series.some(({ tween }) => !tween.settled);
  }

  paint(now) {
    this.dirty ||= this.moving();
    return super.paint(now);
  }

  draw(now) {
    const { ctx } = this.sheet;
    let [low, high] = [Infinity, -Infinity];
    for (const { y } of this.series) for (const value of y) [low, high] = [Math.min(low, value), Math.max(high, value)];
    if (!(low < high)) [low, high] = [0, 1];
    const x = this.series[0]?.x ?? [0, 1];
    const y = rounded([low, high + 0.1 * (high - low)]);
    this.plot = paintAxes(this.sheet, this.theme, { x: [x[0], x.at(-1)], y, xLabel: this.spec.symbol, head: true });
    if (!this.series.length) return;
    const shown = this.series.map((one) => ({ ...one, at: one.tween.sample(now) }));
    this.place(ctx, shown[0].at[0], shown[0].tween.target[0]);
    for (const one of shown) this.line(ctx, one);
    for (const one of shown) this.dots(ctx, one);
    if (this.pointed !== null) this.values(ctx, this.pointed);
  }

  /** The present place: a line through the plot, with its value above. */
  place(ctx, at, value) {
    const { px, top, bottom, right } = this.plot;
    const x = Math.round(px(at)) + 0.5;
    ctx.strokeStyle = ctx.fillStyle = this.theme.text;
    ctx.lineWidth = this.theme.line * 0.8;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    const text = `${this.spec.symbol} = ${plain(value).replace("-", "−")}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    const half = ctx.measureText(text).width / 2;
    ctx.fillText(text, Math.min(right - half, x), this.theme.type * 0.8);
  }

  line(ctx, { x, y, colour, dash }) {
    const { px, py } = this.plot;
    const path = new Path2D();
    for (let i = 0; i < x.length; i += 1) path.lineTo(px(x[i]), py(y[i]));
    ctx.setLineDash(dash);
    ctx.strokeStyle = colour;
    ctx.lineWidth = this.theme.line * 1.2;
    ctx.lineJoin = "round";
    ctx.stroke(path);
    ctx.setLineDash([]);
  }

  /** The exact value as a dot, and the one found by training as a ring that ends at the frame. */
  dots(ctx, { x, y, at: [place, estimate], colour }) {
    const { px, py, top, bottom } = this.plot;
    const radius = this.theme.line * 1.7;
    ctx.fillStyle = ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.arc(px(place), py(between(x, y, place)), radius, 0, 7);
    ctx.fill();
    ctx.lineWidth = this.theme.line * 1.2;
    ctx.beginPath();
    ctx.arc(px(place), Math.min(bottom, Math.max(top, py(estimate))), radius * 2.1, 0, 7);
    ctx.stroke();
  }

  values(ctx, pointed) {
    const { x } = this.series[0];
    const at = Math.min(x.at(-1), Math.max(x[0], pointed));
    const rows = this.series.map(({ label, x: nodes, y, colour }) => ({ colour, text: `${label}  ${number(between(nodes, y, at))}` }));
    paintHover(ctx, this.plot, this.theme, this.plot.px(at), `${this.spec.symbol} = ${number(at)}`, rows);
  }
}
