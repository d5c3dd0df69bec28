/**
 * Curves over rounds: one colour per lane, one dash per metric, edit marks as labelled ticks, the
 * floor (the value that fresh real samples score) as a dashed line, hover values, log scale, smoothing.
 */

import { paintAxes, paintHover, rounded } from "./chart.js";
import { lineItem } from "./legend.js";
import { Panel } from "./panel.js";
import { colourOf } from "./theme.js";
import { number } from "./ticks.js";

const DASHES = [[], [7, 4], [2, 3]];

/** Exponential moving average that skips missing values; `weight` of the past in [0, 1). */
function smoothed(values, weight) {
  const out = new Float32Array(values.length);
  let mean = NaN;
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isFinite(values[i])) mean = Number.isNaN(mean) ? values[i] : weight * mean + (1 - weight) * values[i];
    out[i] = Number.isFinite(values[i]) ? mean : NaN;
  }
  return out;
}

export class CurvesPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.metrics = spec.metrics ?? [];
    this.log = Boolean(spec.log);
    this.smooth = Boolean(spec.smooth);
    this.recent = Boolean(spec.recent);
    this.switches();
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => viewer.pointing.overRound(null));
  }

  switches() {
    this.toggle("log", "Logarithmic scale; values that are not above zero are left out", this.log, (on) => (this.log = on));
    this.toggle("smooth", "Moving average; the raw curve stays visible behind it", this.smooth, (on) => (this.smooth = on));
    this.offerRecent();
  }

  offerRecent() {
    this.toggle("recent", "Only the last quarter of the rounds", this.recent, (on) => (this.recent = on));
  }

  probes() {
    return [];
  }

  hover(event) {
    if (!this.plot) return;
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    const inside = x >= this.plot.left - 4 && x <= this.plot.right + 4;
    this.viewer.pointing.overRound(inside ? this.plot.atX(x) : null);
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    this.series = [];
    const lanes = this.lanes(frame);
    this.metrics.forEach((metric, order) => {
      for (const lane of lanes) {
        const curve = frame.curve(lane.name, metric);
        if (!curve) continue;
        const colour = colourOf(lane.color, frame.lanes.indexOf(lane));
        const floor = frame.metrics[lane.name]?.[metric]?.floor;
        this.series.push({ ...curve, lane, metric, colour, floor, dash: DASHES[order % 3], soft: smoothed(curve.y, 0.9) });
      }
    });
    this.name(frame, lanes);
  }

  name(frame, lanes) {
    const known = frame.meta.curves?.[this.metrics[0]] ?? {};
    this.unit = this.spec.unit ?? known.unit ?? "";
    if (!this.spec.title) this.title.textContent = known.label ?? this.metrics.join(", ");
    const last = this.series.map((one) => `${one.lane.label ?? one.lane.name} ${number(one.y.at(-1))}`);
    this.describe(`${this.title.textContent}${this.unit ? ` in ${this.unit}` : ""}, round ${frame.round}: ${last.join(", ")}`);
    const plain = this.viewer.namesLanes;
    const labels = this.metrics.map((metric) => frame.meta.curves?.[metric]?.label ?? metric);
    const wanted = lanes.map((lane) => lane.name).join() + labels.join() + plain;
    if (this.legendOf === wanted) return;
    this.legendOf = wanted;
    const items = plain ? [] : lanes.map((lane) => lineItem(colourOf(lane.color, frame.lanes.indexOf(lane)), lane.label ?? lane.name));
    if (this.metrics.length > 1) {
      labels.forEach((label, order) => items.push(lineItem("currentColor", label, DASHES[order % 3])));
    }
    this.legend.replaceChildren(...items);
  }

  /** Every value between the first and last round drawn, unsmoothed. */
  table() {
    const [first] = this.ranges().x;
    const rows = (this.series ?? []).flatMap(({ x, y, lane, metric }) =>
      Array.from(y, (value, i) => [x[i], lane.name, metric, value]).filter(([round]) => round >= first));
    return { columns: ["round", "lane", "metric", "value"], rows };
  }

  /** The value as it is drawn: its logarithm on a log scale, NaN where there is none. */
  at(value) {
    return this.log ? (value > 0 ? Math.log10(value) : NaN) : value;
  }

  /** First and last round that are shown. */
  rounds() {
    let [first, last] = [Infinity, this.frame?.head ?? 1];
    for (const { x } of this.series ?? []) {
      if (x.length) [first, last] = [Math.min(first, x[0]), Math.max(last, x.at(-1))];
    }
    if (this.recent && first < last) first = Math.round(last - (last - first) / 4);
    return first < last ? [first, last] : [Math.min(first, last - 1, 0), Math.max(1, last)];
  }

  ranges() {
    const x = this.rounds();
    let [low, high] = [Infinity, -Infinity];
    for (const one of this.series ?? []) {
      for (let i = 0; i < one.y.length; i += 1) {
        const y = this.at(one.y[i]);
        if (Number.isFinite(y) && one.x[i] >= x[0]) [low, high] = [Math.min(low, y), Math.max(high, y)];
      }
      const floor = this.at(one.floor ?? NaN);
      if (Number.isFinite(floor)) [low, high] = [Math.min(low, floor), Math.max(high, floor)];
    }
    if (!(low <= high)) [low, high] = this.log ? [-2, 0] : [0, 1];
    const { limits } = this.spec; // a spike beyond them leaves the chart, and the rest stays readable
    if (limits && !this.log) [low, high] = [low, high].map((value) => Math.min(limits[1], Math.max(limits[0], value)));
    const least = Math.floor(low * 2) / 2;
    return { x, y: this.log ? [least, Math.max(Math.ceil(high * 2) / 2, least + 1)] : rounded([low, high]) };
  }

  draw() {
    const { ctx } = this.sheet;
    const range = this.ranges();
    const plot = paintAxes(this.sheet, this.theme, { ...range, ylog: this.log, xLabel: "round", yLabel: this.unit, head: this.hasFloor(), whole: true });
    this.plot = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.left, 0, plot.right - plot.left + 2, plot.bottom + 1);
    ctx.clip();
    this.marks(ctx, plot);
    for (const one of this.series ?? []) {
      if (this.smooth) this.line(ctx, plot, one, one.y, 0.28);
      this.line(ctx, plot, one, this.smooth ? one.soft : one.y, 1);
    }
    if (!this.series?.some((one) => one.y.some(Number.isFinite))) this.empty(ctx, plot);
    this.floors(ctx, plot);
    this.cursor(ctx, plot);
    ctx.restore();
    this.values(ctx, plot);
  }

  /** One curve; where several values share a pixel column, their least and greatest are drawn. */
  line(ctx, plot, one, values, alpha) {
    ctx.beginPath();
    ctx.globalAlpha = alpha;
    let column = null;
    const flush = () => {
      if (!column) return;
      ctx.lineTo(column.x, column.first);
      if (column.high !== column.low) {
        ctx.lineTo(column.x, column.low);
        ctx.lineTo(column.x, column.high);
        ctx.lineTo(column.x, column.last);
      }
    };
    for (let i = 0; i < values.length; i += 1) {
      const value = this.at(values[i]);
      if (!Number.isFinite(value)) continue;
      const [x, y] = [Math.round(plot.px(one.x[i])), plot.py(value)];
      if (column?.x !== x) {
        flush();
        column = { x, first: y, low: y, high: y, last: y };
      } else Object.assign(column, { low: Math.min(column.low, y), high: Math.max(column.high, y), last: y });
    }
    flush();
    ctx.setLineDash(one.dash);
    ctx.strokeStyle = one.colour;
    ctx.lineWidth = this.theme.line;
    ctx.lineJoin = "round";
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }

  empty(ctx, plot) {
    ctx.fillStyle = this.theme.muted;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText("no value yet", (plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2);
  }

  hasFloor() {
    return (this.series ?? []).some((one) => Number.isFinite(this.at(one.floor ?? NaN)));
  }

  floors(ctx, plot) {
    const floors = (this.series ?? []).filter((one) => Number.isFinite(this.at(one.floor ?? NaN)));
    if (!floors.length) return;
    const value = Math.max(...floors.map((one) => one.floor));
    const y = Math.round(plot.py(this.at(value))) + 0.5;
    ctx.setLineDash([3, 4]);
    ctx.strokeStyle = this.theme.text;
    ctx.lineWidth = this.theme.line * 0.7;
    ctx.beginPath();
    ctx.moveTo(plot.left, y);
    ctx.lineTo(plot.right, y);
    ctx.stroke();
    ctx.setLineDash([]);
    this.nameFloor(ctx, plot, `fresh real samples ${number(value)}`);
  }

  /** The floor's name stands above the plot, where no curve runs through it. */
  nameFloor(ctx, plot, text) {
    const y = this.theme.type * 0.7;
    const left = plot.right - ctx.measureText(text).width;
    ctx.setLineDash([3, 4]);
    ctx.beginPath();
    ctx.moveTo(left - 26, y);
    ctx.lineTo(left - 6, y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = this.theme.muted;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(text, left, y);
  }

  marks(ctx, plot) {
    ctx.font = this.theme.fontOf(0.9);
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    let free = -Infinity;
    for (const mark of this.frame?.marks ?? []) {
      const x = Math.round(plot.px(mark.round)) + 0.5;
      const lane = this.frame.lane(mark.lane);
      ctx.strokeStyle = ctx.fillStyle = lane ? colourOf(lane.color, this.frame.lanes.indexOf(lane)) : this.theme.text;
      ctx.lineWidth = 1.2;
      ctx.beginPath();
      ctx.moveTo(x, plot.top);
      ctx.lineTo(x, plot.bottom);
      ctx.stroke();
      const text = `${mark.name} ${number(mark.value)}`;
      if (x < free) continue;
      ctx.fillText(text, x + 3, plot.top + 1);
      free = x + ctx.measureText(text).width + 8;
    }
  }

  cursor(ctx, plot) {
    if (!this.frame || this.frame.round >= this.frame.head) return;
    const x = Math.round(plot.px(this.frame.round)) + 0.5;
    ctx.strokeStyle = this.theme.text;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(x, plot.top);
    ctx.lineTo(x, plot.bottom);
    ctx.stroke();
  }

  values(ctx, plot) {
    const { round: at } = this.viewer.pointing;
    if (at === null || !this.series?.length) return;
    const rows = [];
    let round = null;
    for (const one of this.series) {
      const index = nearest(one, at);
      if (index < 0) continue;
      round ??= one.x[index];
      const name = one.lane.label ?? one.lane.name;
      rows.push({ colour: one.colour, text: `${name}${this.metrics.length > 1 ? ` ${one.metric}` : ""}  ${number(one.y[index], 4)}` });
    }
    if (rows.length) paintHover(ctx, plot, this.theme, plot.px(round), `round ${number(round)}`, rows);
  }
}

/** Index of the present value whose round lies nearest to `at`. */
export function nearest(one, at) {
  let best = -1;
  let gap = Infinity;
  for (let i = 0; i < one.x.length; i += 1) {
    const away = Math.abs(one.x[i] - at);
    if (away < gap && Number.isFinite(one.y[i])) [best, gap] = [i, away];
  }
  return best;
}
