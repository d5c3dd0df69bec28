/** The linked pointer: one place (x, y) shown in every field, with each lane's own value there. */

import { number } from "./ticks.js";

/** Bilinear value of a (rows, columns) grid over `extent` at `point`; null outside. */
export function bilinear(values, [rows, columns], [x0, x1, y0, y1], point) {
  const u = ((point.x - x0) / (x1 - x0)) * (columns - 1);
  const v = ((point.y - y0) / (y1 - y0)) * (rows - 1);
  if (!(u >= 0 && v >= 0 && u <= columns - 1 && v <= rows - 1)) return null;
  const i = Math.min(rows - 2, Math.floor(v));
  const j = Math.min(columns - 2, Math.floor(u));
  const [a, b] = [u - j, v - i];
  const at = i * columns + j;
  const below = values[at] * (1 - a) + values[at + 1] * a;
  const above = values[at + columns] * (1 - a) + values[at + columns + 1] * a;
  return below * (1 - b) + above * b;
}

function paintTag(ctx, box, x, y, text, theme) {
  ctx.font = theme.fontOf(1.05, "600");
  const width = ctx.measureText(text).width + 14;
  const height = theme.type * 1.9;
  const left = x + 10 + width > box.x + box.w ? x - 10 - width : x + 10;
  const top = y - 10 - height < box.y ? y + 10 : y - 10 - height;
  ctx.fillStyle = theme.dark ? "rgba(14,10,20,.86)" : "rgba(255,255,255,.92)";
  ctx.beginPath();
  ctx.roundRect(left, top, width, height, 5);
  ctx.fill();
  ctx.fillStyle = theme.text;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillText(text, left + 7, top + height / 2 + 0.5);
}

/** Draw the pointer's lines and, where there is one, the value; solid lines mean pinned. */
export function paintCrosshair(ctx, box, pointer, value, theme) {
  const [x, y] = [box.px(pointer.x), box.py(pointer.y)];
  ctx.setLineDash(pointer.pinned ? [] : [4, 3]);
  ctx.strokeStyle = theme.dark ? "rgba(255,255,255,.75)" : "rgba(20,10,30,.65)";
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(x, box.y);
  ctx.lineTo(x, box.y + box.h);
  ctx.moveTo(box.x, y);
  ctx.lineTo(box.x + box.w, y);
  ctx.stroke();
  ctx.setLineDash([]);
  if (value === null) return;
  paintTag(ctx, box, x, y, `${number(value)}  at (${number(pointer.x)}, ${number(pointer.y)})`, theme);
}

/** Tell `pointing` where the pointer is on `canvas`; `box()` gives the plot box now. */
export function listenPointer(canvas, box, pointing) {
  const at = (event) => {
    const plot = box();
    if (!plot) return null;
    const rect = canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - rect.left, event.clientY - rect.top];
    const inside = px >= plot.x && px <= plot.x + plot.w && py >= plot.y && py <= plot.y + plot.h;
    return inside ? { x: plot.atX(px), y: plot.atY(py) } : null;
  };
  canvas.addEventListener("pointermove", (event) => pointing.move(at(event)));
  canvas.addEventListener("pointerleave", () => pointing.move(null));
  canvas.addEventListener("click", (event) => pointing.pin(at(event)));
}
