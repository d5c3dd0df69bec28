/** A field over the plane: heat map, contours, points and arrows in layers, axes, colour bar, linked pointer. */

import { paintArrows, unitLength } from "./arrows.js";
import { paintBar, paintPlaneAxes } from "./axes.js";
import { settingsWith } from "./chosen.js";
import { bilinear, listenPointer, paintCrosshair } from "./crosshair.js";
import { Heat } from "./heat.js";
import { Panel } from "./panel.js";
import { paintPoints } from "./points.js";
import { extremes, Glide } from "./scales.js";
import { laneNote, legendItem } from "./legend.js";
import { Still } from "./still.js";
import { colourOf } from "./theme.js";
import { number } from "./ticks.js";
import { Tween } from "./tween.js";

const ARRAYS = { heat: ["array"], contours: ["array"], points: ["array"], arrows: ["points", "arrows"] };

/** Layers drawn anew at every painted frame: arrows, and points that keep their identity. */
function moves(layer) {
  return layer.type === "arrows" || (layer.type === "points" && layer.tween === true);
}

export class FieldPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.layers = spec.layers ?? [];
    this.heat = new Heat();
    this.glide = new Glide();
    this.arrays = new Map();
    this.extent = spec.extent ?? [-1, 1, -1, 1];
    this.still = new Still(this.layers.filter((layer) => layer.type === "contours" || (layer.type === "points" && !moves(layer))));
    this.decor = true;
    if (this.layers.some((layer) => layer.type === "heat") && spec.scale) {
      this.shared = spec.scale === "shared";
      const hint = "Draw all lanes with one colour scale, or this lane with its own";
      this.scaleToggle = this.toggle("same scale", hint, this.shared, (on) => viewer.pointing.shareScale(on));
    }
    listenPointer(this.canvas, () => this.plot, viewer.pointing);
  }

  probes() {
    return this.layers.map((layer) => ({ probe: layer.probe, settings: settingsWith(this.viewer, layer) }));
  }

  get slow() {
    return this.viewer.transport?.slow;
  }

  /** The name of the group of panels whose values mean the same (`"means"`) and may share a scale. */
  get group() {
    const heat = this.layers.find((layer) => layer.type === "heat");
    return heat ? `${heat.probe}/${heat.array ?? "values"}/${this.spec.means ?? ""}` : "";
  }

  key(layer, name) {
    return `${layer.probe}|${JSON.stringify(layer.settings ?? {})}|${layer[name] ?? name}`;
  }

  accept(frame, now, duration) {
    const lane = frame.lane(this.spec.lane);
    super.accept(frame, now, duration);
    if (!lane) return;
    for (const layer of this.layers) {
      for (const name of ARRAYS[layer.type] ?? []) this.take(frame, lane.name, layer, name, now, duration);
      const extent = frame.array(lane.name, layer.probe, "extent", settingsWith(this.viewer, layer))?.data;
      if (extent && !this.spec.extent) this.extent = Array.from(extent);
    }
    const heat = this.values();
    if (heat) this.viewer.scales.report(this.group, this, this.centred(extremes(heat.target)));
    this.decor = true;
    this.announce(lane);
  }

  take(frame, lane, layer, name, now, duration) {
    const key = this.key(layer, name);
    const array = frame.array(lane, layer.probe, layer[name] ?? (name === "array" ? "values" : name), settingsWith(this.viewer, layer));
    if (!array) return;
    if (!this.arrays.has(key)) {
      const still = layer.type === "points" && !moves(layer);
      this.arrays.set(key, new Tween({ grid: layer.type === "heat" || layer.type === "contours", still }));
    }
    const tween = this.arrays.get(key);
    if (tween.frame !== frame.meta) tween.accept(array, now, duration);
    tween.frame = frame.meta;
    if (name === "arrows") tween.unit = unitLength(tween.target);
  }

  /** The tween under the heat map (or the contours, where there is no heat map). */
  values() {
    const layer = this.layers.find(({ type }) => type === "heat") ?? this.layers.find(({ type }) => type === "contours");
    return layer ? this.arrays.get(this.key(layer, "array")) : undefined;
  }

  /** A critic is defined up to a constant: `"center": "mean"` draws it around its own mean. */
  centred(range) {
    if (this.spec.center !== "mean") return range;
    const { target } = this.values();
    this.shift = target.reduce((sum, value) => sum + value, 0) / target.length;
    return [range[0] - this.shift, range[1] - this.shift];
  }

  /** The title, with the settings that a person chose for what is shown: `"tells": {name: words before it}`. */
  named(lane) {
    const { title, tells = {} } = this.spec;
    const heat = this.layers.find(({ type }) => type === "heat");
    const chosen = heat ? settingsWith(this.viewer, heat) : {};
    const here = heat && this.frame.entry(lane.name, heat.probe, chosen);
    const told = Object.entries(here ? tells : {}).filter(([name]) => chosen[name]);
    return (title || lane.label || lane.name) + told.map(([name, words]) => `, ${words} ${chosen[name]}`).join("");
  }

  announce(lane) {
    const name = this.named(lane);
    const range = this.viewer.scales.ranges.get(this.group)?.get(this);
    const span = range ? `, values ${number(range[0] + (this.shift ?? 0))} to ${number(range[1] + (this.shift ?? 0))}` : "";
    this.describe(`${name}: step ${number(lane.t)}${span}`);
    this.title.textContent = name;
    this.element.style.setProperty("--gl-lane", colourOf(lane.color, this.frame.lanes.indexOf(lane)));
    this.say(laneNote(lane));
    if (this.legend.childElementCount) return;
    for (const layer of this.layers) {
      if (layer.type === "points") this.legend.append(legendItem(layer.color, layer.label));
    }
  }

  moving() {
    if (this.gliding) return true;
    for (const tween of this.arrays.values()) if (!tween.settled) return true;
    return false;
  }

  paint(now) {
    if (!this.dirty && !this.moving()) return false;
    if (!this.sheet.width) return false;
    const forced = this.dirty;
    this.dirty = false;
    if (this.themeSeen !== this.theme.version) this.decor = true;
    this.themeSeen = this.theme.version;
    this.draw(now, forced);
    return true;
  }

  box() {
    const { width, height } = this.sheet;
    const type = this.theme.type;
    const left = Math.round(type * 2.7);
    const foot = Math.round(type * 1.7) + (this.layers.some((layer) => layer.type === "heat") ? Math.round(type * 2.5) : 0);
    const [x0, x1, y0, y1] = this.extent;
    const box = { x: left, y: 5, w: Math.max(10, width - left - 8), h: Math.max(10, height - foot - 5) };
    box.px = (x) => box.x + ((x - x0) / (x1 - x0)) * box.w;
    box.py = (y) => box.y + box.h - ((y - y0) / (y1 - y0)) * box.h;
    box.atX = (px) => x0 + ((px - box.x) / box.w) * (x1 - x0);
    box.atY = (py) => y0 + ((box.y + box.h - py) / box.h) * (y1 - y0);
    return box;
  }

  draw(now, forced) {
    const { ctx } = this.sheet;
    const box = (this.plot = this.box());
    const grid = this.values();
    const map = this.spec.map ?? this.theme.map;
    if (grid) {
      this.gliding = this.glide.move(this.spec.range ?? this.viewer.scales.of(this.group, this, this.shared), now);
      this.decor ||= this.gliding;
    }
    if (this.decor || forced) {
      ctx.clearRect(0, 0, this.sheet.width, this.sheet.height);
      paintPlaneAxes(ctx, box, this.extent, this.theme, this.spec.axes);
      if (grid && this.layers.some((layer) => layer.type === "heat")) this.bar(ctx, box, map);
      this.decor = false;
    }
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.x, box.y, box.w, box.h);
    ctx.clip();
    if (!this.layers.some((layer) => layer.type === "heat")) {
      ctx.fillStyle = this.theme.background;
      ctx.fillRect(box.x, box.y, box.w, box.h);
    }
    for (const layer of this.layers) if (layer.type === "heat") this.layer(ctx, box, layer, now, map);
    this.stampStill(ctx, box, now, this.slow?.open ? "contours" : null);
    for (const layer of this.layers) if (moves(layer)) this.layer(ctx, box, layer, now, map);
    this.slow?.paint(this, ctx, box);
    const { place: pointer } = this.viewer.pointing;
    if (pointer) paintCrosshair(ctx, box, pointer, this.pointed(), this.theme);
    ctx.restore();
  }

  layer(ctx, box, layer, now, map) {
    const first = ARRAYS[layer.type]?.[0];
    const tween = first && this.arrays.get(this.key(layer, first));
    if (!tween?.values) return;
    const values = tween.sample(now); // also where it is not drawn: it would count as moving for ever
    const arrows = layer.type === "arrows" ? this.arrays.get(this.key(layer, "arrows")) : null;
    const ends = arrows?.values && arrows.sample(now);
    if (layer.hidden || (layer.type !== "heat" && this.slow?.open)) return;
    if (layer.type === "heat") {
      const [low, high] = this.glide.range;
      const shift = this.shift ?? 0;
      this.heat.paint(ctx, box, values, tween.shape, [low + shift, high + shift], map);
    } else if (layer.type === "points") paintPoints(ctx, box, values, layer, this.theme, this.sheet.ratio);
    else if (ends) paintArrows(ctx, box, values, ends, layer, this.theme, layer.reference ?? arrows.unit);
  }

  stampStill(ctx, box, now, only) {
    const { theme, sheet, viewer } = this;
    const tweenOf = (layer) => (only && layer.type !== only ? undefined : this.arrays.get(this.key(layer, "array")));
    this.still.paint(ctx, box, { tweenOf, theme, ratio: sheet.ratio, now, every: viewer.contourEvery });
  }

  bar(ctx, box, map) {
    const own = this.viewer.scales.ranges.get(this.group)?.get(this);
    const value = this.pointed();
    paintBar(ctx, box, this.sheet.height, this.glide.range, map, this.theme, {
      own: this.shared ? own : null,
      pointer: value === null ? null : value - (this.shift ?? 0),
      label: this.spec.center === "mean" ? "− mean" : (this.spec.means ?? ""),
    });
  }

  /** Value of the shown grid at the linked pointer; null off the plane. */
  pointed() {
    const { place: pointer } = this.viewer.pointing;
    const tween = this.values();
    return pointer && tween?.values ? bilinear(tween.values, tween.shape, this.extent, pointer) : null;
  }

  destroy() {
    this.viewer.scales.forget(this);
    super.destroy();
  }
}
