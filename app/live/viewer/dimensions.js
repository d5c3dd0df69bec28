/** KL of each latent dimension as bars: live ones filled, dead ones hollow, in each dimension's place. */

import { paintAxes } from "./chart.js";
import { laneNote } from "./legend.js";
import { Panel } from "./panel.js";
import { colourOf } from "./theme.js";
import { niceStep, number } from "./ticks.js";
import { Tween } from "./tween.js";

export class DimensionsPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.bars = new Tween();
    this.followPointer();
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const { probe, settings } = this.spec;
    const read = (name) => frame.array(lane.name, probe, name, settings);
    const kl = lane && read("kl");
    if (!kl) return;
    this.bars.accept(kl, now, duration);
    this.live = read("live").data;
    this.variance = read("variance").data;
    this.threshold = read("threshold").data[0];
    this.colour = colourOf(lane.color, frame.lanes.indexOf(lane));
    const count = this.live.reduce((sum, one) => sum + one, 0);
    const total = kl.data.reduce((sum, value) => sum + value, 0);
    this.legend.textContent = `${count} of ${kl.data.length} live · KL ${number(total)} nats`;
    Object.assign(this.canvas.dataset, { live: count, dimensions: kl.data.length });
    this.say(laneNote(lane));
    const largest = kl.data.indexOf(Math.max(...kl.data)) + 1;
    this.describe(`${this.spec.title}, step ${number(lane.t)}: ${count} of ${kl.data.length} dimensions live, above ${number(this.threshold)} nats; together ${number(total)} nats, most in z${largest}`);
  }

  table() {
    if (!this.live) return null;
    const rows = Array.from(this.bars.target, (kl, j) => [j + 1, kl, this.variance[j], this.live[j]]);
    return { columns: ["dimension", "KL (nats)", "variance of means", "live"], rows };
  }

  moving() {
    return !this.bars.settled;
  }

  paint(now) {
    this.dirty ||= this.moving();
    return super.paint(now);
  }

  draw(now) {
    const { ctx } = this.sheet;
    const values = this.bars.values ? this.bars.sample(now) : [];
    const count = Math.max(1, values.length);
    const top = Math.max(0.1, ...(this.bars.target ?? []));
    const step = niceStep(top, 4);
    const y = [0, Math.ceil(top / step) * step];
    this.plot = paintAxes(this.sheet, this.theme, { x: [0.5, count + 0.5], y, xLabel: "dimension", yLabel: "KL (nats)", whole: true });
    const { px, py, bottom } = this.plot;
    const width = Math.max(2, (px(2) - px(1)) * 0.7);
    for (let j = 0; j < values.length; j += 1) {
      const left = px(j + 1) - width / 2;
      const height = Math.max(3, bottom - py(Math.max(0, values[j])));
      ctx.strokeStyle = this.live[j] ? this.colour : this.theme.muted;
      ctx.fillStyle = this.colour;
      ctx.lineWidth = 1.5;
      if (this.live[j]) ctx.fillRect(left, bottom - height, width, height);
      else ctx.strokeRect(left, bottom - height, width, height);
    }
    if (this.pointed !== null) this.value(ctx, values);
  }

  value(ctx, values) {
    const j = Math.round(this.pointed) - 1;
    if (!(j >= 0 && j < values.length)) return;
    ctx.font = this.theme.fontOf(1, "600");
    ctx.fillStyle = this.theme.text;
    ctx.textAlign = "right";
    ctx.textBaseline = "top";
    const state = this.live[j] ? "live" : "dead";
    ctx.fillText(`z${j + 1}: ${number(this.bars.target[j])} nats, ${state}`, this.plot.right, 1);
  }
}
