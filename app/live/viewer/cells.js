/** Receptive fields: one map of the picture's cells after each layer, a chosen pixel, and the cells that stay unheard. */

import { table } from "./colormap.js";
import { el } from "./dom.js";
import { laneNote } from "./legend.js";
import { Panel } from "./panel.js";
import { listenPixels } from "./pixels.js";
import { number } from "./ticks.js";

const GAP = 10;

export class CellsPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.legend.append(
      el("span", { class: "gl-legend-item" }, el("span", { class: "gl-cell gl-cell-pixel" }), "the pixel"),
      el("span", { class: "gl-legend-item" }, el("span", { class: "gl-cell gl-cell-unheard" }), "before, not heard"),
    );
    listenPixels(this, ({ row, column }) => viewer.chosen.set(spec.follows, { row, column }), false);
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const read = (name) => lane && frame.array(lane.name, this.spec.probe, name, this.settings);
    const [values, cells, pixel] = ["values", "cells", "pixel"].map(read);
    if (!values || !cells || !pixel) return;
    Object.assign(this, { values, cells: cells.data });
    this.at = { index: 0, row: pixel.data[0], column: pixel.data[1] };
    this.say(laneNote(lane));
    const [d, h, w] = values.shape;
    const last = this.cells.subarray((d - 1) * h * w);
    const unheard = last.reduce((sum, cell) => sum + (cell === 2), 0);
    this.canvas.dataset.unheard = unheard;
    this.canvas.dataset.pixel = `${this.at.row},${this.at.column}`;
    this.describe(`${this.spec.title}: ${d} maps of ${h} by ${w}, pixel row ${this.at.row + 1}, column ${this.at.column + 1};`
      + ` after the last layer ${unheard} earlier pixels are not heard. Arrow keys move the pixel. Step ${number(lane.t)}`);
  }

  extent() {
    if (!this.values) return null;
    const [count, h, w] = this.values.shape;
    return { count, h, w };
  }

  /** Columns, side of a cell and place of each map that fit best. */
  fit() {
    const { count, h, w } = this.extent();
    const { width, height } = this.sheet;
    const label = this.theme.type * 1.5;
    let best = { cell: 0 };
    for (let columns = 1; columns <= count; columns += 1) {
      const rows = Math.ceil(count / columns);
      const cell = Math.floor(Math.min((width - GAP * (columns - 1)) / columns / w, (height / rows - label - GAP / 2) / h));
      if (cell > best.cell) best = { cell, columns, rows };
    }
    const { cell = 1, columns = count } = best;
    const [stepX, stepY] = [cell * w + GAP, cell * h + label + GAP / 2];
    const left = Math.floor((width - (columns * stepX - GAP)) / 2);
    const top = Math.floor(Math.max(0, (height - best.rows * stepY) / 2));
    return { cell, label, box: (k) => ({ x: left + (k % columns) * stepX, y: top + label + Math.floor(k / columns) * stepY }) };
  }

  place(x, y) {
    if (!this.values) return null;
    const { count, h, w } = this.extent();
    const { cell, box } = this.fit();
    for (let index = 0; index < count; index += 1) {
      const at = box(index);
      const [row, column] = [Math.floor((y - at.y) / cell), Math.floor((x - at.x) / cell)];
      if (row >= 0 && row < h && column >= 0 && column < w) return { index: 0, row, column };
    }
    return null;
  }

  draw() {
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    if (!this.values) return;
    const { count } = this.extent();
    const fit = this.fit();
    for (let k = 0; k < count; k += 1) this.map(ctx, k, fit, k === count - 1 ? "output" : `layer ${k + 1}`);
  }

  map(ctx, k, { cell, label, box }, name) {
    const { h, w } = this.extent();
    const { x, y } = box(k);
    const words = table(this.theme.map);
    const colour = (value) => {
      const word = words[Math.round(255 * value)];
      return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
    };
    ctx.font = this.theme.fontOf();
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.fillStyle = this.theme.muted;
    ctx.fillText(name, x, y - label * 0.25);
    ctx.fillStyle = this.theme.background;
    ctx.fillRect(x, y, w * cell, h * cell);
    ctx.strokeStyle = this.theme.grid;
    ctx.lineWidth = 1;
    for (let i = 0; i < h * w; i += 1) {
      const [cx, cy] = [x + (i % w) * cell, y + Math.floor(i / w) * cell];
      const kind = this.cells[k * h * w + i];
      if (kind === 1) {
        ctx.fillStyle = colour(this.values.data[k * h * w + i]);
        ctx.fillRect(cx, cy, cell, cell);
      } else if (kind === 2) this.hatch(ctx, cx, cy, cell);
      ctx.strokeRect(cx + 0.5, cy + 0.5, cell, cell);
    }
    ctx.strokeStyle = this.theme.text;
    ctx.lineWidth = Math.max(2, cell / 9);
    ctx.strokeRect(x + this.at.column * cell + 1, y + this.at.row * cell + 1, cell - 1, cell - 1);
  }

  hatch(ctx, x, y, side) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, side, side);
    ctx.clip();
    ctx.strokeStyle = this.theme.text;
    ctx.globalAlpha = 0.75;
    ctx.lineWidth = 1.3;
    ctx.beginPath();
    for (let from = -side; from < side; from += Math.max(4, side / 4)) {
      ctx.moveTo(x + from, y + side);
      ctx.lineTo(x + from + side, y);
    }
    ctx.stroke();
    ctx.restore();
  }
}
