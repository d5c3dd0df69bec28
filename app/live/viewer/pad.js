/** A pad of the picture's own pixels: what a person draws in its upper rows is given, and the model paints the rest. */

import { el, setAttr } from "./dom.js";
import { Panel } from "./panel.js";
import { letters, levelsOf, listenPixels } from "./pixels.js";

export class PadPanel extends Panel {
  constructor(spec, viewer) {
    super(spec, viewer);
    const [h, w] = spec.shape;
    Object.assign(this, { h, w, top: spec.top_level, rows: spec.rows ?? Math.floor(h / 2), erasing: false, at: { index: 0, row: 0, column: 0 } });
    this.levels = spec.start ? levelsOf(spec.start, this.top, h * w) : new Uint8Array(h * w);
    this.eraser = this.toggle("Erase", "Take ink away instead of adding it", false, (on) => (this.erasing = on));
    const clear = el("button", { type: "button", class: "gl-toggle", title: "Empty the pad", text: "Clear" });
    clear.addEventListener("click", () => this.change(() => this.levels.fill(0)));
    this.slider = el("input", { type: "range", min: "1", max: String(h - 1), value: String(this.rows), "aria-label": "Rows that are given", class: "gl-rows" });
    this.slider.addEventListener("input", () => this.change(() => (this.rows = Number(this.slider.value))));
    this.tools.prepend(el("label", { class: "gl-choice-label", text: "rows given" }, this.slider), clear);
    this.listen();
    this.hand();
  }

  listen() {
    const { canvas } = this;
    canvas.style.touchAction = "none";
    listenPixels(this, (place) => this.moved(place), true);
    canvas.addEventListener("pointerdown", (event) => {
      const rect = canvas.getBoundingClientRect();
      this.drawing = true;
      canvas.setPointerCapture(event.pointerId);
      this.ink(this.place(event.clientX - rect.left, event.clientY - rect.top));
    });
    const lift = () => {
      if (this.drawing) this.hand();
      this.drawing = false;
    };
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, lift);
    canvas.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      this.change(() => this.flip(this.at));
    });
  }

  moved(place) {
    this.at = place;
    if (this.drawing) this.ink(place);
    this.tell();
    this.redraw();
  }

  /** Ink a place and, on a fine pad, its neighbours: a pen as wide as a digit's stroke. */
  ink(place) {
    if (!place) return;
    const reach = this.h > 16 ? 1 : 0;
    for (let r = place.row - reach; r <= place.row + reach; r += 1) {
      for (let c = place.column - reach; c <= place.column + reach; c += 1) {
        const far = reach && Math.abs(r - place.row) + Math.abs(c - place.column) > 1;
        if (r >= 0 && r < this.h && c >= 0 && c < this.w && !far) this.levels[r * this.w + c] = this.erasing ? 0 : this.top;
      }
    }
    this.redraw();
  }

  flip({ row, column }) {
    const k = row * this.w + column;
    this.levels[k] = this.levels[k] ? 0 : this.top;
  }

  change(act) {
    act();
    this.hand();
    this.redraw();
  }

  redraw() {
    this.dirty = true;
    this.viewer.request();
  }

  /** Hand the picture to the probe; what lies below the given rows does not matter and is left out. */
  hand() {
    const given = this.levels.map((level, k) => (k < this.rows * this.w ? level : 0));
    this.viewer.chosen.set(this.spec.follows, { picture: letters(given, this.top), rows: this.rows });
    this.tell();
  }

  tell() {
    const inked = this.levels.subarray(0, this.rows * this.w).reduce((sum, level) => sum + (level > 0), 0);
    setAttr(this.canvas, "data-inked", inked);
    this.describe(`${this.spec.title}: ${this.h} by ${this.w} pixels, ${inked} inked in the ${this.rows} given rows; at row ${this.at.row + 1}, column ${this.at.column + 1}.`
      + " Draw with the pointer, or move with the arrow keys and ink with Space.");
  }

  extent() {
    return { count: 1, h: this.h, w: this.w };
  }

  fit() {
    const { width, height } = this.sheet;
    const cell = Math.floor(Math.min(width / this.w, height / this.h));
    return { cell, x: Math.floor((width - cell * this.w) / 2), y: Math.floor((height - cell * this.h) / 2) };
  }

  place(px, py) {
    const { cell, x, y } = this.fit();
    const [row, column] = [Math.floor((py - y) / cell), Math.floor((px - x) / cell)];
    return row >= 0 && row < this.h && column >= 0 && column < this.w ? { index: 0, row, column } : null;
  }

  draw() {
    const { ctx, width, height } = this.sheet;
    const { cell, x, y } = this.fit();
    ctx.clearRect(0, 0, width, height);
    for (let k = 0; k < this.h * this.w; k += 1) {
      const row = Math.floor(k / this.w);
      const grey = Math.round((255 * this.levels[k]) / this.top);
      ctx.globalAlpha = row < this.rows ? 1 : 0.25;
      ctx.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      ctx.fillRect(x + (k % this.w) * cell, y + row * cell, cell - (cell > 6 ? 1 : 0), cell - (cell > 6 ? 1 : 0));
    }
    ctx.globalAlpha = 1;
    ctx.strokeStyle = this.theme.accent;
    ctx.lineWidth = 2;
    ctx.setLineDash([6, 4]);
    ctx.beginPath();
    ctx.moveTo(x, y + this.rows * cell);
    ctx.lineTo(x + this.w * cell, y + this.rows * cell);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.strokeRect(x + this.at.column * cell, y + this.at.row * cell, cell, cell);
  }
}
