/** What lies still under a picture that moves: drawn on a canvas of its own when it changes, laid down in between. */

export class Ground {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.ctx = this.canvas.getContext("2d");
    this.state = null;
  }

  /**
   * Lay the ground over the whole sheet, after drawing it again if it changed.
   * @param {Sheet} sheet @param {string|null} state all that decides how it looks; null while it moves
   * @param {(ctx) => void} draw
   */
  paint(sheet, state, draw) {
    const { width, height } = sheet.canvas;
    const whole = state && [state, width, height, sheet.ratio].join();
    if (!whole || whole !== this.state) {
      Object.assign(this.canvas, { width, height });
      this.ctx.setTransform(sheet.ratio, 0, 0, sheet.ratio, 0, 0);
      draw(this.ctx);
      this.state = whole;
    }
    sheet.ctx.save();
    sheet.ctx.setTransform(1, 0, 0, 1, 0, 0); // pixel on pixel
    sheet.ctx.drawImage(this.canvas, 0, 0);
    sheet.ctx.restore();
  }
}
