/** The canvas on which one draws a distribution: mouse, touch, pen or keys; brush, eraser, undo. */

import { paintPlaneAxes } from "./axes.js";
import { button, el, setAttr, setText } from "./dom.js";
import { Sheet } from "./sheet.js";
import { REACH, Sketch } from "./sketch.js";
import { COLOURS, Theme } from "./theme.js";
import { tickText } from "./ticks.js";

const SHEETS = ["viewer.css", "transport.css", "draw.css"];
const MARGIN = { left: 34, right: 10, top: 14, bottom: 30 }; // px; left + right = top + bottom
const HINT = "Draw with mouse, finger or pen. By keys: arrows move, space sets the brush down and lifts it.";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const STRIDE = 0.1; // plot units of an arrow key; a fifth of it with Shift

const boards = new WeakMap();
const sketch = new Sketch(); // outlives its canvas: a form that closes forgets nothing

/** Show the canvas in `host`, or update the one there; `hand(strokes)` takes what was drawn. */
export function mountDrawing(host, data, hand) {
  if (!boards.has(host)) boards.set(host, new Board(host));
  boards.get(host).update(data, hand);
}

class Board {
  constructor(host) {
    this.tool = "brush";
    this.radius = 0.08;
    this.pointer = null; // where brush or eraser are shown, in plot units
    this.holding = null; // id of the pointer that draws, or "keys"
    this.canvas = el("canvas", {
      class: "gl-draw-canvas", tabindex: "0", role: "application",
      "aria-label": "Canvas for a distribution, from −2 to 2 on both axes", "aria-describedby": "gl-draw-said",
    });
    this.said = el("p", { class: "gl-quiet", role: "status", id: "gl-draw-said", text: HINT });
    this.root = el("div", { class: "gl-root gl-draw", role: "group", "aria-label": "Draw a distribution" }, this.canvas, this.tools(), this.said,
      button("Train on this drawing", "play", { class: "gl-primary", onclick: () => this.handIn() }));
    const onload = () => this.restyle(); // the canvas takes its colours from the style sheets
    host.append(...SHEETS.map((name) => el("link", { rel: "stylesheet", href: new URL(name, import.meta.url).href, onload })), this.root);
    this.theme = new Theme(this.root);
    this.sheet = new Sheet(this.canvas, () => this.repaint());
    this.listen();
    this.changed();
  }

  update(data, hand) {
    Object.assign(this, { guide: data.guide ?? [], hand });
    this.restyle();
  }

  restyle() {
    this.theme.refresh();
    this.repaint();
  }

  tools() {
    const choose = (tool) => () => {
      this.tool = tool;
      this.changed();
    };
    this.brush = button("Brush", null, { onclick: choose("brush") });
    this.eraser = button("Eraser", null, { onclick: choose("eraser") });
    const act = (name) => () => {
      this.lift();
      sketch[name]();
      this.changed();
    };
    this.undo = button("Undo", null, { onclick: act("undo") });
    this.redo = button("Redo", null, { onclick: act("redo") });
    this.clear = button("Clear", null, { onclick: act("clear") });
    const size = el("input", { type: "range", min: "0.02", max: "0.3", step: "0.01", value: String(this.radius), "aria-label": "Radius of brush and eraser" });
    const resize = () => {
      this.radius = Number(size.value);
      size.style.setProperty("--gl-fill", `${((size.value - size.min) / (size.max - size.min)) * 100}%`);
    };
    size.addEventListener("input", resize);
    resize();
    return el("div", { class: "gl-draw-tools" },
      this.brush, this.eraser, this.undo, this.redo, this.clear,
      el("label", { class: "gl-draw-size" }, el("span", { text: "Size" }), size));
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.holding !== null) return;
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this.setDown(event.pointerId, this.placeOf(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      this.pointer = this.placeOf(event);
      if (event.pointerId === this.holding) {
        const between = event.getCoalescedEvents?.() ?? [];
        for (const each of between.length ? between : [event]) this.drag(this.placeOf(each));
      }
      this.repaint();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => event.pointerId === this.holding && this.lift());
    }
    canvas.addEventListener("pointerleave", () => {
      if (this.holding === null) this.pointer = null;
      this.repaint();
    });
    canvas.addEventListener("keydown", (event) => this.press(event));
    canvas.addEventListener("blur", () => this.holding === "keys" && this.lift());
  }

  press(event) {
    const { key, shiftKey } = event;
    const control = event.ctrlKey || event.metaKey;
    if (control && key.toLowerCase() === "z") (shiftKey ? this.redo : this.undo).click();
    else if (control && key.toLowerCase() === "y") this.redo.click();
    else if (control || event.altKey) return;
    else if (key === " ") {
      if (this.holding === "keys") this.lift();
      else if (this.holding === null) this.setDown("keys", this.pointer ?? [0, 0]);
    } else if (ARROWS[key]) {
      const stride = shiftKey ? STRIDE / 5 : STRIDE;
      const [x, y] = this.pointer ?? [0, 0];
      this.pointer = [x + ARROWS[key][0] * stride, y + ARROWS[key][1] * stride].map(inside);
      if (this.holding === "keys") this.drag(this.pointer);
      const at = this.pointer.map((value) => tickText(value, 0.01)).join(", ");
      setText(this.said, `${this.tool === "brush" ? "Brush" : "Eraser"} ${this.holding === "keys" ? "down" : "up"} at ${at}.`);
      this.repaint();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  setDown(holder, place) {
    this.holding = holder;
    this.pointer = place;
    if (this.tool === "brush") sketch.begin(place, this.radius);
    else sketch.beginErasing(place, this.radius);
    this.repaint();
  }

  drag(place) {
    if (this.tool === "brush") sketch.extend(place);
    else sketch.erase(place);
  }

  lift() {
    if (this.holding === null) return;
    this.holding = null;
    sketch.settle();
    this.changed();
  }

  handIn() {
    this.lift();
    if (sketch.lack) setText(this.said, `${sketch.lack} Draw a line, or tap several spots.`);
    else this.hand(sketch.plain());
  }

  /** Say what there is, and what can be done about it. */
  changed() {
    const count = sketch.strokes.length;
    setText(this.said, count ? `${count} ${count === 1 ? "stroke" : "strokes"}; 1024 points are spread evenly along ${count === 1 ? "it" : "them"}.` : HINT);
    setAttr(this.brush, "aria-pressed", String(this.tool === "brush"));
    setAttr(this.eraser, "aria-pressed", String(this.tool === "eraser"));
    setAttr(this.undo, "disabled", !sketch.past.length);
    setAttr(this.redo, "disabled", !sketch.future.length);
    setAttr(this.clear, "disabled", sketch.empty);
    this.repaint();
  }

  get box() {
    const { width, height } = this.sheet;
    const [w, h] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
    return {
      x: MARGIN.left, y: MARGIN.top, w, h,
      px: (x) => MARGIN.left + ((x + REACH) / (2 * REACH)) * w,
      py: (y) => MARGIN.top + ((REACH - y) / (2 * REACH)) * h,
    };
  }

  placeOf(event) {
    const frame = this.canvas.getBoundingClientRect();
    const { x, y, w, h } = this.box;
    return [((event.clientX - frame.left - x) / w) * 2 * REACH - REACH, REACH - ((event.clientY - frame.top - y) / h) * 2 * REACH].map(inside);
  }

  repaint() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      if (this.sheet.width) this.paint();
    });
  }

  paint() {
    const { box, theme } = this;
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    ctx.fillStyle = theme.panel;
    ctx.fillRect(box.x, box.y, box.w, box.h);
    ctx.strokeStyle = theme.grid;
    ctx.strokeRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1);
    paintPlaneAxes(ctx, box, [-REACH, REACH, -REACH, REACH], theme);
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.x, box.y, box.w, box.h);
    ctx.clip();
    dots(ctx, box, this.guide.flat(), theme.muted, 0.3, 1.6);
    this.paintInk(ctx, box);
    dots(ctx, box, sketch.preview(), COLOURS.real, 1, 1.3);
    if (this.pointer) this.paintTool(ctx, box);
    ctx.restore();
    this.canvas.dataset.strokes = String(sketch.strokes.length);
  }

  paintInk(ctx, box) {
    const unit = box.w / (2 * REACH);
    Object.assign(ctx, { lineCap: "round", lineJoin: "round", strokeStyle: COLOURS.real, globalAlpha: 0.2 });
    for (const { radius, path } of sketch.strokes) {
      ctx.lineWidth = 2 * radius * unit;
      ctx.beginPath();
      ctx.moveTo(box.px(path[0][0]), box.py(path[0][1]));
      for (const [x, y] of path) ctx.lineTo(box.px(x), box.py(y));
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  paintTool(ctx, box) {
    const [x, y] = this.pointer;
    ctx.beginPath();
    ctx.arc(box.px(x), box.py(y), (this.radius * box.w) / (2 * REACH), 0, 7);
    ctx.lineWidth = this.holding === null ? 1 : 2;
    ctx.setLineDash(this.tool === "eraser" ? [4, 3] : []);
    ctx.strokeStyle = this.theme.text;
    ctx.stroke();
    ctx.setLineDash([]);
  }
}

function inside(value) {
  return Math.min(REACH, Math.max(-REACH, value));
}

function dots(ctx, box, values, colour, alpha, radius) {
  Object.assign(ctx, { fillStyle: colour, globalAlpha: alpha });
  for (let i = 0; i + 1 < values.length; i += 2) {
    ctx.fillRect(box.px(values[i]) - radius, box.py(values[i + 1]) - radius, 2 * radius, 2 * radius);
  }
  ctx.globalAlpha = 1;
}
