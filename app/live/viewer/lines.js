/** One line per lane over an index (for example the gradient norm of each layer), on a log scale. */

import { paintAxes, paintHover, rounded } from "./chart.js";
import { lineItem } from "./legend.js";
import { Panel } from "./panel.js";
import { colourOf } from "./theme.js";
import { number, power } from "./ticks.js";
import { Tween } from "./tween.js";

export class LinesPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.array = spec.array ?? "values";
    this.log = /^log10/.test(this.array) || Boolean(spec.log);
    this.tweens = new Map();
    this.followPointer();
  }

  /** Index under the pointer; null where there is none. */
  get index() {
    return this.pointed === null ? null : Math.round(this.pointed);
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const said = [];
    const items = [];
    this.shown = this.lanes(frame).map((lane) => {
      const array = frame.array(lane.name, this.spec.probe, this.array, this.settings);
      if (!this.tweens.has(lane.name)) this.tweens.set(lane.name, new Tween());
      const tween = this.tweens.get(lane.name);
      tween.accept(array, now, duration);
      const colour = colourOf(lane.color, frame.lanes.indexOf(lane));
      items.push(lineItem(colour, lane.label ?? lane.name));
      if (array) said.push(`${lane.label ?? lane.name} ${number(array.data[0])} to ${number(array.data.at(-1))}`);
      return { lane, tween, colour };
    });
    if (!this.viewer.namesLanes && this.legend.childElementCount !== items.length) this.legend.replaceChildren(...items);
    this.describe(`${this.spec.title ?? this.spec.probe}, round ${frame.round}: ${said.join("; ")}`);
  }

  table() {
    const rows = (this.shown ?? []).flatMap(({ lane, tween }) => Array.from(tween.target ?? [], (value, i) => [i + 1, lane.name, value]));
    return { columns: [this.spec.x ?? "layer", "lane", this.array], rows };
  }

  moving() {
    return (this.shown ?? []).some(({ tween }) => !tween.settled);
  }

  paint(now) {
    this.dirty ||= this.moving();
    return super.paint(now);
  }

  draw(now) {
    const { ctx } = this.sheet;
    let [low, high, count] = [Infinity, -Infinity, 1];
    const lines = (this.shown ?? []).filter(({ tween }) => tween.values).map((one) => ({ ...one, y: one.tween.sample(now) }));
    for (const { tween } of lines) {
      for (const value of tween.target) {
        if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
      count = Math.max(count, tween.target.length);
    }
    if (!(low <= high)) [low, high] = this.log ? [-3, 1] : [0, 1];
    const y = this.log ? [Math.floor(low), Math.max(Math.ceil(high), Math.floor(low) + 1)] : rounded([low, high]);
    const xLabel = this.spec.x ?? "layer";
    this.plot = paintAxes(this.sheet, this.theme, { x: [1, Math.max(2, count)], y, ylog: this.log, xLabel, yLabel: this.spec.unit ?? "", whole: true });
    this.ring(ctx, count);
    for (const one of lines) this.line(ctx, one);
    if (this.index !== null && this.index >= 1 && this.index <= count) this.values(ctx, lines, xLabel);
  }

  /** A line where the ring of a walk stands, on the curves along it. */
  ring(ctx, count) {
    const { step } = this.viewer.pointing;
    if (!this.spec.follows || step === null) return;
    const at = step + 1;
    this.canvas.dataset.ring = Math.round(100 * at) / 100;
    if (at > count) return;
    const { px, top, bottom } = this.plot;
    ctx.strokeStyle = this.theme.accent;
    ctx.lineWidth = this.theme.line;
    ctx.beginPath();
    ctx.moveTo(px(at), top);
    ctx.lineTo(px(at), bottom);
    ctx.stroke();
  }

  /** The ring of a walk stands elsewhere. */
  show() {
    this.dirty = true;
  }

  line(ctx, { y, colour }) {
    const { px, py } = this.plot;
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = this.theme.line * 1.2;
    ctx.lineJoin = "round";
    const dots = new Path2D();
    const path = new Path2D();
    for (let i = 0; i < y.length; i += 1) {
      if (!Number.isFinite(y[i])) continue;
      path.lineTo(px(i + 1), py(y[i]));
      dots.moveTo(px(i + 1), py(y[i]));
      dots.arc(px(i + 1), py(y[i]), this.theme.line * 1.6, 0, 7);
    }
    ctx.stroke(path);
    ctx.fill(dots);
  }

  values(ctx, lines, xLabel) {
    const text = (value) => (this.log ? (Number.isFinite(value) ? number(10 ** value) : power("−∞")) : number(value));
    const rows = lines.map(({ lane, y, colour }) => ({ colour, text: `${lane.label ?? lane.name}  ${text(y[this.index - 1])}` }));
    paintHover(ctx, this.plot, this.theme, this.plot.px(this.index), `${xLabel} ${this.index}`, rows);
  }
}
