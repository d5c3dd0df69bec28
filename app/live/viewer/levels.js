/** The distribution over a pixel's levels, as bars: every lane beside the others, the picture's own level marked. */

import { paintAxes } from "./chart.js";
import { lineItem } from "./legend.js";
import { Panel } from "./panel.js";
import { colourOf } from "./theme.js";
import { niceStep, number } from "./ticks.js";
import { Tween } from "./tween.js";

const CHANNELS = ["red", "green", "blue"];

export class LevelsPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.tweens = new Map();
    this.shown = [];
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const found = [];
    for (const lane of this.lanes(frame)) {
      const read = (name) => frame.array(lane.name, this.spec.probe, name, this.settings);
      const [p, level, pixel] = ["p", "level", "pixel"].map(read);
      if (!p || !level || !pixel) continue;
      if (!this.tweens.has(lane.name)) this.tweens.set(lane.name, new Tween());
      const tween = this.tweens.get(lane.name);
      tween.accept(p, now, duration);
      found.push({ lane, tween, level: level.data, pixel: pixel.data, shape: p.shape, colour: colourOf(lane.color, frame.lanes.indexOf(lane)) });
    }
    if (!found.length) return;
    this.shown = found;
    if (this.legend.childElementCount !== found.length && found.length > 1) {
      this.legend.replaceChildren(...found.map(({ lane, colour }) => lineItem(colour, lane.label ?? lane.name)));
    }
    this.tell();
  }

  tell() {
    const [{ pixel, level, shape }] = this.shown;
    const said = this.shown.map(({ lane, tween }) => {
      const best = tween.target.indexOf(Math.max(...tween.target));
      return `${lane.label ?? lane.name} expects level ${best % shape[1]} with ${number(100 * tween.target[best])} %`;
    });
    Object.assign(this.canvas.dataset, { pixel: `${pixel[0]},${pixel[1]}`, level: level[0] });
    this.describe(`${this.spec.title}, row ${pixel[0] + 1}, column ${pixel[1] + 1}: ${said.join("; ")}; the picture has level ${level[0]}`);
  }

  table() {
    const rows = this.shown.flatMap(({ lane, tween, shape }) =>
      Array.from(tween.target, (p, i) => [lane.name, Math.floor(i / shape[1]), i % shape[1], p]));
    return { columns: ["lane", "channel", "level", "probability"], rows };
  }

  moving() {
    return this.shown.some(({ tween }) => !tween.settled);
  }

  paint(now) {
    this.dirty ||= this.moving();
    return super.paint(now);
  }

  draw(now) {
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    if (!this.shown.length) return this.hint(ctx, width, height);
    const [{ shape, pixel, level }] = this.shown;
    const [channels, count] = shape;
    const lines = this.shown.map((one) => ({ ...one, p: one.tween.sample(now) }));
    const top = Math.max(0.05, ...lines.flatMap(({ tween }) => Array.from(tween.target)));
    const step = niceStep(top, 3);
    const xText = (value) => (channels > 1 ? "" : String(Math.round(value)));
    this.plot = paintAxes(this.sheet, this.theme, {
      x: [-0.5, channels * count - 0.5], y: [0, Math.min(1, Math.ceil(top / step) * step)], whole: true, xText,
      xLabel: channels > 1 ? CHANNELS.slice(0, channels).join(" · ") : "level", yLabel: `p, row ${pixel[0] + 1}, column ${pixel[1] + 1}`,
    });
    const { px, py, bottom } = this.plot;
    const slot = px(1) - px(0);
    lines.forEach(({ p, colour }, k) => {
      const wide = (slot * 0.84) / lines.length;
      ctx.fillStyle = colour;
      for (let i = 0; i < p.length; i += 1) ctx.fillRect(px(i) - slot * 0.42 + k * wide, py(p[i]), Math.max(1, wide - 0.5), bottom - py(p[i]));
    });
    ctx.fillStyle = this.theme.text;
    for (let c = 0; c < channels; c += 1) this.mark(ctx, px(c * count + level[c]), bottom);
    return undefined;
  }

  /** A small triangle below the axis: the level that the picture has. */
  mark(ctx, x, y) {
    const size = this.theme.type * 0.4;
    ctx.beginPath();
    ctx.moveTo(x, y + 1);
    ctx.lineTo(x - size, y + size * 1.5);
    ctx.lineTo(x + size, y + size * 1.5);
    ctx.fill();
  }

  hint(ctx, width, height) {
    ctx.font = this.theme.fontOf();
    ctx.fillStyle = this.theme.muted;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(this.spec.hint ?? "Point at a pixel.", width / 2, height / 2);
  }
}
