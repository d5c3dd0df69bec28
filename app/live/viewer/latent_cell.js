/**
 * The middle latent map, a cell of which can be dragged up and down: what it changes in the picture.
 * Arrow keys choose the cell, plus and minus change it, digits choose a channel.
 */

import { colour as mapped } from "./colormap.js";
import { throttled } from "./dom.js";
import { tiles } from "./level_rows.js";
import { Panel } from "./panel.js";
import { number } from "./ticks.js";

const MOST = 8;
const START = { row: 1, column: 1, channel: 0, change: 2 };

export class LatentCellPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.chosen = { ...START };
    this.send = throttled(() => viewer.chosen.set(spec.follows, this.chosen), 250);
    const { canvas } = this;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application"); // its keys are its own, not the page's
    canvas.style.touchAction = "none";
    canvas.addEventListener("pointerdown", (event) => this.grab(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", () => { this.held = null; });
    canvas.addEventListener("keydown", (event) => this.press(event));
  }

  get settings() {
    return { ...START, ...super.settings };
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const take = (name) => lane && frame.array(lane.name, this.spec.probe, name, this.settings);
    const [images, difference, z1, cell] = ["images", "difference", "z1", "cell"].map(take);
    if (!images) return;
    Object.assign(this, { images, difference, z1, channels: cell.data[3], pictures: tiles(images, 2) });
    this.progress = frame.entry(lane.name, this.spec.probe, this.settings)?.progress ?? 0;
    const { row, column, channel, change } = this.chosen;
    const mean = difference.data.reduce((sum, value) => sum + value, 0) / difference.data.length;
    this.describe(`${this.spec.title}: row ${row + 1}, column ${column + 1}, channel ${channel + 1}, changed by ${number(change)}; mean difference of a colour ${number(mean)}. Arrow keys choose a cell, plus and minus change it, digits choose a channel.`);
  }

  choose(change) {
    this.chosen = { ...this.chosen, ...change };
    this.send();
    this.dirty = true;
    this.viewer.request();
  }

  /** Cell under the pointer, or null. */
  under(event) {
    const rect = this.canvas.getBoundingClientRect();
    if (!this.grid) return null;
    const [column, row] = [(event.clientX - rect.left) / this.grid.cell, (event.clientY - rect.top - this.grid.top) / this.grid.cell].map(Math.floor);
    const side = this.z1.shape[0];
    return row >= 0 && row < side && column >= 0 && column < side ? { row, column } : null;
  }

  grab(event) {
    const found = this.under(event);
    if (!found) return;
    this.canvas.setPointerCapture(event.pointerId);
    const same = found.row === this.chosen.row && found.column === this.chosen.column;
    this.held = { y: event.clientY, change: same ? this.chosen.change : 0 };
    this.choose({ ...found, change: this.held.change || 2 });
  }

  drag(event) {
    if (!this.held) return;
    const moved = Math.round((this.held.y - event.clientY) / 4) / 4;
    if (moved) this.choose({ change: Math.min(MOST, Math.max(-MOST, this.held.change + moved)) });
  }

  press(event) {
    const { row, column, change } = this.chosen;
    const last = (this.z1?.shape[0] ?? 1) - 1;
    const within = (value, low, high) => Math.min(high, Math.max(low, value));
    const acts = {
      ArrowUp: { row: within(row - 1, 0, last) }, ArrowDown: { row: within(row + 1, 0, last) },
      ArrowLeft: { column: within(column - 1, 0, last) }, ArrowRight: { column: within(column + 1, 0, last) },
      "+": { change: within(change + 0.5, -MOST, MOST) }, "=": { change: within(change + 0.5, -MOST, MOST) },
      "-": { change: within(change - 0.5, -MOST, MOST) },
    };
    const digit = Number(event.key) - 1;
    const act = acts[event.key] ?? (digit >= 0 && digit < (this.channels ?? 0) ? { channel: digit } : null);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(act);
  }

  draw() {
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    if (!this.z1) return;
    const label = this.theme.type * 1.7;
    const side = Math.max(8, Math.min((width - 24) / 4, height - label));
    this.map(ctx, side, label);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(this.pictures, side + 8, label, 2 * side + 8, side);
    const [h, w] = this.difference.shape;
    const left = 3 * side + 24;
    for (let i = 0; i < h * w; i += 1) {
      ctx.fillStyle = mapped(this.theme.map, 3 * this.difference.data[i]);
      ctx.fillRect(left + ((i % w) * side) / w, label + (Math.floor(i / w) * side) / h, side / w + 0.5, side / h + 0.5);
    }
    ctx.font = this.theme.fontOf();
    ctx.textBaseline = "middle";
    ctx.fillStyle = this.theme.text;
    const { channel, change } = this.chosen;
    const names = [`z₁, channel ${channel + 1}: ${change > 0 ? "+" : ""}${number(change)}`, "before", "after", "difference"];
    names.forEach((name, k) => ctx.fillText(name, k * (side + 8), label / 2, side));
    if (this.progress < 1) {
      ctx.fillStyle = this.theme.accent;
      ctx.fillRect(0, height - 3, width * this.progress, 3);
    }
  }

  map(ctx, size, top) {
    const side = this.z1.shape[0];
    const cell = size / side;
    this.grid = { cell, top };
    for (let i = 0; i < side * side; i += 1) {
      ctx.fillStyle = mapped(this.theme.map, (this.z1.data[i] + 4) / 8);
      ctx.fillRect((i % side) * cell, top + Math.floor(i / side) * cell, cell - 1, cell - 1);
    }
    ctx.strokeStyle = this.theme.accent;
    ctx.lineWidth = 2;
    ctx.strokeRect(this.chosen.column * cell, top + this.chosen.row * cell, cell - 1, cell - 1);
  }
}
