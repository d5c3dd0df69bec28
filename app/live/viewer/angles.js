/**
 * A sheet of pictures over two angles, on which a person points, and the picture
 * at that very point. Angles are in degrees; across is φ, down is φ′.
 */

import { badge, nameOf } from "./anchors.js";
import { AtlasPanel } from "./atlas.js";
import { setText, throttled } from "./dom.js";

const START = { a: 45, b: 45 };
const EVERY = 90; // ms between two points that are asked for
const STRIDES = { ArrowLeft: ["a", -1], ArrowRight: ["a", 1], ArrowUp: ["b", -1], ArrowDown: ["b", 1] };

export class AnglesPanel extends AtlasPanel {
  constructor(spec, viewer) {
    super(spec, viewer);
    const { a = START.a, b = START.b } = viewer.chosen.of(spec.follows);
    this.point = { a, b };
    this.send = throttled(() => viewer.chosen.set(spec.follows, this.point), EVERY);
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application"); // its keys are its own, not the page's
    for (const kind of ["pointerdown", "pointermove"]) this.canvas.addEventListener(kind, (event) => this.follow(event));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.tell();
  }

  /** Whether the sheet ends at the anchors, a quarter of each circle. */
  get quarter() {
    return Boolean(this.settings.quarter);
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    if (this.quarter) this.goTo(this.point.a, this.point.b); // a point of the rest of the circle would lie beside the sheet
    this.tell();
  }

  /** Columns of the sheet from its first to an angle, and rows likewise. */
  placeOf(angle) {
    return this.quarter ? (angle / 90) * (this.columns - 1) : (angle / 360) * this.columns;
  }

  angleAt(place) {
    if (this.quarter) return (90 * place) / (this.columns - 1);
    return (((360 * place) / this.columns) + 360) % 360;
  }

  follow(event) {
    if (!this.box || !this.count) return;
    const rect = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - rect.left - this.box.x, event.clientY - rect.top - this.box.y];
    if (x < 0 || y < 0 || x > this.box.w || y > this.box.h) return;
    const [w, h] = this.cell();
    this.goTo(this.angleAt(x / w - 0.5), this.angleAt(y / h - 0.5));
  }

  press(event) {
    const stride = STRIDES[event.key];
    if (!stride || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [name, sign] = stride;
    const next = { ...this.point, [name]: this.point[name] + sign * (event.shiftKey ? 1 : 5) };
    if (!this.quarter) next[name] = (next[name] + 360) % 360;
    this.goTo(next.a, next.b);
  }

  goTo(a, b) {
    const inside = (angle) => Math.round(Math.min(this.quarter ? 90 : 360, Math.max(0, angle)));
    const point = { a: inside(a), b: inside(b) };
    if (point.a === this.point.a && point.b === this.point.b) return;
    this.point = point;
    this.send();
    this.tell();
    this.dirty = true;
    this.viewer.request();
  }

  tell() {
    const { a, b } = this.point;
    setText(this.legend, `φ = ${a}°, φ′ = ${b}°`);
    this.canvas.dataset.point = `${a},${b}`;
    this.describe(`${this.spec.title}: ${this.count ?? 0} pictures over two angles; the point is at φ = ${a}°, φ′ = ${b}°. Arrow keys move it by 5°, with Shift by 1°.`);
  }

  cell() {
    return [this.box.scale * (this.tile.w + 1), this.box.scale * (this.tile.h + 1)];
  }

  draw() {
    super.draw();
    if (!this.box || !this.count) return;
    const { ctx } = this.sheet;
    const [w, h] = this.cell();
    [[0, 0], [0, 90], [90, 0], [90, 90]].forEach(([a, b], which) => {
      const [column, row] = [this.placeOf(a), this.placeOf(b)];
      if (!Number.isInteger(column)) return; // no picture of the sheet lies there
      const [x, y] = [this.box.x + column * w, this.box.y + row * h];
      ctx.strokeStyle = this.theme.accent;
      ctx.lineWidth = 3;
      ctx.strokeRect(x + 1, y + 1, w, h);
      badge(ctx, this.theme, nameOf(which), x, y);
    });
    this.ring(ctx, this.box.x + (this.placeOf(this.point.a) + 0.5) * w, this.box.y + (this.placeOf(this.point.b) + 0.5) * h);
  }

  /** A ring that is seen on dark and light. */
  ring(ctx, x, y) {
    for (const [colour, width] of [[this.theme.background, 5], [this.theme.accent, 2.5]]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.beginPath();
      ctx.arc(x, y, 8, 0, 7);
      ctx.stroke();
    }
  }
}

export class AnglesPointPanel extends AtlasPanel {
  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const shares = lane && frame.array(lane.name, this.spec.probe, "shares", this.settings);
    if (!shares) return;
    const sum = Array.from(shares.data, (share, which) => `${(Math.round(100 * share) / 100 || 0).toFixed(2)} ${nameOf(which)}`);
    const text = `z = ${sum.join(" + ")}`.replaceAll("+ -", "− ").replace("-", "−");
    setText(this.legend, text);
    this.describe(`${this.spec.title}: ${text}`);
  }
}
