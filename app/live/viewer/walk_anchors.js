/** Anchors of a path, as the setting `anchors` of a group writes them, and what may be added to them. */

import { el } from "./dom.js";

const LONGEST = 200; // letters of a setting
const COORDINATES = 16; // numbers that an anchor of coordinates may have here
const SEEDS = 10_000;
const NUMBER = "(?:\\d+\\.?\\d*|\\.\\d+)";
const ATOM = `(?:[tschlo]\\d{1,6}|d|z-?${NUMBER}(?:_-?${NUMBER})*)`;
const TERM = new RegExp(`([-+]?)(${NUMBER})?(${ATOM}(?::${ATOM})*)`, "g");

/** Anchors that a person chose of the panel's group, or those that the layout begins with. */
export function anchorsOf(panel) {
  const { sets, follows, anchors } = panel.spec;
  return String(panel.viewer.chosen.of(sets ?? follows).anchors ?? anchors).split(",");
}

/** Choose the anchors of the panel's group; those that no setting can hold are refused. */
export function setAnchors(panel, anchors) {
  const text = anchors.join(",");
  if (text.length > LONGEST) return void panel.viewer.complain("No more anchors fit: take one away first.");
  panel.viewer.chosen.set(panel.spec.sets ?? panel.spec.follows, { anchors: text });
}

const rounded = (value) => String(Math.round(1e4 * value) / 1e4 || 0);

/** A place as an anchor: by its coordinates, or by what it takes of the anchors' own terms. */
export function placeOf(z, weights, anchors) {
  if (z.length <= COORDINATES) return `z${Array.from(z, rounded).join("_")}`;
  const taken = new Map();
  anchors.forEach((anchor, k) => {
    for (const [, sign, factor, atoms] of anchor.matchAll(TERM)) {
      taken.set(atoms, (taken.get(atoms) ?? 0) + weights[k] * Number(`${sign}${factor ?? 1}`));
    }
  });
  const terms = [...taken].filter(([, weight]) => Math.abs(weight) > 5e-5);
  return terms.map(([atoms, weight], k) => `${weight < 0 ? "-" : k ? "+" : ""}${rounded(Math.abs(weight))}${atoms}`).join("");
}

/** Some draw of the prior as an anchor: its number makes it again. */
export const someDraw = () => `s${Math.floor(Math.random() * SEEDS)}`;

/** Show the anchors as buttons in the panel's `chips`, anew where they changed. */
export function offerAnchors(panel) {
  const text = anchorsOf(panel).join(",");
  if (text === panel.offered) return;
  panel.offered = text;
  panel.chips.replaceChildren(...anchorButtons(panel));
}

/** One button for each anchor, which takes it away, and one that adds a draw of the prior. */
function anchorButtons(panel) {
  const anchors = anchorsOf(panel);
  const chip = (text, title, act, className = "") => {
    const node = el("button", { type: "button", class: `gl-toggle ${className}`, title, "aria-label": title, text });
    node.addEventListener("click", act);
    return node;
  };
  const without = (place) => setAnchors(panel, anchors.filter((_, each) => each !== place));
  const chips = anchors.map((anchor, place) => {
    const shown = anchor.length > 14 ? `${anchor.slice(0, 13)}…` : anchor;
    return chip(`${shown} ×`, `Take the anchor ${anchor} away`, () => anchors.length > 2 && without(place), "gl-anchor");
  });
  const drawn = () => setAnchors(panel, [...anchors, someDraw()]);
  return [...chips, chip("+ random", "Add a draw of the prior", drawn, "gl-add-random")];
}
