/**
 * The layers of a field that change seldom, contour lines and still points, on a canvas of their own:
 * drawn when they change, stamped in between. It halves the cost of a painted frame.
 */

import { contours } from "./contours.js";
import { paintPoints } from "./points.js";
import { extremes } from "./scales.js";
import { niceStep } from "./ticks.js";

export class Still {
  constructor(layers) {
    this.layers = layers;
    this.canvas = document.createElement("canvas");
    this.ctx = this.canvas.getContext("2d");
  }

  /**
   * Stamp the layers over the plot box, after drawing again what changed.
   * @param {(layer) => Tween|undefined} tweenOf @param {number} every least time between two tracings, ms
   */
  paint(ctx, box, { tweenOf, theme, ratio, now, every }) {
    const parts = this.layers.map((layer) => [layer, tweenOf(layer)]).filter(([layer, tween]) => tween?.values && !layer.hidden);
    if (!parts.length) return;
    const place = [parts.length, box.w, box.h, box.px(0), box.py(0), ratio, theme.version].join();
    const moved = parts.map(([layer, tween]) => (layer.type === "contours" && !tween.settled ? "moving" : tween.version)).join();
    const due = moved !== this.moved || (moved.includes("moving") && now - this.at >= every);
    if (place !== this.place || due) {
      this.draw(box, parts, theme, ratio, now);
      Object.assign(this, { place, moved, at: now });
    }
    ctx.drawImage(this.canvas, box.x, box.y, box.w, box.h);
  }

  draw(box, parts, theme, ratio, now) {
    const [width, height] = [Math.ceil(box.w * ratio), Math.ceil(box.h * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const { ctx } = this;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.setTransform(width / box.w, 0, 0, height / box.h, (-box.x * width) / box.w, (-box.y * height) / box.h);
    for (const [layer, tween] of parts) {
      if (layer.type === "contours") this.lines(box, tween, theme, now);
      else paintPoints(ctx, box, tween.sample(now), layer, theme, ratio);
    }
  }

  lines(box, tween, theme, now) {
    const [low, high] = extremes(tween.target);
    const { fine, bold } = contours(tween.sample(now), tween.shape, niceStep(high - low, 11), box);
    const ink = theme.dark ? "255,255,255" : "38,18,56";
    const { ctx } = this;
    ctx.lineWidth = theme.line * 0.55;
    ctx.strokeStyle = `rgba(${ink},.38)`;
    ctx.stroke(fine);
    ctx.lineWidth = theme.line * 0.95;
    ctx.strokeStyle = `rgba(${ink},.6)`;
    ctx.stroke(bold);
  }
}
