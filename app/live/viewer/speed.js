/** Speed from slow motion to full: a logarithmic slider whose right end means "as fast as it goes". */

import { el, setAttr, setText, throttled } from "./dom.js";
import { number } from "./ticks.js";

const SLOWEST = 0.25;
const FASTEST = 250;
const FULL = 100;

function toRate(position) {
  if (position >= FULL) return null;
  return Number((SLOWEST * (FASTEST / SLOWEST) ** (position / (FULL - 2))).toPrecision(2));
}

function toPosition(rate) {
  if (rate === null || rate === undefined) return FULL;
  const share = Math.log(rate / SLOWEST) / Math.log(FASTEST / SLOWEST);
  return Math.min(FULL - 1, Math.max(0, share * (FULL - 2)));
}

export class SpeedSlider {
  /** @param {(rate: number|null) => void} send rounds per second, or null for full speed */
  constructor(send) {
    const passOn = throttled(send, 120);
    this.held = 0;
    this.input = el("input", { type: "range", min: 0, max: FULL, step: "any", value: FULL, "aria-label": "Speed" });
    this.text = el("span", { class: "gl-value" });
    this.input.addEventListener("input", () => {
      this.held = performance.now() + 700;
      const rate = toRate(Number(this.input.value));
      this.show(rate);
      passOn(rate);
    });
    this.element = el("label", { class: "gl-speed" }, el("span", { class: "gl-quiet", text: "Speed" }), this.input, this.text);
    this.show(null);
  }

  show(rate) {
    const text = rate === null ? "full" : `${number(rate, 2)} rounds/s`;
    setText(this.text, text);
    setAttr(this.input, "aria-valuetext", text);
    this.input.style.setProperty("--gl-fill", `${toPosition(rate)}%`);
  }

  accept(rate, able) {
    setAttr(this.input, "disabled", !able);
    if (performance.now() < this.held) return;
    const position = toPosition(rate ?? null);
    if (Math.abs(position - Number(this.input.value)) > 0.5) this.input.value = position;
    this.show(rate ?? null);
  }
}
