/** Heat map: one table look-up per grid value, then the browser's own smooth upscaling. */

import { table } from "./colormap.js";

export class Heat {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.ctx = this.canvas.getContext("2d");
  }

  /**
   * Paint `values` (rows, columns; row 0 lowest) over the plot box. Grid points lie on the
   * extent's borders, so half a cell is cut on each side.
   */
  paint(ctx, box, values, [rows, columns], [low, high], map) {
    if (this.canvas.width !== columns || this.canvas.height !== rows) {
      this.canvas.width = columns;
      this.canvas.height = rows;
      this.image = this.ctx.createImageData(columns, rows);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    const colours = table(map);
    const scale = 255 / (high - low || 1);
    for (let i = 0; i < rows; i += 1) {
      let from = i * columns;
      let to = (rows - 1 - i) * columns;
      for (let j = 0; j < columns; j += 1, from += 1, to += 1) {
        const level = (values[from] - low) * scale;
        this.words[to] = colours[level < 0 ? 0 : level > 255 ? 255 : level | 0];
      }
    }
    this.ctx.putImageData(this.image, 0, 0);
    ctx.imageSmoothingEnabled = true;
    ctx.drawImage(this.canvas, 0.5, 0.5, columns - 1, rows - 1, box.x, box.y, box.w, box.h);
  }
}
