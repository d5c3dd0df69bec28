/** What the panels share while a person points: one place in the plane, one round, one choice of scale. */

export class Pointing {
  /** @param {() => Iterable} panels the panels to repaint @param {() => void} repaint */
  constructor(panels, repaint) {
    this.panels = panels;
    this.repaint = repaint;
    this.place = null;
    this.round = null;
    this.step = null;
  }

  /** The place along a path, in steps, at which a person points now. */
  overStep(step) {
    this.step = step;
    for (const panel of this.panels()) panel.show?.(step);
    this.repaint();
  }

  /** The pointer is over `place` = {x, y} of the plane, or has left it; a pin stays where it is. */
  move(place) {
    if (this.place?.pinned || (!place && !this.place)) return;
    this.place = place;
    this.repaint();
  }

  /** Pin the pointer at `place`, or let it go when it was pinned. */
  pin(place) {
    this.place = place && !this.place?.pinned ? { ...place, pinned: true } : place;
    this.repaint();
  }

  /** The pointer is over `round` of a curve, or over none. */
  overRound(round) {
    if (round === this.round) return;
    this.round = round;
    this.repaint();
  }

  /** Draw all comparable fields on one scale, or each on its own. */
  shareScale(on) {
    for (const panel of this.panels()) {
      if (panel.shared === undefined) continue;
      panel.shared = on;
      panel.scaleToggle.setAttribute("aria-pressed", String(on));
    }
    this.repaint();
  }
}
