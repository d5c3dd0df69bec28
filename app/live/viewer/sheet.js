/** A canvas that follows its element's size and the screen's pixel density. */

export class Sheet {
  /** @param {HTMLCanvasElement} canvas @param {() => void} resized called after a new size */
  constructor(canvas, resized) {
    this.canvas = canvas;
    this.ctx = canvas.getContext("2d");
    this.width = 0;
    this.height = 0;
    this.observer = new ResizeObserver(() => {
      if (this.fit()) resized();
    });
    this.observer.observe(canvas);
  }

  /** Match the backing store to the element; true when the size changed. Clears the canvas. */
  fit() {
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    if (width === this.width && height === this.height && ratio === this.ratio) return false;
    Object.assign(this, { width, height });
    this.scale(ratio);
    return true;
  }

  /** Set how many stored pixels stand for one of the page. Clears the canvas. */
  scale(ratio) {
    this.ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(this.width * ratio));
    this.canvas.height = Math.max(1, Math.round(this.height * ratio));
    this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  destroy() {
    this.observer.disconnect();
  }
}
