/** What every panel shares: a titled section, tools, one live canvas, and its marks for readers and tests. */

import { settingsWith } from "./chosen.js";
import { el, setAttr, setText } from "./dom.js";
import { exportTool } from "./export.js";
import { Sheet } from "./sheet.js";

let count = 0;

export class Panel {
  /**
   * @param {object} spec the layout's panel
   * @param {object} viewer shared: theme, pointer, scales, `request()` to ask for a paint
   */
  constructor(spec, viewer) {
    this.spec = spec;
    this.viewer = viewer;
    this.theme = viewer.theme;
    this.frame = null;
    this.dirty = true;
    const id = `gl-panel-${(count += 1)}`;
    this.title = el("h3", { class: "gl-panel-title", id, text: spec.title ?? "" });
    this.legend = el("div", { class: "gl-legend" });
    this.tools = el("div", { class: "gl-tools" });
    this.canvas = el("canvas", { class: "gl-canvas", role: "img", tabindex: null });
    this.note = el("p", { class: "gl-note", hidden: true });
    this.element = el("section", { class: `gl-panel gl-${spec.kind}`, "aria-labelledby": id, dataset: { kind: spec.kind } },
      el("header", { class: "gl-panel-head" }, this.title, this.legend, this.tools),
      el("div", { class: "gl-stage" }, this.canvas, this.note));
    if (spec.lane) this.element.dataset.lane = spec.lane;
    this.tools.append(exportTool(this));
    this.sheet = new Sheet(this.canvas, () => {
      this.dirty = true;
      viewer.request();
    });
  }

  /** Probes this panel needs: `{probe, settings}` each. */
  probes() {
    const waits = this.spec.waits && !Object.keys(this.viewer.chosen.of(this.spec.follows)).length;
    return this.spec.probe && !waits ? [{ probe: this.spec.probe, settings: this.settings }] : [];
  }

  /** The probe's settings, with what a person chose of them. */
  get settings() {
    return settingsWith(this.viewer, this.spec);
  }

  /** Lanes this panel shows: its own, or all. */
  lanes(frame = this.frame) {
    const { lane, lanes } = this.spec;
    return (frame?.lanes ?? []).filter((each) => (lane ? each.name === lane : !lanes || lanes.includes(each.name)));
  }

  /** A small two-state button in the panel's head. */
  toggle(label, hint, pressed, act) {
    const node = el("button", { type: "button", class: "gl-toggle", title: hint, "aria-pressed": String(pressed), text: label });
    node.addEventListener("click", () => {
      const on = node.getAttribute("aria-pressed") !== "true";
      node.setAttribute("aria-pressed", String(on));
      act(on);
      this.dirty = true;
      this.viewer.request();
    });
    this.tools.append(node);
    return node;
  }

  /** Take a new worker frame; subclasses read their arrays from it. */
  accept(frame) {
    this.frame = frame;
    this.dirty = true;
    const lane = this.lanes(frame)[0];
    const { dataset } = this.canvas;
    dataset.run = this.viewer.run ?? "";
    dataset.round = frame.round;
    if (lane) {
      dataset.step = lane.t ?? "";
      dataset.lane = this.spec.lane ?? "";
    }
    const failed = lane && this.spec.probe ? frame.entry(lane.name, this.spec.probe, this.settings)?.error : null;
    if (failed || this.failed) this.say(failed); // a subclass says more once its arrays are there
    this.failed = failed;
  }

  /** The numbers shown, as `{columns, rows}`; null for a picture that has none worth a table. */
  table() {
    return null;
  }

  /** Keep the pointer's place on the x axis in `pointed`; null while it is elsewhere. */
  followPointer() {
    this.pointed = null;
    const move = (event) => {
      this.pointed = event && this.plot ? this.plot.atX(event.clientX - this.canvas.getBoundingClientRect().left) : null;
      this.dirty = true;
      this.viewer.request();
    };
    this.canvas.addEventListener("pointermove", move);
    this.canvas.addEventListener("pointerleave", () => move(null));
  }

  /** Say in words what the canvas shows. */
  describe(text) {
    setAttr(this.canvas, "aria-label", text);
  }

  /** A sentence over the picture, or none. */
  say(text) {
    setText(this.note, text ?? "");
    this.note.hidden = !text;
  }

  /** Whether the picture still moves without a new frame. */
  moving() {
    return false;
  }

  /** Paint if needed; true when pixels changed. */
  paint(now) {
    if (!this.dirty || !this.sheet.width || !this.sheet.height) return false;
    this.dirty = false;
    this.draw(now);
    return true;
  }

  draw() {}

  destroy() {
    this.sheet.destroy();
    this.element.remove();
  }
}
