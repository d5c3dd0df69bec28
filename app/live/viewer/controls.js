/**
 * Hot edits: one labelled slider and number box per setting. They show what the last frame carries,
 * to every viewer alike; an own edit is shown as pending until a frame confirms it.
 */

import { el, setAttr, setText } from "./dom.js";
import { colourOf } from "./theme.js";
import { number, plain } from "./ticks.js";

const REST = 140;

class Control {
  constructor(spec, viewer) {
    this.spec = spec;
    this.viewer = viewer;
    this.pending = null;
    this.heldUntil = 0;
    this.symbol = el("i", { class: "gl-symbol" });
    this.name = el("span", { class: "gl-control-name" });
    this.range = el("input", { type: "range", step: "any", min: 0, max: 1000 });
    this.box = el("input", { type: "number", step: "any", class: "gl-number" });
    this.unit = el("span", { class: "gl-quiet gl-unit" });
    this.hint = el("p", { class: "gl-hint" });
    this.element = el("div", { class: "gl-control", dataset: { name: spec.name, lane: spec.lane ?? "*" } },
      el("div", { class: "gl-control-head" }, el("span", { class: "gl-control-label" }, this.symbol, this.name), el("span", { class: "gl-amount" }, this.box, this.unit)),
      this.range, this.hint);
    this.range.addEventListener("input", () => this.edit(this.fromSlider(Number(this.range.value)), REST));
    this.range.addEventListener("change", () => this.edit(this.fromSlider(Number(this.range.value)), 0));
    this.box.addEventListener("change", () => this.typed());
    this.box.addEventListener("keydown", (event) => event.key === "Escape" && this.giveUp());
  }

  fromSlider(position) {
    const { low, high, log, whole } = this.limits;
    const u = position / 1000;
    const value = log ? low * (high / low) ** u : low + (high - low) * u;
    return whole ? Math.round(value) : Number(value.toPrecision(3));
  }

  toSlider(value) {
    const { low, high, log } = this.limits;
    const u = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return 1000 * Math.min(1, Math.max(0, u));
  }

  typed() {
    const { low, high, whole } = this.limits;
    const value = Number(this.box.value);
    const fits = this.box.value !== "" && value >= low && value <= high && (!whole || Number.isInteger(value));
    setAttr(this.box, "aria-invalid", fits ? null : "true");
    if (fits) this.edit(value, 0);
    else setText(this.hint, `Expected ${whole ? "a whole number" : "a number"} from ${number(low)} to ${number(high)}.`);
  }

  giveUp() {
    this.pending = null;
    setAttr(this.box, "aria-invalid", null);
    this.box.value = plain(this.value);
  }

  /** Show `value` at once, and send it when it has rested for `wait` ms: a drag is one edit, not fifty. */
  edit(value, wait) {
    clearTimeout(this.timer);
    this.heldUntil = performance.now() + 1500;
    setAttr(this.box, "aria-invalid", null);
    this.show(value);
    if (value === this.pending && wait) return;
    this.timer = setTimeout(() => {
      if (value === this.value || value === this.pending) return;
      this.pending = value;
      this.element.classList.add("gl-pending");
      this.viewer.send({ do: "set", lane: this.spec.lane ?? "*", name: this.spec.name, value });
    }, wait);
  }

  show(value) {
    const position = this.toSlider(value);
    if (Math.abs(position - Number(this.range.value)) > 0.5) this.range.value = position;
    this.range.style.setProperty("--gl-fill", `${position / 10}%`);
    if (this.box.getRootNode().activeElement !== this.box || this.pending === value) this.box.value = plain(value);
    setAttr(this.range, "aria-valuetext", `${number(value)} ${this.unit.textContent}`.trim());
    this.element.dataset.value = value;
  }

  /** Take the value and limits of the last frame. */
  accept(frame, able) {
    const { lane: wanted, name } = this.spec;
    const lane = !wanted || wanted === "*" ? frame.lanes.find((each) => each.settings?.[name] !== undefined) : frame.lane(wanted);
    const value = lane?.settings?.[name];
    const choices = lane?.ranges?.[name]?.choices;
    this.element.hidden = value === undefined || (typeof value !== "number" && !choices?.length);
    if (this.element.hidden) return;
    this.describe(frame, lane, lane.ranges?.[name] ?? {}, value);
    if (choices?.length) {
      this.acceptChoice(choices, value, able);
      return;
    }
    setAttr(this.range, "disabled", !able);
    setAttr(this.box, "disabled", !able);
    const before = this.value;
    this.value = value;
    if (value === this.pending) this.pending = null;
    const held = performance.now() < this.heldUntil && (this.pending !== null || value === before);
    if (held) return;
    this.pending = null;
    this.element.classList.remove("gl-pending");
    this.show(value);
  }

  /** A setting with a few named values is a select. */
  acceptChoice(choices, value, able) {
    this.choices = choices;
    if (!this.choice) {
      this.choice = el("select", { class: "gl-choice", onchange: () => this.choose(), "aria-label": this.range.getAttribute("aria-label") });
      this.range.replaceWith(this.choice);
      this.box.hidden = true;
    }
    setAttr(this.choice, "disabled", !able);
    if (this.choice.childElementCount !== choices.length) {
      this.choice.replaceChildren(...choices.map((each, index) => el("option", { value: index, text: String(each) })));
    }
    this.choice.value = String(choices.indexOf(value));
    this.element.dataset.value = value;
  }

  choose() {
    const value = this.choices[Number(this.choice.value)];
    this.viewer.send({ do: "set", lane: this.spec.lane ?? "*", name: this.spec.name, value });
  }

  describe(frame, lane, range, value) {
    const { spec } = this;
    const low = range.low ?? Math.min(0, value);
    const high = range.high ?? Math.max(1, value * 2);
    const whole = range.integer ?? spec.name.startsWith("n_");
    this.limits = { low, high, whole, log: Boolean(range.log) && low > 0 };
    const label = spec.label ?? spec.name.replaceAll("_", " ");
    setText(this.symbol, spec.symbol ?? range.symbol ?? "");
    setText(this.name, label);
    setText(this.unit, spec.unit ?? range.unit ?? "");
    if (!this.box.hasAttribute("aria-invalid")) setText(this.hint, spec.hint ?? range.hint ?? "");
    setAttr(this.hint, "title", this.hint.textContent);
    const whose = spec.lane && spec.lane !== "*" ? `, ${lane.label ?? lane.name}` : "";
    setAttr(this.range, "aria-label", label + whose);
    setAttr(this.box, "aria-label", `${label + whose}, as a number`);
    if (whose) this.element.style.setProperty("--gl-lane", colourOf(lane.color, frame.lanes.indexOf(lane)));
  }
}

export class Controls {
  constructor(specs, viewer, hide) {
    const shown = specs.filter(({ name }) => !hide.has(name));
    this.list = shown.map((spec) => new Control(spec, viewer));
    this.element = el("section", { class: "gl-controls", "aria-label": "Live settings", hidden: shown.length === 0 },
      ...this.list.map((control) => control.element));
  }

  accept(frame, role, connected) {
    const able = role === "control" && connected && !["loading", "lost"].includes(frame.state);
    setAttr(this.element, "title", role === "follow" ? "You are following; only the owner of the run changes settings" : null);
    for (const control of this.list) control.accept(frame, able);
  }
}
