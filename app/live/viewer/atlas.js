/** A grid of images from one array: (N, H, W) grey, (N, H, W, 3) colour, or (R, C, H, W) with fixed rows. */

import { offerChoices } from "./chosen.js";
import { el, throttled } from "./dom.js";
import { laneNote } from "./legend.js";
import { Panel } from "./panel.js";
import { letters, listenPixels, LONGEST } from "./pixels.js";
import { number } from "./ticks.js";

export class AtlasPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.picture = el("canvas");
    this.picture.ctx = this.picture.getContext("2d");
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.hover(null));
    offerChoices(this);
    if (spec.picks) listenPixels(this, throttled((place) => this.pick(place), 90), true);
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const array = lane && frame.array(lane.name, this.spec.probe, this.spec.array ?? "images", this.settings);
    if (!array) return;
    this.array = array;
    const heads = this.spec.heads && frame.array(lane.name, this.spec.probe, this.spec.heads.array, this.settings);
    this.heads = heads ? Array.from(heads.data, (value) => `${number(value)} ${this.spec.heads.unit}`) : null;
    this.top = frame.array(lane.name, this.spec.probe, "top_level", this.settings)?.data[0];
    this.compose(array);
    const progress = frame.entry(lane.name, this.spec.probe, this.settings)?.progress;
    this.progress = progress ?? null;
    this.say(laneNote(lane));
    this.describe(`${this.spec.title ?? lane.label}: ${this.count} images of ${this.tile.h} by ${this.tile.w} pixels at step ${number(lane.t)}${this.heads ? `; columns: ${this.heads.join(", ")}` : ""}`);
  }

  /** Lay the images side by side, one pixel each, with a one-pixel gap. */
  compose({ data, shape }) {
    const colour = shape.at(-1) === 3 && shape.length === 4;
    const rowed = shape.length === 4 && !colour;
    const [h, w] = colour ? shape.slice(1, 3) : shape.slice(-2);
    this.count = rowed ? shape[0] * shape[1] : shape[0];
    this.columns = this.heads?.length ?? this.spec.columns ?? (rowed ? shape[1] : Math.ceil(Math.sqrt(this.count)));
    this.tile = { h, w };
    const rows = Math.ceil(this.count / this.columns);
    const [width, height] = [this.columns * (w + 1) + 1, rows * (h + 1) + 1];
    Object.assign(this.picture, { width, height });
    const image = this.picture.ctx.createImageData(width, height);
    const words = new Uint32Array(image.data.buffer);
    const tone = this.toner(data);
    const channels = colour ? 3 : 1;
    for (let k = 0; k < this.count; k += 1) {
      const left = 1 + (k % this.columns) * (w + 1);
      const top = 1 + Math.floor(k / this.columns) * (h + 1);
      for (let i = 0; i < h * w; i += 1) {
        const at = (k * h * w + i) * channels;
        const red = tone(data[at]);
        const green = colour ? tone(data[at + 1]) : red;
        const blue = colour ? tone(data[at + 2]) : red;
        words[(top + Math.floor(i / w)) * width + left + (i % w)] = (255 << 24) | (blue << 16) | (green << 8) | red;
      }
    }
    this.picture.ctx.putImageData(image, 0, 0);
  }

  /** Bytes are shown as they are; floats are stretched from `spec.range` (default 0 to 1). */
  toner(data) {
    if (data instanceof Uint8Array) return (value) => value;
    const [low, high] = this.spec.range ?? [0, 1];
    return (value) => Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low))));
  }

  /** Tile under a place of the canvas, and the pixel inside it. */
  under(px, py) {
    if (!this.box) return null;
    const [x, y] = [(px - this.box.x) / this.box.scale, (py - this.box.y) / this.box.scale];
    const [column, row] = [Math.floor(x / (this.tile.w + 1)), Math.floor(y / (this.tile.h + 1))];
    const index = row * this.columns + column;
    if (column < 0 || column >= this.columns || row < 0 || index >= this.count) return null;
    const inside = (value, size) => Math.min(size - 1, Math.max(0, Math.floor(value)));
    const pixel = { row: inside(y - row * (this.tile.h + 1) - 1, this.tile.h), column: inside(x - column * (this.tile.w + 1) - 1, this.tile.w) };
    return { row, column, index, pixel };
  }

  place(px, py) {
    const found = this.under(px, py);
    return found && { index: found.index, ...found.pixel };
  }

  extent() {
    return this.tile ? { count: this.count, h: this.tile.h, w: this.tile.w } : null;
  }

  /** Choose a pixel of a picture for the panels that follow `spec.picks`. */
  pick({ index, row, column }) {
    const { h, w } = this.tile;
    const top = this.top;
    if (!top || this.array.shape.length > 3) return;
    const bytes = this.array.data.subarray(index * h * w, (index + 1) * h * w);
    const picture = letters(Array.from(bytes, (value) => Math.round((value * top) / 255)), top);
    if (picture.length > LONGEST) return; // no setting holds so many letters
    this.at = { index, row, column };
    this.canvas.dataset.picked = `${index},${row},${column}`;
    this.viewer.chosen.set(this.spec.picks, { picture, row, column });
  }

  hover(event) {
    const rect = this.canvas.getBoundingClientRect();
    this.pointed = event && this.under(event.clientX - rect.left, event.clientY - rect.top);
    this.dirty = true;
    this.viewer.request();
  }

  draw() {
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    if (!this.tile) return;
    const band = this.heads ? Math.round(this.theme.type * 1.8) : 0; // names of the columns
    const fit = Math.min(width / this.picture.width, (height - band) / this.picture.height);
    const scale = fit > 2 ? Math.floor(fit) : fit;
    const box = { w: this.picture.width * scale, h: this.picture.height * scale, scale };
    Object.assign(box, { x: Math.round((width - box.w) / 2), y: band + Math.round((height - band - box.h) / 2) });
    this.box = box;
    ctx.imageSmoothingEnabled = fit < 1;
    ctx.drawImage(this.picture, box.x, box.y, box.w, box.h);
    if (this.heads) this.head(ctx, box);
    if (this.pointed) {
      const [w, h] = [scale * (this.tile.w + 1), scale * (this.tile.h + 1)];
      ctx.strokeStyle = this.theme.accent;
      ctx.lineWidth = 2;
      ctx.strokeRect(box.x + this.pointed.column * w + 1, box.y + this.pointed.row * h + 1, w, h);
    }
    if (this.at) this.mark(ctx, box, this.at);
    if (this.progress !== null && this.progress < 1) {
      ctx.fillStyle = this.theme.accent;
      ctx.fillRect(0, height - 3, width * this.progress, 3);
    }
  }

  /** Name the columns. */
  head(ctx, box) {
    ctx.font = this.theme.fontOf(1, "600");
    ctx.fillStyle = this.theme.text;
    [ctx.textAlign, ctx.textBaseline] = ["center", "alphabetic"];
    this.heads.forEach((name, k) => ctx.fillText(name, box.x + (k + 0.5) * box.scale * (this.tile.w + 1), box.y - this.theme.type * 0.4));
  }

  /** Outline the chosen pixel. */
  mark(ctx, box, { index, row, column }) {
    const left = (index % this.columns) * (this.tile.w + 1) + 1 + column;
    const top = Math.floor(index / this.columns) * (this.tile.h + 1) + 1 + row;
    const side = Math.max(box.scale, 4);
    ctx.strokeStyle = this.theme.accent;
    ctx.lineWidth = 2;
    ctx.strokeRect(box.x + left * box.scale, box.y + top * box.scale, side, side);
  }
}
