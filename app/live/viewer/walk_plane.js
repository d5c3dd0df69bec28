/** A plane of two latents through which a path leads: a click adds a place to its anchors. */

import { LatentPanel } from "./latent.js";
import { badge } from "./anchors.js";
import { settingsWith } from "./chosen.js";
import { colourOf } from "./theme.js";
import { anchorsOf, setAnchors } from "./walk_anchors.js";

export class WalkPlanePanel extends LatentPanel {
  probes() {
    return [...super.probes(), { probe: this.spec.path, settings: this.pathSettings }];
  }

  get pathSettings() {
    const { pathSettings: settings, sets: follows, pathTakes: takes } = this.spec;
    return settingsWith(this.viewer, { settings, follows, takes });
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const read = (name) => lane && frame.array(lane.name, this.spec.path, name, this.pathSettings);
    const [z, met] = [read("z"), read("anchors")];
    if (z && met) [this.path, this.met] = [z.data, met.data];
    this.canvas.dataset.anchors = anchorsOf(this).join(",");
  }

  choose(event) {
    const place = this.at(event);
    if (!place) return;
    const anchor = `z${[place.x, place.y].map((value) => Math.round(100 * value) / 100 || 0).join("_")}`;
    setAnchors(this, [...anchorsOf(this), anchor]);
  }

  press(event) {
    if (event.key === "Enter" && this.place) {
      const rect = this.canvas.getBoundingClientRect();
      event.preventDefault();
      event.stopPropagation();
      this.choose({ clientX: rect.left + this.plot.px(this.place.x), clientY: rect.top + this.plot.py(this.place.y) });
    } else super.press(event);
  }

  show(step) {
    this.ringed = step;
    this.dirty = true;
  }

  /** The path lies over the codes and under what is pointed at. */
  paintBetween(ctx) {
    if (!this.path) return;
    const count = this.path.length / 2;
    const [px, py] = [(k) => this.plot.px(this.path[2 * k]), (k) => this.plot.py(this.path[2 * k + 1])];
    const line = new Path2D();
    for (let k = 0; k < count; k += 1) line.lineTo(px(k), py(k));
    if (this.pathSettings.closed) line.closePath();
    for (const [colour, width] of [[this.theme.background, 5], [this.spec.color ? colourOf(this.spec.color) : this.theme.text, 2]]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.lineJoin = "round";
      ctx.stroke(line);
    }
    Array.from(this.met).forEach((step, order) => badge(ctx, this.theme, String(order + 1), px(step) + 4, py(step) + 4));
    this.ring(ctx, px, py, count);
  }

  ring(ctx, px, py, count) {
    const step = Math.round(this.ringed ?? 0) % count;
    ctx.strokeStyle = this.theme.accent;
    ctx.lineWidth = 2.5;
    ctx.beginPath();
    ctx.arc(px(step), py(step), 8, 0, 7);
    ctx.stroke();
  }
}
