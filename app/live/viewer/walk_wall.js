/**
 * A wall of test pictures that are the anchors of a path. A click, or Enter, adds a picture or takes it
 * away. With `spec.groups` three groups are averaged, and the path leads to a, b, c and a − b + c.
 */

import { AtlasPanel } from "./atlas.js";
import { badge } from "./anchors.js";
import { el, setAttr } from "./dom.js";
import { anchorsOf, setAnchors } from "./walk_anchors.js";

const MOVES = { ArrowLeft: -1, ArrowRight: 1 };
const GROUPS = ["a", "b", "c"];
const MOST = 12; // anchors of a path: a setting holds 200 letters
const MOST_AVERAGED = 6;

export class WalkWallPanel extends AtlasPanel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.cursor = null;
    this.turn = 0;
    if (spec.groups) this.offerGroups();
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application"); // its keys are its own, not the page's
    this.canvas.addEventListener("click", (event) => this.click(event));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.canvas.addEventListener("blur", () => this.moveTo(null));
  }

  offerGroups() {
    const hints = ["what has the property", "what lacks it", "what shall get it"];
    this.buttons = GROUPS.map((name, which) => {
      const hint = `The next pictures chosen are averaged into ${name}: ${hints[which]}`;
      const node = el("button", { type: "button", class: "gl-toggle", title: hint, "aria-label": hint, text: name });
      node.addEventListener("click", () => this.turnTo(which));
      return node;
    });
    this.tools.prepend(...this.buttons);
    this.turnTo(0);
  }

  turnTo(which) {
    this.turn = which;
    this.buttons.forEach((node, each) => setAttr(node, "aria-pressed", String(each === which)));
    this.changed();
  }

  /** Atoms of the three groups: the first three anchors are their averages. */
  groups() {
    return anchorsOf(this).slice(0, 3).map((text) => text.split(":"));
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const index = lane && frame.array(lane.name, this.spec.probe, "index", this.settings);
    if (!index) return;
    this.index = Array.from(index.data);
    this.tell();
  }

  /** Something was chosen, here or in another panel. */
  changed() {
    this.dirty = true;
    this.tell();
    this.viewer.request();
  }

  moveTo(cursor) {
    this.cursor = cursor;
    this.changed();
  }

  choose(k) {
    if (!this.index || k < 0 || k >= this.index.length) return;
    const token = `t${this.index[k]}`;
    if (this.spec.groups) this.regroup(token);
    else setAnchors(this, toggled(anchorsOf(this), token, 2, MOST));
  }

  regroup(token) {
    const groups = this.groups();
    const pictures = groups[this.turn].filter((atom) => /^t\d+$/.test(atom)); // no whole class beside them
    groups[this.turn] = pictures.length ? toggled(pictures, token, 1, MOST_AVERAGED) : [token];
    const [a, b, c] = groups.map((atoms) => atoms.join(":"));
    setAnchors(this, [a, b, c, `${a}-${b}+${c}`]);
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
    else if (this.spec.groups && digit >= 0 && digit < GROUPS.length) this.turnTo(digit);
    else if (event.key === "Enter" && this.cursor !== null) this.choose(this.cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** What stands on each chosen picture, by its index among the test pictures. */
  marks() {
    const found = new Map();
    const mark = (atom, name) => /^t\d+$/.test(atom) && found.set(Number(atom.slice(1)), [found.get(Number(atom.slice(1))), name].filter(Boolean).join(" "));
    if (this.spec.groups) this.groups().forEach((atoms, which) => atoms.forEach((atom) => mark(atom, GROUPS[which])));
    else anchorsOf(this).forEach((anchor, place) => mark(anchor, String(place + 1)));
    return found;
  }

  tell() {
    if (!this.index) return;
    const chosen = [...this.marks()].map(([index, name]) => `picture ${index + 1} is ${name}`);
    this.canvas.dataset.anchors = anchorsOf(this).join(",");
    const at = this.cursor === null ? "" : ` At picture ${this.index[this.cursor] + 1}.`;
    this.describe(`${this.spec.title}: ${chosen.join(", ") || "none is an anchor"}.${at} Arrow keys move, Enter adds a picture or takes it away.`);
  }

  draw() {
    super.draw();
    if (!this.box || !this.index) return;
    for (const [index, name] of this.marks()) {
      const k = this.index.indexOf(index);
      if (k >= 0) this.outline(k, 3, name);
    }
    if (this.cursor !== null) this.outline(this.cursor, 1.5);
  }

  outline(k, width, name = "") {
    const { ctx } = this.sheet;
    const [w, h] = [this.box.scale * (this.tile.w + 1), this.box.scale * (this.tile.h + 1)];
    const [x, y] = [this.box.x + (k % this.columns) * w, this.box.y + Math.floor(k / this.columns) * h];
    ctx.strokeStyle = this.theme.accent;
    ctx.lineWidth = width;
    ctx.strokeRect(x + 1, y + 1, w, h);
    if (name) badge(ctx, this.theme, name, x, y);
  }
}

/** A list with an item added at its end, or taken away; it keeps at least and at most so many. */
export function toggled(list, item, least, most) {
  if (list.includes(item)) return list.length > least ? list.filter((each) => each !== item) : list;
  return list.length < most ? [...list, item] : [...list.slice(0, -1), item];
}
