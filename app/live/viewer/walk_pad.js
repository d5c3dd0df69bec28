/** A pad of the picture's own pixels whose drawing becomes an anchor of a path, for the encoder to code. */

import { PadPanel } from "./pad.js";
import { letters, levelsOf } from "./pixels.js";
import { anchorsOf, setAnchors } from "./walk_anchors.js";

const DRAWN = "d";

export class WalkPadPanel extends PadPanel {
  constructor(spec, viewer) {
    super({ ...spec, shape: [0, 0], top_level: 1 }, viewer); // the run's frames say of which form its pictures are
    this.slider.parentElement.remove(); // all rows are given
    this.ready = true;
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const form = lane && frame.array(lane.name, this.spec.probe, "form", this.settings);
    if (form) this.take(...form.data);
  }

  /** Be a pad of so many rows and columns, with what was drawn on such a one before. */
  take(h, w, top) {
    this.say(top ? "" : "Pictures with colours, or larger ones, cannot be drawn here.");
    if (!top || (h === this.h && w === this.w && top === this.top)) return;
    const kept = this.viewer.chosen.of(this.spec.sets).drawn ?? "";
    const fits = kept.length === letters(new Uint8Array(h * w), top).length;
    Object.assign(this, { h, w, top, rows: h, levels: fits ? levelsOf(kept, top, h * w) : new Uint8Array(h * w) });
    this.tell();
    this.redraw();
  }

  draw() {
    if (this.h) super.draw();
  }

  /** Hand over the drawing once there is one; a cleared pad is no anchor. */
  hand() {
    this.tell();
    if (!this.ready || !this.h) return;
    const others = anchorsOf(this).filter((anchor) => anchor !== DRAWN);
    if (this.levels.some((level) => level > 0)) {
      this.viewer.chosen.set(this.spec.sets, { drawn: letters(this.levels, this.top) });
      if (!anchorsOf(this).includes(DRAWN)) setAnchors(this, [...others, DRAWN]);
    } else if (others.length > 1) setAnchors(this, others);
  }
}
