/**
 * A flow on the plane, layer by layer: a grid of lines and two clouds, data on their way to the latents
 * and samples that come back, all at the same layer. A slider chooses it, a button walks forth and back, and panels that follow
 * the group `spec.sets` are told it.
 */

import { paintPlaneAxes } from "./axes.js";
import { throttled } from "./dom.js";
import { laneNote, legendItem } from "./legend.js";
import { paintPoints } from "./points.js";
import { StagesPanel } from "./stages.js";
import { colourOf } from "./theme.js";
import { number } from "./ticks.js";
import { Tween } from "./tween.js";

const ARRAYS = ["data", "latent", "data_lines", "latent_lines"];
const ENDS = [{ short: "data", long: "Back to the data" }, { short: "latents", long: "To the latents" }];
const MOST = 3; // how far the window may open, in its own widths: a point far out would shrink the rest
const INSIDE = 0.98; // share of the coordinates that the window holds
const EVERY = 200; // ms between two layers that others are told

export class FlowStagesPanel extends StagesPanel {
  constructor(spec, viewer) {
    super(spec, viewer, "layer", ENDS);
    this.tweens = new Map(ARRAYS.map((name) => [name, new Tween()]));
    this.send = throttled((layer) => viewer.chosen.set(spec.sets, { layer }), EVERY);
    this.legend.append(legendItem("real", "data"), legendItem("generated", "samples"));
    const hint = "Draw the lines that are straight among the latents, or those that are straight among the data";
    this.toggle("latent grid", hint, false, (on) => { this.fromLatents = on; });
  }

  get numbers() {
    return this.layers;
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const take = (name) => lane && frame.array(lane.name, this.spec.probe, name, this.settings);
    const layers = take("layer");
    if (!layers) return;
    const before = this.layers?.length;
    this.layers = layers.data;
    this.windows = [take("extent").data, take("latent_extent").data];
    this.logDet = take("data_log_det");
    for (const [name, tween] of this.tweens) tween.accept(take(name), now, duration);
    this.reach = Array.from(this.layers, (_, stage) => this.furthest(stage));
    if (before !== this.layers.length) this.goTo(Math.min(this.target, this.last), 0);
    this.element.style.setProperty("--gl-lane", colourOf(lane.color, frame.lanes.indexOf(lane)));
    this.say(laneNote(lane));
    this.tell();
  }

  tell() {
    const name = super.tell();
    if (!name) return;
    const { told } = this;
    const n = this.logDet.shape[1];
    const mean = this.logDet.data.slice(told * n, (told + 1) * n).reduce((sum, value) => sum + value, 0) / n;
    if (this.spec.sets) this.pass(this.layers[told]);
    const where = told === 0 ? ", among the data" : told === this.last ? ", among the latents" : "";
    this.describe(`${this.spec.title}: ${name}${where}; ${n} data points and ${n} samples on a bent grid; volume at the data points changed by ${number(mean)} nats in the mean`);
  }

  /** Tell the layer to the panels beside this one; that nothing is chosen yet, layer 0, needs no telling. */
  pass(layer) {
    if (layer || this.viewer.chosen.of(this.spec.sets).layer) this.send(layer);
  }

  /** Numbers of both clouds at the chosen layer. */
  table() {
    if (!this.layers) return null;
    const rows = ["data", "latent"].flatMap((name) => {
      const values = this.stage(this.tweens.get(name).target, this.tweens.get(name).shape, this.stageOf(name, this.target));
      return Array.from({ length: values.length / 2 }, (_, i) => [name === "data" ? "data" : "sample", i + 1, values[2 * i], values[2 * i + 1]]);
    });
    return { columns: ["cloud", "point", "x", "y"], rows };
  }

  /** Latents have undone as many layers as their stage counts: they meet the data from the other end. */
  stageOf(name, place) {
    return name.startsWith("latent") ? this.last - place : place;
  }

  /** How far the points of a stage lie out, in half-widths of its window. */
  furthest(stage) {
    const [x0, x1, y0, y1] = this.between(this.last ? stage / this.last : 0);
    const found = ["data", "latent"].flatMap((name) => {
      const { target, shape } = this.tweens.get(name);
      const values = this.stage(target, shape, this.stageOf(name, stage));
      return Array.from(values, (value, i) => (i % 2 ? Math.abs(2 * value - y0 - y1) / (y1 - y0) : Math.abs(2 * value - x0 - x1) / (x1 - x0)));
    }).filter(Number.isFinite).sort((a, b) => a - b);
    return Math.min(MOST, Math.max(1, 1.05 * (found[Math.floor(INSIDE * (found.length - 1))] ?? 1)));
  }

  /** The window on the way from the data's to the latents'. */
  between(share) {
    const [data, latent] = this.windows;
    return Array.from(data, (value, i) => value + share * (latent[i] - value));
  }

  /** What is seen at a place: the window there, opened as far as the clouds reach. */
  extent(place) {
    const [x0, x1, y0, y1] = this.between(this.last ? place / this.last : 0);
    const low = Math.min(Math.floor(place), this.last);
    const reach = this.reach[low] + (place - low) * ((this.reach[low + 1] ?? 0) - this.reach[low]);
    const [x, y, w, h] = [(x0 + x1) / 2, (y0 + y1) / 2, ((x1 - x0) / 2) * reach, ((y1 - y0) / 2) * reach];
    return [x - w, x + w, y - h, y + h];
  }

  moving() {
    return super.moving() || Array.from(this.tweens.values()).some(({ settled }) => !settled);
  }

  draw(now) {
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    if (!this.layers) return;
    this.step(now);
    const extent = this.extent(this.place);
    const box = this.box(extent);
    const shown = new Map(Array.from(this.tweens, ([name, tween]) => [name, this.stage(tween.sample(now), tween.shape, this.stageOf(name, this.place))]));
    paintPlaneAxes(ctx, box, extent, this.theme, this.spec.axes);
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.x, box.y, box.w, box.h);
    ctx.clip();
    ctx.fillStyle = this.theme.background;
    ctx.fillRect(box.x, box.y, box.w, box.h);
    this.lines(ctx, box, this.fromLatents ? "latent_lines" : "data_lines", shown);
    for (const [name, color] of [["data", "real"], ["latent", "generated"]]) {
      paintPoints(ctx, box, shown.get(name), { color }, this.theme, this.sheet.ratio);
    }
    ctx.restore();
  }

  lines(ctx, box, name, at) {
    const values = at.get(name);
    const [, count, nodes] = this.tweens.get(name).shape;
    const path = new Path2D();
    for (let k = 0; k < count; k += 1) {
      for (let i = 0; i < nodes; i += 1) {
        const j = 2 * (k * nodes + i);
        if (i) path.lineTo(box.px(values[j]), box.py(values[j + 1]));
        else path.moveTo(box.px(values[j]), box.py(values[j + 1]));
      }
    }
    ctx.strokeStyle = this.theme.muted;
    ctx.lineWidth = this.theme.line * 0.6;
    ctx.stroke(path);
  }
}
