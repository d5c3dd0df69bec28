/** The plane of a generator's noise, with the path that is walked through it: its anchors are draws, or places clicked. */

import { offerChoices } from "./chosen.js";
import { el } from "./dom.js";
import { number } from "./ticks.js";
import { anchorsOf, offerAnchors, setAnchors, someDraw } from "./walk_anchors.js";
import { WalkPlanePanel } from "./walk_plane.js";

export class WalkNoisePanel extends WalkPlanePanel {
  constructor(spec, viewer) {
    super(spec, viewer);
    offerChoices(this);
    const hint = "Draw every anchor anew; the numbers of the draws stand in the address";
    const anew = el("button", { type: "button", class: "gl-toggle", title: hint, "aria-label": hint, text: "New draws" });
    anew.addEventListener("click", () => setAnchors(this, anchorsOf(this).map(someDraw)));
    this.tools.prepend(anew);
    this.chips = el("div", { class: "gl-chips" });
    this.element.append(this.chips);
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    offerAnchors(this);
    this.tell();
  }

  tell() {
    const where = this.place ? `; at (${number(this.place.x)}, ${number(this.place.y)})` : "";
    this.describe(`${this.spec.title}: a path through ${anchorsOf(this).length} anchors${where}. Arrow keys move the point, Enter makes it an anchor.`);
  }

  /** No one place of the path is shown here. */
  ring() {}

  table() {
    if (!this.path) return null;
    return { columns: ["z1", "z2"], rows: Array.from({ length: this.path.length / 2 }, (_, k) => [...this.path.subarray(2 * k, 2 * k + 2)]) };
  }
}
