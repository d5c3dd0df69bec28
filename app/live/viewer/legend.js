/** Legends and lane notes in words and shapes, so that colour is never the only sign. */

import { el } from "./dom.js";
import { colourOf } from "./theme.js";

const NAMES = { real: "real", generated: "generated" };

/** A dot (diamond for real data) with its name. */
export function legendItem(token, label) {
  const mark = el("span", { class: `gl-dot ${token === "real" ? "gl-diamond" : ""}` });
  mark.style.background = colourOf(token);
  return el("span", { class: "gl-legend-item" }, mark, label ?? NAMES[token] ?? token);
}

/** A line sample with its name; `dash` as for a canvas. */
export function lineItem(colour, label, dash = []) {
  const mark = el("span", { class: "gl-line-mark" });
  mark.style.borderTop = `3px ${dash.length === 0 ? "solid" : dash[0] > 3 ? "dashed" : "dotted"} ${colour}`;
  return el("span", { class: "gl-legend-item" }, mark, label);
}

/** The sentence laid over a lane that went wrong or was stopped; empty for a good one. */
export function laneNote(lane) {
  if (lane.status === "diverged") return lane.message || `This lane is no longer finite since step ${lane.t}.`;
  if (lane.status === "frozen") return lane.message || `Frozen at step ${lane.t}: the others go on without it.`;
  return "";
}
