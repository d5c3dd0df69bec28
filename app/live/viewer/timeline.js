/** The timeline: a native range over rounds (so keys and readers work), with edits and recorded frames drawn on it. */

import { el, setAttr, throttled } from "./dom.js";
import { colourOf } from "./theme.js";
import { number } from "./ticks.js";

const MOST_MARKS = 80;

export class Timeline {
  /** @param {(round: number) => void} seek */
  constructor(seek) {
    this.seek = throttled(seek, 60);
    this.held = 0;
    this.rounds = null;
    this.marks = el("div", { class: "gl-marks", "aria-hidden": "true" });
    this.input = el("input", { type: "range", min: 0, max: 1, step: 1, value: 0, "aria-label": "Timeline", class: "gl-scrub" });
    this.input.addEventListener("input", () => {
      this.held = performance.now() + 600;
      const round = this.nearest(Number(this.input.value));
      this.fill();
      this.seek(round);
    });
    this.element = el("div", { class: "gl-timeline" }, this.marks, this.input);
  }

  /** The recorded round closest to `round`; any round where the frame lists none. */
  nearest(round) {
    const { rounds } = this;
    if (!rounds?.length) return Math.round(round);
    let [low, high] = [0, rounds.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rounds[middle] < round) low = middle + 1;
      else high = middle;
    }
    const before = rounds[Math.max(0, low - 1)];
    return round - before < rounds[low] - round ? before : rounds[low];
  }

  fill() {
    const { min, max, value } = this.input;
    const share = (100 * (value - min)) / (max - min || 1);
    this.input.style.setProperty("--gl-fill", `${share}%`);
    setAttr(this.input, "aria-valuetext", `round ${number(Number(value))} of ${number(Number(max))}`);
  }

  accept(frame, able) {
    setAttr(this.input, "disabled", !able);
    if (!frame) return;
    this.rounds = frame.tensor("run/timeline/rounds")?.data ?? null;
    const first = this.rounds?.length ? Math.min(this.rounds[0], frame.round) : 0;
    const last = Math.max(frame.head, first + 1);
    setAttr(this.input, "min", first);
    setAttr(this.input, "max", last);
    if (performance.now() > this.held) this.input.value = frame.round;
    this.fill();
    this.place(frame, first, last);
  }

  place(frame, first, last) {
    const shown = frame.marks.slice(-MOST_MARKS);
    while (this.marks.childElementCount > shown.length) this.marks.lastChild.remove();
    while (this.marks.childElementCount < shown.length) this.marks.append(el("i", { class: "gl-mark" }));
    shown.forEach((mark, index) => {
      const node = this.marks.children[index];
      const lane = frame.lane(mark.lane);
      node.style.left = `${(100 * (mark.round - first)) / (last - first)}%`;
      node.style.background = lane ? colourOf(lane.color, frame.lanes.indexOf(lane)) : "currentColor";
      const title = `round ${mark.round}: ${lane?.label ?? mark.lane} ${mark.name} = ${number(mark.value)}`;
      if (node.title !== title) node.title = title;
      node.dataset.name = mark.name;
      node.dataset.round = mark.round;
    });
  }
}
