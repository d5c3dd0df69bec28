/**
 * Test pictures, four of which are the anchors of a sheet. A click, or Enter, makes a picture the
 * anchor whose turn it is; buttons and digits say whose.
 */

import { AtlasPanel } from "./atlas.js";
import { el, setAttr } from "./dom.js";

const MOVES = { ArrowLeft: -1, ArrowRight: 1 };
const NAMES = ["z₁", "z₂", "z₃", "z₄"];

/** Write an anchor's name over a picture's upper left corner. */
export function badge(ctx, theme, name, x, y) {
  ctx.font = theme.fontOf(0.95, "700");
  [ctx.textAlign, ctx.textBaseline] = ["left", "top"];
  const [w, h] = [ctx.measureText(name).width + 6, theme.type * 1.35];
  ctx.fillStyle = theme.accent;
  ctx.fillRect(x, y, w, h);
  ctx.fillStyle = theme.background;
  ctx.fillText(name, x + 3, y + theme.type * 0.18);
}

/** Name of an anchor, 0 to 3. */
export const nameOf = (which) => NAMES[which];

export class AnchorsPanel extends AtlasPanel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.turn = 0;
    this.cursor = null;
    this.buttons = NAMES.map((name, which) => {
      const hint = `The next picture chosen becomes ${name}`;
      const node = el("button", { type: "button", class: "gl-toggle", title: hint, "aria-label": hint, text: name });
      node.addEventListener("click", () => this.turnTo(which));
      return node;
    });
    this.tools.prepend(...this.buttons);
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application"); // its keys are its own, not the page's
    this.canvas.addEventListener("click", (event) => this.click(event));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.canvas.addEventListener("blur", () => this.moveTo(null));
    this.turnTo(0);
  }

  /** Indices of the four anchors among the test pictures. */
  get anchors() {
    const chosen = this.viewer.chosen.of(this.spec.sets);
    return NAMES.map((_, which) => chosen[`anchor_${which + 1}`] ?? this.spec.anchors[which]);
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const index = lane && frame.array(lane.name, this.spec.probe, "index", this.settings);
    if (!index) return;
    this.index = Array.from(index.data);
    this.tell();
  }

  turnTo(which) {
    this.turn = which;
    this.buttons.forEach((node, each) => setAttr(node, "aria-pressed", String(each === which)));
    this.tell();
    this.repaint();
  }

  moveTo(cursor) {
    this.cursor = cursor;
    this.tell();
    this.repaint();
  }

  repaint() {
    this.dirty = true;
    this.viewer.request();
  }

  /** Make the k-th picture of the sheet the anchor whose turn it is. */
  choose(k) {
    if (!this.index || k < 0 || k >= this.index.length) return;
    this.viewer.chosen.set(this.spec.sets, { [`anchor_${this.turn + 1}`]: this.index[k] });
    this.turnTo((this.turn + 1) % NAMES.length);
  }

  click(event) {
    const rect = this.canvas.getBoundingClientRect();
    const found = this.under(event.clientX - rect.left, event.clientY - rect.top);
    if (found) this.choose(found.index);
  }

  press(event) {
    if (!this.index || event.ctrlKey || event.metaKey || event.altKey) return;
    const digit = Number(event.key) - 1;
    const move = MOVES[event.key] ?? { ArrowUp: -this.columns, ArrowDown: this.columns }[event.key];
    const next = (this.cursor ?? 0) + (this.cursor === null ? 0 : move);
    if (move) this.moveTo(next >= 0 && next < this.index.length ? next : this.cursor);
    else if (digit >= 0 && digit < NAMES.length) this.turnTo(digit);
    else if (event.key === "Enter" && this.cursor !== null) this.choose(this.cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  tell() {
    if (!this.index) return;
    this.canvas.dataset.anchors = this.anchors.join(",");
    const said = this.anchors.map((index, which) => `${NAMES[which]} is picture ${index + 1}`).join(", ");
    const at = this.cursor === null ? "" : ` At picture ${this.index[this.cursor] + 1}.`;
    this.describe(`${this.spec.title}: ${said}.${at} Arrow keys move, Enter makes a picture ${NAMES[this.turn]}, digits 1 to 4 say which is chosen next.`);
  }

  draw() {
    super.draw();
    if (!this.box || !this.index) return;
    const { ctx } = this.sheet;
    this.anchors.forEach((index, which) => {
      const k = this.index.indexOf(index);
      if (k >= 0) this.outline(ctx, k, 3, NAMES[which]);
    });
    if (this.cursor !== null) this.outline(ctx, this.cursor, 1.5);
  }

  outline(ctx, k, width, name = "") {
    const { box } = this;
    const [w, h] = [box.scale * (this.tile.w + 1), box.scale * (this.tile.h + 1)];
    const [x, y] = [box.x + (k % this.columns) * w, box.y + Math.floor(k / this.columns) * h];
    ctx.strokeStyle = this.theme.accent;
    ctx.lineWidth = width;
    ctx.strokeRect(x + 1, y + 1, w, h);
    if (name) badge(ctx, this.theme, name, x, y);
  }
}
