/**
 * Areas stacked over rounds: how a sum falls into parts, such as the nats of each layer of a model.
 * The first part lies lowest; a base, such as the reconstruction, may be shown as a hollow band below.
 */

import { paintAxes, paintHover } from "./chart.js";
import { colour } from "./colormap.js";
import { CurvesPanel, nearest } from "./curves.js";
import { el } from "./dom.js";
import { laneNote } from "./legend.js";
import { niceStep, number } from "./ticks.js";

const FIRST = 0.15; // of the map: what is darker is lost on a dark ground

/** A filled square with its name, for a legend. */
function area(fill, label) {
  const mark = el("span", { class: "gl-dot gl-diamond" });
  Object.assign(mark.style, { background: fill, rotate: "none" });
  return el("span", { class: "gl-legend-item" }, mark, label);
}

export class StackPanel extends CurvesPanel {
  constructor(spec, viewer) {
    super({ smooth: true, ...spec }, viewer);
    this.metrics = [...(spec.base ? [spec.base] : []), ...(spec.metrics ?? [])];
    this.report();
  }

  switches() {
    this.whole = false;
    this.toggle("smooth", "Moving average over the rounds", this.smooth, (on) => this.again(() => (this.smooth = on)));
    if (this.spec.base) {
      this.toggle("base", "Also what lies below the parts, as a hollow band", false, (on) => this.again(() => (this.whole = on)));
    }
    this.offerRecent();
  }

  /** Change how the panel is drawn, and with it the scale that others share. */
  again(change) {
    change();
    this.report();
    for (const panel of this.viewer.panels) panel.dirty = true;
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = this.lanes(frame)[0];
    if (lane) this.say(laneNote(lane));
    this.report();
  }

  /** The parts that are drawn, the lowest first. */
  parts() {
    return (this.series ?? []).filter(({ metric }) => this.whole || metric !== this.spec.base);
  }

  drawn(one) {
    return this.smooth ? one.soft : one.y;
  }

  /** Lower and upper edge of every part at every round; a value that is missing or below zero adds nothing. */
  edges() {
    const parts = this.parts();
    let floor = new Float32Array(parts[0]?.x.length ?? 0);
    return parts.map((one) => {
      const values = this.drawn(one);
      const below = floor;
      floor = below.map((value, i) => value + Math.max(0, values[i] || 0));
      return { one, below, above: floor };
    });
  }

  group() {
    return `stack ${this.whole}`;
  }

  /** Panels that are compared share the scale of their sums. */
  report() {
    const top = this.edges().at(-1)?.above ?? [];
    this.viewer.scales.forget(this);
    this.viewer.scales.report(this.group(), this, [0, top.reduce((most, value) => Math.max(most, value), 0)]);
    this.viewer.request();
  }

  name(frame) {
    const labelOf = (metric) => frame.meta.curves?.[metric]?.label ?? metric;
    this.unit = this.spec.unit ?? frame.meta.curves?.[this.spec.metrics?.[0]]?.unit ?? "";
    const layers = this.series.filter(({ metric }) => metric !== this.spec.base);
    layers.forEach((one, at) => {
      one.label = labelOf(one.metric);
      one.fill = colour("viridis", FIRST + (1 - FIRST) * (layers.length > 1 ? at / (layers.length - 1) : 0.5));
    });
    for (const one of this.series) one.label ??= labelOf(one.metric);
    const last = layers.map(({ soft }) => soft.at(-1) ?? 0);
    const alive = last.filter((value) => value > (this.spec.alive ?? 0)).length;
    const total = number(last.reduce((sum, value) => sum + value, 0));
    Object.assign(this.canvas.dataset, { alive, parts: layers.length });
    const counted = this.spec.alive === undefined ? "" : `${alive} of ${layers.length} above ${this.spec.alive} ${this.unit}, `;
    this.describe(`${this.spec.title}, round ${frame.round}: ${counted}together ${total} ${this.unit}; ${layers.map((one, at) => `${one.label} ${number(last[at])}`).join(", ")}`);
    if (!layers.length) return;
    const ends = layers.length > 1 ? [layers.at(-1), layers[0]] : layers;
    this.legend.replaceChildren(`${counted}together ${total}`, ...ends.map((one) => area(one.fill, one.label)));
  }

  ranges() {
    const [, high] = this.viewer.scales.of(this.group(), this, this.spec.scale === "shared");
    const step = niceStep(high || 1, 4);
    return { x: this.rounds(), y: [0, Math.max(1, Math.ceil((high || 1) / step)) * step] };
  }

  /** Every value between the first and last round drawn, unsmoothed, one column for each part. */
  table() {
    const all = this.series ?? [];
    const [first] = this.rounds();
    const rows = Array.from(all[0]?.x ?? [], (round, i) => [round, ...all.map(({ y }) => y[i])]);
    return { columns: ["round", ...all.map(({ metric }) => metric)], rows: rows.filter(([round]) => round >= first) };
  }

  draw() {
    const { ctx } = this.sheet;
    this.plot = paintAxes(this.sheet, this.theme, { ...this.ranges(), xLabel: "round", yLabel: this.unit, whole: true });
    const { plot } = this;
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.left, 0, plot.right - plot.left + 2, plot.bottom + 1);
    ctx.clip();
    for (const each of this.edges()) this.band(ctx, plot, each);
    this.marks(ctx, plot);
    if (!this.series?.length) this.empty(ctx, plot);
    this.cursor(ctx, plot);
    ctx.restore();
    this.hovered(ctx, plot);
  }

  /** One part, parted from the next by a line of the panel's ground, so that hue is not the only sign. */
  band(ctx, plot, { one, below, above }) {
    const edge = new Path2D();
    Array.from(one.x).forEach((round, i) => edge.lineTo(plot.px(round), plot.py(above[i])));
    const path = new Path2D(edge);
    for (let i = one.x.length - 1; i >= 0; i -= 1) path.lineTo(plot.px(one.x[i]), plot.py(below[i]));
    if (one.fill) {
      ctx.fillStyle = one.fill;
      ctx.fill(path);
    }
    ctx.strokeStyle = one.fill ? this.theme.panel : this.theme.text;
    ctx.lineWidth = 1;
    ctx.stroke(edge);
  }

  hovered(ctx, plot) {
    const { round: at } = this.viewer.pointing;
    const parts = this.parts();
    const index = at === null || !parts.length ? -1 : nearest(parts[0], at);
    if (index < 0) return;
    const rows = parts.map((one) => ({ colour: one.fill ?? this.theme.grid, text: `${one.label}  ${number(this.drawn(one)[index], 3)}` }));
    const round = parts[0].x[index];
    paintHover(ctx, plot, this.theme, plot.px(round), `round ${number(round)}`, rows.reverse());
  }

  destroy() {
    this.viewer.scales.forget(this);
    super.destroy();
  }
}
