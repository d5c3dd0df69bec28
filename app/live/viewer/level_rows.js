/**
 * One row of pictures for each level of a hierarchy: the base picture first, then others that differ
 * in the noise of that level alone. Each row is one look of the same probe, painted as it comes.
 */

import { offerChoices } from "./chosen.js";
import { el } from "./dom.js";
import { laneNote } from "./legend.js";
import { Panel } from "./panel.js";
import { colourOf } from "./theme.js";

/** A level's colour and name; they mean the same in every panel. */
export const LEVELS = [
  { level: "top", label: "top z₂", colour: colourOf("lane3") },
  { level: "middle", label: "middle z₁", colour: colourOf("lane4") },
  { level: "pixels", label: "pixels", colour: "#8c8c8c" },
];

/** Level names with their colours, for a panel's legend. */
export function levelLegend() {
  return LEVELS.map(({ label, colour }) => {
    const mark = el("span", { class: "gl-dot" });
    mark.style.background = colour;
    return el("span", { class: "gl-legend-item" }, mark, label);
  });
}

/** Draw images (N, H, W) or (N, H, W, 3) of bytes on one canvas of `columns`, one pixel each. */
export function tiles({ data, shape }, columns, canvas = document.createElement("canvas")) {
  const [count, h, w] = shape;
  const channels = shape.length === 4 ? 3 : 1;
  const rows = Math.ceil(count / columns);
  canvas.width = columns * (w + 1) - 1;
  canvas.height = rows * (h + 1) - 1;
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(canvas.width, canvas.height);
  for (let k = 0; k < count; k += 1) {
    const [left, top] = [(k % columns) * (w + 1), Math.floor(k / columns) * (h + 1)];
    for (let i = 0; i < h * w; i += 1) {
      const to = 4 * ((top + Math.floor(i / w)) * canvas.width + left + (i % w));
      const from = (k * h * w + i) * channels;
      for (let c = 0; c < 3; c += 1) image.data[to + c] = data[from + (channels === 3 ? c : 0)];
      image.data[to + 3] = 255;
    }
  }
  ctx.putImageData(image, 0, 0);
  return canvas;
}

/** Columns and scale that make images largest in `width` by `height`. */
function largest([count, h, w], width, height) {
  let best = { columns: 1, fit: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const fit = Math.min(width / (columns * (w + 1) - 1), height / (rows * (h + 1) - 1));
    if (fit > best.fit) best = { columns, fit };
  }
  return best;
}

export class LevelRowsPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.rows = [];
    offerChoices(this);
    this.legend.replaceChildren(...levelLegend());
  }

  /** The probe's own default, the top, is left unsaid: the run records it under that name. */
  settingsOf(level) {
    return level === LEVELS[0].level ? this.settings : { ...this.settings, level };
  }

  probes() {
    return LEVELS.map(({ level }) => ({ probe: this.spec.probe, settings: this.settingsOf(level) }));
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    if (!lane) return;
    this.rows = LEVELS.map(({ level }) => {
      const entry = frame.entry(lane.name, this.spec.probe, this.settingsOf(level));
      const images = entry && frame.array(lane.name, this.spec.probe, "images", this.settingsOf(level));
      return images ? { sheet: document.createElement("canvas"), images, progress: entry.progress ?? 1 } : null;
    });
    const said = LEVELS.map(({ label }, k) => `${label} ${Math.round(100 * (this.rows[k]?.progress ?? 0))} % painted`);
    this.say(laneNote(lane));
    this.canvas.dataset.painted = Math.min(...this.rows.map((row) => row?.progress ?? 0));
    this.describe(`${this.spec.title}: three rows of pictures, each after the base picture at the left. ${said.join("; ")}`);
  }

  draw() {
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    const label = this.theme.type * 1.7;
    const band = height / LEVELS.length;
    ctx.font = this.theme.fontOf(1, "600");
    ctx.textBaseline = "middle";
    ctx.imageSmoothingEnabled = false;
    LEVELS.forEach(({ label: name, colour }, k) => {
      const y = k * band;
      ctx.fillStyle = colour;
      ctx.fillRect(0, y + 2, 4, band - 8);
      ctx.fillStyle = this.theme.text;
      ctx.fillText(`only ${name}`, 12, y + label / 2);
      const row = this.rows[k];
      if (!row) return;
      const { columns, fit } = largest(row.images.shape, width - 14, band - label - 8);
      tiles(row.images, columns, row.sheet);
      const [w, h] = [row.sheet.width * fit, row.sheet.height * fit];
      ctx.drawImage(row.sheet, 12, y + label, w, h);
      ctx.strokeStyle = this.theme.text;
      ctx.lineWidth = 1.5;
      ctx.strokeRect(11, y + label - 1, row.images.shape[2] * fit + 2, row.images.shape[1] * fit + 2);
      if (row.progress < 1) {
        ctx.fillStyle = this.theme.accent;
        ctx.fillRect(12, y + label + h + 2, w * row.progress, 3);
      }
    });
  }
}
