/** Histograms from `counts` and `edges`: one lane filled, several as outlines over each other. */

import { paintAxes, paintHover } from "./chart.js";
import { lineItem } from "./legend.js";
import { Panel } from "./panel.js";
import { colourOf } from "./theme.js";
import { niceStep, number } from "./ticks.js";
import { Tween } from "./tween.js";

export class HistogramPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.log = Boolean(spec.log);
    this.tweens = new Map();
    this.toggle("log", "Logarithmic counts, so that rare values show", this.log, (on) => (this.log = on));
    this.followPointer();
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const { probe, settings } = this.spec;
    this.shown = [];
    for (const lane of this.lanes(frame)) {
      const counts = frame.array(lane.name, probe, this.spec.array ?? "counts", settings);
      const edges = frame.array(lane.name, probe, this.spec.edges ?? "edges", settings)?.data;
      if (!counts || !edges) continue;
      if (!this.tweens.has(lane.name)) this.tweens.set(lane.name, new Tween());
      const tween = this.tweens.get(lane.name);
      tween.accept(counts, now, duration);
      const what = (this.spec.array ?? "counts").replace(/counts$/, "mean");  // the mean of what is counted
      const mean = frame.array(lane.name, probe, what, settings)?.data[0];
      this.shown.push({ lane, tween, edges, mean, colour: colourOf(lane.color, frame.lanes.indexOf(lane)) });
    }
    this.tell(frame);
  }

  tell(frame) {
    const said = this.shown.map(({ lane, edges, mean }) =>
      `${lane.label ?? lane.name}${mean === undefined ? "" : ` mean ${number(mean)}`} between ${number(edges[0])} and ${number(edges.at(-1))}`);
    this.describe(`${this.spec.title ?? this.spec.probe}, round ${frame.round}: ${said.join("; ")}`);
    if (this.spec.lane || this.viewer.namesLanes || this.legend.childElementCount === this.shown.length) return;
    this.legend.replaceChildren(...this.shown.map(({ lane, colour }) => lineItem(colour, lane.label ?? lane.name)));
  }

  table() {
    const rows = (this.shown ?? []).flatMap(({ lane, edges, tween }) =>
      Array.from(tween.target, (count, i) => [edges[i], edges[i + 1], lane.name, count]));
    return { columns: ["from", "to", "lane", this.spec.array ?? "counts"], rows };
  }

  moving() {
    return (this.shown ?? []).some(({ tween }) => !tween.settled);
  }

  paint(now) {
    this.dirty ||= this.moving();
    return super.paint(now);
  }

  height(value) {
    return this.log ? Math.log10(1 + Math.max(0, value)) : value;
  }

  draw(now) {
    const { ctx } = this.sheet;
    let [low, high, top] = [Infinity, -Infinity, 0];
    for (const { edges, tween } of this.shown ?? []) {
      [low, high] = [Math.min(low, edges[0]), Math.max(high, edges.at(-1))];
      for (const count of tween.target) top = Math.max(top, this.height(count));
    }
    if (!(low < high)) [low, high] = [0, 1];
    const { reference } = this.spec;
    if (reference !== undefined) [low, high] = [Math.min(low, reference), Math.max(high, reference)];
    const step = niceStep(top || 1, 3);
    const y = [0, Math.ceil((top || 1) / step) * step];
    const yLabel = this.spec.unit ?? (this.log ? "log₁₀(1 + count)" : "count");
    this.plot = paintAxes(this.sheet, this.theme, { x: [low, high], y, xLabel: this.spec.x ?? "", yLabel });
    for (const one of this.shown ?? []) this.outline(ctx, one, now);
    if (reference !== undefined) this.line(ctx, reference);
    if (this.pointed !== null) this.values(ctx);
  }

  outline(ctx, { edges, tween, colour }, now) {
    const counts = tween.sample(now);
    const { px, py, bottom } = this.plot;
    const path = new Path2D();
    path.moveTo(px(edges[0]), bottom);
    for (let i = 0; i < counts.length; i += 1) {
      path.lineTo(px(edges[i]), py(this.height(counts[i])));
      path.lineTo(px(edges[i + 1]), py(this.height(counts[i])));
    }
    path.lineTo(px(edges.at(-1)), bottom);
    ctx.globalAlpha = this.shown.length > 1 ? 0.22 : 0.5;
    ctx.fillStyle = ctx.strokeStyle = colour;
    ctx.fill(path);
    ctx.globalAlpha = 1;
    ctx.lineWidth = this.theme.line * 0.9;
    ctx.stroke(path);
  }

  line(ctx, value) {
    const x = Math.round(this.plot.px(value)) + 0.5;
    ctx.setLineDash([4, 4]);
    ctx.strokeStyle = this.theme.text;
    ctx.lineWidth = this.theme.line * 0.8;
    ctx.beginPath();
    ctx.moveTo(x, this.plot.top);
    ctx.lineTo(x, this.plot.bottom);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  values(ctx) {
    const rows = [];
    for (const { lane, edges, tween, colour } of this.shown ?? []) {
      const bin = edges.findIndex((edge, i) => this.pointed >= edge && this.pointed < edges[i + 1]);
      if (bin >= 0 && bin < tween.target.length) rows.push({ colour, text: `${lane.label ?? lane.name}  ${number(tween.target[bin])}` });
    }
    if (rows.length) paintHover(ctx, this.plot, this.theme, this.plot.px(this.pointed), `at ${number(this.pointed)}`, rows);
  }
}
