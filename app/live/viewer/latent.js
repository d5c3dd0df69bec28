/**
 * Two dimensions of a latent space: the test pictures' codes by class, and what the decoder makes of
 * the point under the pointer. Pointing sends a look; its answer is painted beside the pointer.
 */

import { paintPlaneAxes } from "./axes.js";
import { classLegend, paintClasses } from "./classes.js";
import { el, setAttr, throttled } from "./dom.js";
import { Ground } from "./ground.js";
import { laneNote } from "./legend.js";
import { Panel } from "./panel.js";
import { number } from "./ticks.js";
import { Tween } from "./tween.js";

const PROBE = "decode";
const EVERY = 33; // ms between two looks
const STRIDE = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const NEAR = 8; // pixels from a code that a click chooses

export class LatentPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.extent = spec.extent ?? [-4, 4, -4, 4];
    this.codes = new Tween();
    this.ground = new Ground();
    this.picture = el("canvas");
    this.request = this.heard = Math.floor(Math.random() * 2 ** 50); // other viewers count from elsewhere
    this.place = null;
    this.base = -1;
    this.axes = [1, 2];
    this.ask = throttled(() => this.look(), EVERY);
    setAttr(this.canvas, "role", "application");
    setAttr(this.canvas, "tabindex", "0");
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.point(this.at(event)));
    canvas.addEventListener("pointerdown", (event) => this.point(this.at(event)));
    canvas.addEventListener("pointerleave", () => document.activeElement !== canvas && this.point(null));
    canvas.addEventListener("click", (event) => this.choose(event));
    canvas.addEventListener("blur", () => this.point(null));
    canvas.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    const { key, shiftKey, ctrlKey, altKey, metaKey } = event;
    if (ctrlKey || altKey || metaKey || (!STRIDE[key] && key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (key === "Escape") return void this.point(null);
    const [x0, x1] = this.extent;
    const stride = (x1 - x0) / (shiftKey ? 160 : 32);
    const { x, y } = this.place ?? { x: 0, y: 0 };
    this.point({ x: x + STRIDE[key][0] * stride, y: y + STRIDE[key][1] * stride });
  }

  /** The place of the latent plane under an event, or null beside the plot. */
  at(event) {
    const { plot: box, canvas } = this;
    const rect = canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - rect.left, event.clientY - rect.top];
    const inside = box && px >= box.x && px <= box.x + box.w && py >= box.y && py <= box.y + box.h;
    return inside ? { x: box.atX(px), y: box.atY(py) } : null;
  }

  /** Point at a place of the plane, kept inside it; null lets go. */
  point(place) {
    if (!place && !this.place) return;
    const [x0, x1, y0, y1] = this.extent;
    this.place = place && { x: Math.min(x1, Math.max(x0, place.x)), y: Math.min(y1, Math.max(y0, place.y)) };
    if (this.place) this.ask();
    else this.answer = null;
    this.tell();
    this.dirty = true;
    this.viewer.request();
  }

  look() {
    const lane = this.frame?.lane(this.spec.lane);
    if (!this.place || !lane || !this.viewer.connected || this.spec.decodes === false) return;
    this.request += 1;
    this.asked = this.frame.round;
    const [across, up] = this.axes;
    const settings = { x: this.place.x, y: this.place.y, across, up, picture: this.base };
    this.viewer.socket.send({ do: "look", probe: PROBE, settings, size: 8, request: this.request });
  }

  /** A click on a code gives the other dimensions its values; anywhere else, the prior's mean. */
  choose(event) {
    if (!this.shape || this.shape[1] < 3 || !this.plot) return;
    const rect = this.canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - rect.left, event.clientY - rect.top];
    const at = this.pixels(this.codes.target);
    let [best, least] = [-1, NEAR ** 2];
    for (let i = 0; i < this.shape[0]; i += 1) {
      const far = (at[2 * i] - px) ** 2 + (at[2 * i + 1] - py) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    this.base = best;
    this.ask();
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const { probe, settings } = this.spec;
    const mu = lane && frame.array(lane.name, probe, "mu", settings);
    const labels = mu && frame.array(lane.name, probe, "labels", settings);
    if (!labels) return;
    if (this.shape?.[1] !== mu.shape[1]) this.offerAxes(mu.shape[1]);
    this.shape = mu.shape;
    this.codes.accept(mu, now, duration);
    this.labels = labels.data;
    this.hear(frame, lane);
    if (this.place && frame.round !== this.asked) this.ask();
    if (!this.legend.childElementCount) this.legend.replaceChildren(...classLegend([...new Set(this.labels)].sort((a, b) => a - b)));
    this.say(laneNote(lane));
    this.tell();
  }

  /** Lists of the dimension along each axis, where there are more than two. */
  offerAxes(count) {
    this.lists?.forEach((list) => list.remove());
    this.lists = count < 3 ? [] : ["Across", "Up"].map((name, axis) => {
      const options = Array.from({ length: count }, (_, j) => el("option", { value: String(j + 1), text: `z${j + 1}` }));
      const list = el("select", { class: "gl-choice", "aria-label": `${name}: latent dimension`, title: `${name}: latent dimension` }, ...options);
      list.value = String(this.axes[axis]);
      list.addEventListener("change", () => {
        this.axes[axis] = Number(list.value);
        this.dirty = true;
        this.ask();
        this.viewer.request();
      });
      return list;
    });
    this.tools.prepend(...this.lists);
  }

  /** Take an answer that is newer than the one shown: not only the newest, or a slow page would see none while one drags. */
  hear(frame, lane) {
    const entry = frame.entries.find(({ probe, request, lane: whose }) =>
      probe === PROBE && whose === lane.name && request > this.heard && request <= this.request);
    if (!entry || !this.place) return;
    const image = frame.tensor(`${lane.name}/${entry.key}/images`);
    if (!image) return;
    this.heard = entry.request;
    const [, h, w, colours = 1] = image.shape;
    Object.assign(this.picture, { width: w, height: h });
    const ctx = this.picture.getContext("2d");
    const made = ctx.createImageData(w, h);
    for (let i = 0; i < h * w; i += 1) {
      for (let c = 0; c < 3; c += 1) made.data[4 * i + c] = image.data[i * colours + (c % colours)];
      made.data[4 * i + 3] = 255;
    }
    ctx.putImageData(made, 0, 0);
    this.answer = { h, w };
    this.canvas.dataset.decoded = String((Number(this.canvas.dataset.decoded) || 0) + 1);
  }

  tell() {
    const where = this.place ? `; the picture of (${number(this.place.x)}, ${number(this.place.y)}) is shown` : "";
    const count = this.labels?.length ?? 0;
    this.describe(`${this.spec.title}: codes of ${count} test pictures by class${where}. Arrow keys move the point, Escape lets it go.`);
  }

  table() {
    if (!this.shape) return null;
    const [rows, dims] = this.shape;
    const names = Array.from({ length: dims }, (_, j) => `z${j + 1}`);
    return { columns: ["class", ...names], rows: Array.from({ length: rows }, (_, i) => [this.labels[i], ...this.codes.target.subarray(i * dims, (i + 1) * dims)]) };
  }

  moving() {
    return !this.codes.settled;
  }

  paint(now) {
    this.dirty ||= this.moving();
    return super.paint(now);
  }

  box() {
    const { width, height } = this.sheet;
    const type = this.theme.type;
    const [x0, x1, y0, y1] = this.extent;
    const box = { x: Math.round(type * 2.4), y: 5 };
    Object.assign(box, { w: Math.max(10, width - box.x - 8), h: Math.max(10, height - Math.round(type * 1.7) - 5) });
    box.px = (x) => box.x + ((x - x0) / (x1 - x0)) * box.w;
    box.py = (y) => box.y + box.h - ((y - y0) / (y1 - y0)) * box.h;
    box.atX = (px) => x0 + ((px - box.x) / box.w) * (x1 - x0);
    box.atY = (py) => y0 + ((box.y + box.h - py) / box.h) * (y1 - y0);
    return box;
  }

  /** Places of the codes on the canvas, two numbers each; a code of one dimension lies on the axis. */
  pixels(values) {
    const [rows, dims] = this.shape;
    const out = new Float32Array(2 * rows);
    for (let i = 0; i < rows; i += 1) {
      out[2 * i] = this.plot.px(values[i * dims + Math.min(dims, this.axes[0]) - 1]);
      out[2 * i + 1] = this.plot.py(dims > 1 ? values[i * dims + this.axes[1] - 1] : 0);
    }
    return out;
  }

  draw(now) {
    const { ctx, width, height } = this.sheet;
    const box = (this.plot = this.box());
    ctx.clearRect(0, 0, width, height);
    ctx.fillStyle = this.theme.background;
    ctx.fillRect(box.x, box.y, box.w, box.h);
    paintPlaneAxes(ctx, box, this.extent, this.theme, { x: `z${this.axes[0]}` });
    if (this.codes.values) this.paintCodes(box, now);
    this.paintBetween?.(ctx);
    if (this.place) this.paintPlace(ctx, box);
  }

  paintCodes(box, now) {
    const { settled, version } = this.codes;
    const state = settled ? [version, this.axes, this.extent, this.theme.version].join() : null;
    this.ground.paint(this.sheet, state, (ctx) =>
      paintClasses(ctx, box, this.pixels(this.codes.sample(now)), this.labels, this.theme, this.sheet.ratio));
  }

  paintPlace(ctx, box) {
    const [x, y] = [box.px(this.place.x), box.py(this.place.y)];
    ctx.strokeStyle = this.theme.text;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.arc(x, y, 6, 0, 7);
    ctx.stroke();
    if (!this.answer) return;
    const side = Math.round(Math.min(box.w, box.h) * 0.26);
    const foot = Math.round(this.theme.type * 1.7);
    const left = x + 14 + side + 6 > box.x + box.w ? x - 14 - side : x + 14;
    const top = Math.min(box.y + box.h - side - foot - 4, Math.max(box.y + 4, y - side / 2));
    ctx.fillStyle = this.theme.panel;
    ctx.strokeStyle = this.theme.text;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.roundRect(left - 4, top - 4, side + 8, side + foot + 6, 5);
    ctx.fill();
    ctx.stroke();
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(this.picture, left, top, side, side);
    ctx.font = this.theme.fontOf();
    ctx.fillStyle = this.theme.text;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(`(${this.place.x.toFixed(1)}, ${this.place.y.toFixed(1)})`.replaceAll("-", "−"), left + side / 2, top + side + foot / 2);
  }
}
