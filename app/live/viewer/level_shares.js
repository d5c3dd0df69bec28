/** Stacked bars: which level sets how much of each known factor, by group. */

import { LEVELS, levelLegend } from "./level_rows.js";
import { Panel } from "./panel.js";

export class LevelSharesPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.legend.replaceChildren(...levelLegend());
    this.whole = false;
    this.toggle("Each factor", "Show every factor, or the mean of each group", false, (on) => {
      this.whole = on;
    });
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const take = (name) => lane && frame.array(lane.name, this.spec.probe, name, this.settings);
    [this.shares, this.group, this.readable] = ["shares", "group", "readable"].map(take);
    this.byGroup = take("by_group");
    this.progress = (lane && frame.entry(lane.name, this.spec.probe, this.settings)?.progress) ?? 0;
    if (!this.byGroup) return;
    const said = this.bars(false).map(({ name, parts }) => `${name}: ${this.inWords(parts)}`);
    this.describe(`${this.spec.title}. ${said.join("; ")}`);
  }

  inWords(parts) {
    if (!parts.some((part) => part > 0)) return "not measured yet";
    return LEVELS.map(({ label }, k) => `${label} ${Math.round(100 * parts[k])} %`).join(", ");
  }

  /** Names with the shares of the three levels. */
  bars(whole) {
    const { groups, factors } = this.spec;
    if (!whole) return groups.map((name, at) => ({ name, parts: [0, 1, 2].map((k) => this.byGroup.data[3 * k + at]) }));
    const count = factors.length;
    return factors.map((name, at) => ({
      name, inside: groups[this.group.data[at]],
      parts: [0, 1, 2].map((k) => this.shares.data[count * k + at]),
      unread: !this.readable.data[at],
    }));
  }

  table() {
    if (!this.shares) return null;
    return {
      columns: ["factor", "group", ...LEVELS.map(({ label }) => label)],
      rows: this.bars(true).map(({ name, inside, parts }) => [name, inside, ...parts]),
    };
  }

  draw() {
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    if (!this.byGroup) return;
    const bars = this.bars(this.whole);
    const band = height / bars.length;
    const left = Math.min(130, width * 0.34);
    const thick = Math.max(3, Math.min(26, band * 0.66));
    ctx.font = this.theme.fontOf(Math.min(1, band / (this.theme.type * 1.15)));
    ctx.textBaseline = "middle";
    bars.forEach(({ name, parts, unread }, at) => {
      const y = at * band + band / 2;
      ctx.textAlign = "right";
      ctx.fillStyle = this.theme.text;
      ctx.fillText(name.replaceAll("_", " "), left - 8, y);
      ctx.textAlign = "left";
      if (!parts.some((part) => part > 0)) {
        ctx.fillStyle = this.theme.muted;
        ctx.fillText(unread && this.progress >= 1 ? "the reader cannot read it" : "…", left, y);
        return;
      }
      let x = left;
      parts.forEach((share, k) => {
        const wide = share * (width - left - 4);
        ctx.fillStyle = LEVELS[k].colour;
        ctx.fillRect(x, y - thick / 2, wide, thick);
        if (wide > 34 && thick > 11) {
          ctx.fillStyle = "#111";
          ctx.fillText(`${Math.round(100 * share)} %`, x + 5, y);
        }
        x += wide;
      });
    });
    if (this.progress < 1) {
      ctx.fillStyle = this.theme.accent;
      ctx.fillRect(0, height - 3, width * this.progress, 3);
    }
  }
}
