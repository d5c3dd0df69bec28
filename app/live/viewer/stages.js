/**
 * A picture with stages, one of which a slider chooses and a button walks to, forth and back. Between
 * two stages it glides; `place` is where it stands, `target` where it goes, `told` what is said.
 */

import { button, el, relabel, setAttr, setText } from "./dom.js";
import { Panel } from "./panel.js";

const WALK = 4000; // ms from end to end
const GLIDE = 250; // ms at most to where the slider is put

export class StagesPanel extends Panel {
  /** @param {string} noun what a stage is called @param {object[]} ends the first and the last: `short` on the button, `long` as its name */
  constructor(spec, viewer, noun, ends) {
    super(spec, viewer);
    [this.noun, this.ends] = [noun, ends];
    [this.place, this.target, this.pace, this.walking] = [0, 0, 0, false];
    this.told = 0; // while walking the stage passed, otherwise the one chosen
    const title = noun[0].toUpperCase() + noun.slice(1);
    this.range = el("input", { type: "range", min: 0, max: 1, step: 1, value: 0, "aria-label": `${title}, ${spec.title}` });
    this.range.addEventListener("input", () => this.goTo(Number(this.range.value), GLIDE));
    this.label = el("span", { class: "gl-stages-name" });
    this.walk = button(ends[1].short, "play", { onclick: () => this.goTo(this.forth ? this.last : 0, WALK) });
    this.foot = el("div", { class: "gl-stages-foot" }, this.range, this.label, this.walk);
    this.element.append(this.foot);
  }

  /** Numbers of the stages, by which they are called; undefined before the first frame. */
  get numbers() {
    return undefined;
  }

  /** Index of the last stage. */
  get last() {
    return (this.numbers?.length ?? 1) - 1;
  }

  /** Whether the button leads to the last stage. */
  get forth() {
    return this.target < this.last;
  }

  /** Walk to a stage; a whole way takes `time` ms, a part of it its share, and `time` 0 none. */
  goTo(stage, time) {
    this.target = stage;
    if (time === GLIDE) this.pace = Math.abs(stage - this.place) / GLIDE;
    else this.pace = time ? this.last / time : Infinity;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.pace = Infinity;
    this.walked = null;
    this.walking = time === WALK && this.pace !== Infinity;
    this.told = this.walking ? Math.round(this.place) : stage;
    this.tell();
    this.dirty = true;
    this.viewer.request();
  }

  /** Say which stage is told; returns its name. */
  tell() {
    if (!this.numbers) return "";
    const { told } = this;
    const name = `${this.noun} ${this.numbers[told]} of ${this.numbers[this.last]}`;
    const { short, long } = this.ends[this.forth ? 1 : 0];
    setText(this.label, name);
    relabel(this.walk, short, "play");
    setAttr(this.walk, "aria-label", long);
    setAttr(this.range, "max", this.last);
    this.range.value = told;
    this.range.style.setProperty("--gl-fill", `${(100 * told) / Math.max(1, this.last)}%`);
    setAttr(this.range, "aria-valuetext", name);
    this.canvas.dataset.stage = this.numbers[told];
    return name;
  }

  /** One stage of an array `(S, …)`, between two where the place is not whole. */
  stage(values, shape, place) {
    const size = values.length / shape[0];
    const low = Math.min(Math.floor(place), this.last);
    const from = values.subarray(low * size, (low + 1) * size);
    const share = place - low;
    if (!share) return from;
    const to = values.subarray((low + 1) * size, (low + 2) * size);
    return from.map((value, i) => value + share * (to[i] - value));
  }

  moving() {
    return this.place !== this.target;
  }

  paint(now) {
    this.dirty ||= this.moving();
    return super.paint(now);
  }

  /** Move the place as far as the time since the last step allows. */
  step(now) {
    if (this.place === this.target) return;
    const passed = this.walked === null ? 0 : now - this.walked;
    this.walked = now;
    const way = this.target - this.place;
    const most = this.pace === Infinity ? Infinity : this.pace * passed;
    this.place = Math.abs(way) <= most ? this.target : this.place + Math.sign(way) * most;
    if (!this.walking || this.told === Math.round(this.place)) return;
    this.told = Math.round(this.place);
    this.tell();
  }

  /** The plot box of a plane `[x0, x1, y0, y1]`, with its maps to pixels. */
  box([x0, x1, y0, y1]) {
    const { width, height } = this.sheet;
    const { type } = this.theme;
    const left = Math.round(type * 2.7);
    const box = { x: left, y: 5, w: Math.max(10, width - left - 8), h: Math.max(10, height - Math.round(type * 1.7) - 5) };
    box.px = (x) => box.x + ((x - x0) / (x1 - x0)) * box.w;
    box.py = (y) => box.y + box.h - ((y - y0) / (y1 - y0)) * box.h;
    return box;
  }
}
