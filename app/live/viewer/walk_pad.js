/** A pad of the picture's own pixels whose drawing becomes an anchor of a path, for the encoder to code. */

import { PadPanel } from "./pad.js";
import { letters, levelsOf } from "./pixels.js";
import { anchorsOf, setAnchors } from "./walk_anchors.js";

const DRAWN = "d";

export class WalkPadPanel extends PadPanel {
  constructor(spec, viewer) {
    super({ ...spec, rows: spec.shape[0] }, viewer);
    this.slider.parentElement.remove(); // all rows are given
    const kept = viewer.chosen.of(spec.sets).drawn;
    if (kept) this.levels = levelsOf(kept, this.top, this.h * this.w);
    this.ready = true;
  }

  /** Hand over the drawing once there is one; a cleared pad is no anchor. */
  hand() {
    this.tell();
    if (!this.ready) return;
    const others = anchorsOf(this).filter((anchor) => anchor !== DRAWN);
    if (this.levels.some((level) => level > 0)) {
      this.viewer.chosen.set(this.spec.sets, { drawn: letters(this.levels, this.top) });
      if (!anchorsOf(this).includes(DRAWN)) setAnchors(this, [...others, DRAWN]);
    } else if (others.length > 1) setAnchors(this, others);
  }
}
