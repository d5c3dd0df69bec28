/** Maps of the variance that each level causes, pixel by pixel, under one shared scale. */

import { colour as mapped } from "./colormap.js";
import { LEVELS, levelLegend } from "./level_rows.js";
import { Panel } from "./panel.js";
import { number } from "./ticks.js";

export class LevelMapsPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.legend.replaceChildren(...levelLegend());
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const take = (name) => lane && frame.array(lane.name, this.spec.probe, name, this.settings);
    [this.maps, this.share] = [take("maps"), take("share")];
    this.progress = (lane && frame.entry(lane.name, this.spec.probe, this.settings)?.progress) ?? 0;
    if (!this.maps) return;
    this.most = Math.sqrt(this.maps.data.reduce((most, value) => Math.max(most, value), 0));
    const said = LEVELS.map(({ label }, k) => `${label} ${Math.round(100 * this.share.data[k])} %`);
    this.describe(`${this.spec.title}, share of the variance: ${said.join(", ")}`);
  }

  table() {
    if (!this.share) return null;
    return { columns: ["level", "share of variance"], rows: LEVELS.map(({ label }, k) => [label, this.share.data[k]]) };
  }

  draw() {
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    if (!this.maps) return;
    const [, h, w] = this.maps.shape;
    const label = this.theme.type * 1.6;
    const scale = this.theme.type * 1.9;
    const side = Math.max(8, Math.min((width - 16) / 3, height - label - scale));
    ctx.font = this.theme.fontOf();
    ctx.textBaseline = "middle";
    LEVELS.forEach(({ label: name, colour }, k) => {
      const left = k * (side + 8);
      for (let i = 0; i < h * w; i += 1) {
        ctx.fillStyle = mapped(this.theme.map, Math.sqrt(this.maps.data[k * h * w + i]) / (this.most || 1));
        const [x, y] = [left + ((i % w) * side) / w, label + (Math.floor(i / w) * side) / h];
        ctx.fillRect(x, y, side / w + 0.5, side / h + 0.5);
      }
      ctx.fillStyle = colour;
      ctx.fillRect(left, label - 3, side, 3);
      ctx.fillStyle = this.theme.text;
      ctx.textAlign = "left";
      ctx.fillText(`${name}  ${Math.round(100 * this.share.data[k])} %`, left, label / 2 - 1);
    });
    const [top, bar] = [label + side + 5, Math.min(180, width - 160)];
    for (let i = 0; i < bar; i += 1) {
      ctx.fillStyle = mapped(this.theme.map, i / bar);
      ctx.fillRect(i, top, 1.5, 8);
    }
    ctx.fillStyle = this.theme.muted;
    ctx.fillText(`0 to ${number(this.most)} deviation of a colour`, bar + 8, top + 5);
    if (this.progress < 1) {
      ctx.fillStyle = this.theme.accent;
      ctx.fillRect(0, height - 3, width * this.progress, 3);
    }
  }
}
