/** The table of metrics: each value beside the floor, the value that fresh real samples score. */

import { el, setText } from "./dom.js";
import { colourOf } from "./theme.js";
import { number } from "./ticks.js";

export class Metrics {
  constructor(names) {
    this.names = names;
    this.head = el("tr");
    this.body = el("tbody");
    this.element = el("section", { class: "gl-panel gl-metrics", "aria-label": "Metrics", hidden: true },
      el("div", { class: "gl-scroll", role: "group", tabindex: 0, "aria-label": "Table of metrics" }, el("table", {}, el("thead", {}, this.head), this.body)));
  }

  accept(frame) {
    const lanes = frame.lanes;
    const names = this.names.filter((name) => lanes.some((lane) => frame.metrics[lane.name]?.[name]));
    this.element.hidden = names.length === 0;
    this.build(lanes, names, frame);
    for (const name of names) {
      const row = this.cells.get(name);
      let floor = null;
      for (const lane of lanes) {
        const metric = frame.metrics[lane.name]?.[name];
        floor ??= metric?.floor ?? null;
        setText(row.get(lane.name), number(metric?.value, 3));
        row.get(lane.name).title = metric?.told ? `As the checkpoint's card has it: ${metric.told}` : "";
      }
      setText(row.get(""), floor === null ? "" : number(floor, 3)); // a likelihood has no such value
    }
  }

  /** Lay the table out again, only when lanes or metrics changed. */
  build(lanes, names, frame) {
    const key = JSON.stringify([lanes.map((lane) => [lane.name, lane.label]), names]);
    if (key === this.key) return;
    this.key = key;
    this.cells = new Map();
    const heads = lanes.map((lane, index) => {
      const dot = el("span", { class: "gl-dot" });
      dot.style.background = colourOf(lane.color, index);
      return el("th", { scope: "col" }, dot, lane.label ?? lane.name);
    });
    this.head.replaceChildren(el("th", { scope: "col" }, el("span", { class: "gl-hidden", text: "Measure" })), ...heads,
      el("th", { scope: "col", class: "gl-floor", title: "The value that fresh real samples score", text: "real data" }));
    this.body.replaceChildren(...names.map((name) => this.row(name, lanes, frame)));
  }

  row(name, lanes, frame) {
    const metric = lanes.map((lane) => frame.metrics[lane.name]?.[name]).find(Boolean);
    const cells = new Map();
    for (const key of [...lanes.map((lane) => lane.name), ""]) cells.set(key, el("td", { class: key ? null : "gl-floor" }));
    this.cells.set(name, cells);
    const head = el("th", { scope: "row", text: metric.label ?? name });
    if (metric.unit) head.append(el("span", { class: "gl-quiet", text: ` ${metric.unit}` }));
    return el("tr", { dataset: { metric: name } }, head, ...cells.values());
  }
}
