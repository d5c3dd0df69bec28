/**
 * Pictures along a path, on which a person points, and the picture at that very place. Under each
 * picture of the path may stand the training picture that is nearest to it.
 */

import { badge } from "./anchors.js";
import { AtlasPanel } from "./atlas.js";
import { settingsWith } from "./chosen.js";
import { el, setText, throttled } from "./dom.js";
import { number } from "./ticks.js";
import { anchorsOf, offerAnchors, placeOf, setAnchors } from "./walk_anchors.js";

const EVERY = 45; // ms between two places that are asked for
const STRIDES = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const PAUSE = 110; // ms for each picture while it plays

/** The array of a path's probe, whatever it stands for; null where the frame lacks it. */
function read(panel, frame, name) {
  const lane = frame.lane(panel.spec.lane);
  return lane && frame.array(lane.name, panel.spec.probe, name, panel.settings);
}

export class WalkPanel extends AtlasPanel {
  constructor(spec, viewer) {
    super(spec, viewer);
    this.playing = null;
    this.send = throttled(() => viewer.chosen.set(spec.follows, { at: this.place }), EVERY);
    this.play = this.toggle("Play", "Go along the path by itself, and back", false, (on) => this.run(on));
    if (!spec.names) this.offerPlaces(); // anchors that have names of their own are what they are
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application"); // its keys are its own, not the page's
    for (const kind of ["pointerdown", "pointermove"]) this.canvas.addEventListener(kind, (event) => this.follow(event));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
  }

  /** Anchors as buttons, and one that makes the ring's place an anchor. */
  offerPlaces() {
    const keep = el("button", { type: "button", class: "gl-toggle gl-keep", title: "Make the place under the ring an anchor", text: "Keep place" });
    keep.addEventListener("click", () => this.keep());
    this.tools.prepend(keep);
    this.chips = el("div", { class: "gl-chips" });
    this.element.append(this.chips);
  }

  /** Share of the way at which the ring stands. */
  get place() {
    return this.moved ?? this.viewer.chosen.of(this.spec.follows).at ?? 0;
  }

  /** Legs between neighbours: a closed path has one more, back to its start. */
  get legs() {
    return Math.max(1, this.count - (this.settings.closed ? 0 : 1));
  }

  /** The picture that is nearest to the ring. */
  get step() {
    return Math.round(this.place * this.legs) % this.count;
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const arrays = ["anchors", "z", "weights"].map((name) => read(this, frame, name));
    if (arrays.every(Boolean)) {
      [this.met, this.z, this.weights] = arrays;
      this.walked = anchorsOf(this); // newer anchors may be chosen before their path is here
    }
    this.nearest = read(this, frame, "nearest_images");
    if (this.chips) offerAnchors(this);
    this.tell();
  }

  follow(event) {
    if (!this.box || !this.count || (event.type === "pointermove" && event.pointerType === "touch" && !event.buttons)) return;
    const rect = this.canvas.getBoundingClientRect();
    const [w, h] = this.cell();
    const [x, y] = [(event.clientX - rect.left - this.box.x) / w, (event.clientY - rect.top - this.box.y) / h];
    const row = Math.floor(y);
    if (x < 0 || x > this.columns || row < 0 || row >= Math.ceil(this.count / this.columns)) return;
    this.goTo((row * this.columns + x - 0.5) / this.legs);
  }

  press(event) {
    const stride = STRIDES[event.key];
    if (!stride || !this.count || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.goTo((this.place * this.legs + stride * (event.shiftKey ? 0.1 : 1)) / this.legs);
  }

  goTo(place) {
    const inside = Math.round(1e4 * Math.min(1, Math.max(0, place))) / 1e4;
    if (inside === this.place) return;
    this.moved = inside;
    this.send();
    this.tell();
  }

  run(on) {
    clearInterval(this.playing);
    this.heading = 1;
    this.playing = on ? setInterval(() => this.advance(), PAUSE) : null;
  }

  advance() {
    if (!this.count) return;
    if (this.settings.closed) return void this.goTo((this.place + 1 / this.legs) % 1);
    if (this.place >= 1) this.heading = -1;
    if (this.place <= 0) this.heading = 1;
    this.goTo(this.place + this.heading / this.legs);
  }

  /** Add the place under the ring to the anchors: a bookmark, reproducible from its numbers. */
  keep() {
    if (!this.z || !this.count) return;
    setAnchors(this, [...anchorsOf(this), placeOf(this.atRing(this.z), this.atRing(this.weights), this.walked)]);
  }

  /** A row of a table of the path's steps at the ring: on the line from one step to the next. */
  atRing({ data, shape: [count, width] }) {
    const at = this.place * this.legs;
    const [from, share] = [Math.floor(at), at % 1];
    const row = (step) => data.subarray((step % count) * width, ((step % count) + 1) * width);
    const [here, next] = [row(from), row(from + (share ? 1 : 0))];
    return Array.from(here, (value, k) => (1 - share) * value + share * next[k]);
  }

  tell() {
    if (!this.count) return;
    const at = this.place * this.legs;
    if (at !== this.viewer.pointing.step) this.viewer.pointing.overStep(at);
    setText(this.legend, `step ${this.step + 1} of ${this.count}`);
    Object.assign(this.canvas.dataset, { at: this.place, anchors: anchorsOf(this).join(","), walked: this.walked?.join(",") ?? "", painted: String(this.progress ?? 0) });
    this.describe(`${this.spec.title}: ${this.count} pictures along a path through ${anchorsOf(this).length} anchors; the ring is at step ${this.step + 1}. Arrow keys move it by a step, with Shift by a tenth.`);
    this.dirty = true;
    this.viewer.request();
  }

  cell() {
    return [this.box.scale * (this.tile.w + 1), this.box.scale * (this.tile.h + 1)];
  }

  draw() {
    this.pointed = null; // the ring says where one is
    super.draw();
    if (!this.box || !this.count) return;
    const { ctx } = this.sheet;
    const [w, h] = this.cell();
    const corner = (k) => [this.box.x + (k % this.columns) * w, this.box.y + Math.floor(k / this.columns) * h];
    Array.from(this.met?.data ?? []).forEach((step, order) => {
      const [x, y] = corner(step);
      ctx.strokeStyle = this.theme.accent;
      ctx.lineWidth = 2;
      ctx.strokeRect(x + 1, y + 1, w, h);
      badge(ctx, this.theme, this.spec.names?.[order] ?? String(order + 1), x, y);
    });
    const at = Math.min(this.count - 1, this.place * this.legs);
    const row = Math.floor((at + 0.5) / this.columns - 1e-9);
    const [x, y] = [this.box.x + (at - row * this.columns + 0.5) * w, this.box.y + row * h + h / 2];
    for (const [colour, width] of [[this.theme.background, 5], [this.theme.accent, 2.5]]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.beginPath();
      ctx.arc(x, y, 8, 0, 7);
      ctx.stroke();
    }
  }

  destroy() {
    clearInterval(this.playing);
    super.destroy();
  }
}

/** The picture at the ring, large; beside it, where they are known, the nearest training picture. */
export class WalkHerePanel extends AtlasPanel {
  /** Settings of the whole path, from which the picture comes until one is made for this very place. */
  get pathSettings() {
    const { pathSettings: settings, follows, pathTakes: takes } = this.spec;
    return settingsWith(this.viewer, { settings, follows, takes });
  }

  probes() {
    const whole = { probe: this.spec.path, settings: this.pathSettings };
    return this.spec.probe === this.spec.path ? [whole] : [whole, ...super.probes()];
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const found = (name) => {
      const lane = frame.lane(this.spec.lane);
      return lane && frame.array(lane.name, this.spec.path, name, this.pathSettings);
    };
    this.whole = found("images") ?? this.whole;
    this.nearest = found("nearest_images");
    this.distance = found("nearest_distance")?.data;
    this.indices = found("nearest_index")?.data;
    this.show(this.viewer.pointing.step ?? this.from());
    if (this.spec.probe === this.spec.path) return;
    const made = this.array; // what the probe made for the very place
    const lane = frame.lane(this.spec.lane);
    if (lane && made && frame.entry(lane.name, this.spec.probe, this.settings)) this.canvas.dataset.madeAt = this.settings.at ?? 0;
    if (made) this.lay(made, 0);
  }

  /** Step of the path at which a freshly opened link stands. */
  from() {
    const count = this.whole?.shape[0] ?? 1;
    return (this.viewer.chosen.of(this.spec.follows).at ?? 0) * Math.max(1, count - (this.pathSettings.closed ? 0 : 1));
  }

  /** Lay the picture of a step, and the training picture nearest to it. */
  show(place) {
    if (!this.whole) return;
    const step = Math.round(place) % this.whole.shape[0];
    this.step = step;
    this.lay(this.whole, step);
    const near = this.distance ? `nearest training picture ${this.indices[step] + 1}, ${number(this.distance[step])} away` : "";
    setText(this.legend, near);
    this.describe(`${this.spec.title}: step ${step + 1}${near ? `; ${near}` : ""}`);
  }

  lay(images, step) {
    const one = ({ data, shape }, k) => data.subarray(k * shape.slice(1).reduce((a, b) => a * b, 1), (k + 1) * shape.slice(1).reduce((a, b) => a * b, 1));
    const shown = [one(images, step)];
    if (this.nearest && this.step !== undefined) shown.push(one(this.nearest, this.step));
    const data = new Uint8Array(shown.reduce((sum, each) => sum + each.length, 0));
    shown.forEach((each, k) => data.set(each, k * shown[0].length));
    this.compose({ data, shape: [shown.length, ...images.shape.slice(1)] });
    this.dirty = true;
    this.viewer.request();
  }
}
