/** Axes of the plane and the colour bar below it. */

import { colour } from "./colormap.js";
import { tickText, ticks } from "./ticks.js";

/** Ticks and labels around the plot box; `names` = {x, y, unit}, all optional. */
export function paintPlaneAxes(ctx, box, [x0, x1, y0, y1], theme, names = {}) {
  ctx.font = theme.fontOf();
  ctx.fillStyle = theme.muted;
  ctx.strokeStyle = theme.grid;
  ctx.lineWidth = 1;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  const across = ticks(x0, x1, box.w < 260 ? 4 : 6);
  for (const x of across.values) {
    const px = Math.round(box.px(x)) + 0.5;
    line(ctx, px, box.y + box.h, px, box.y + box.h + 3);
    const text = tickText(x, across.step);
    const room = ctx.canvas.clientWidth - ctx.measureText(text).width / 2; // the last label is not cut by the edge
    if (px < box.x + box.w - theme.type * 2 || !names.x) ctx.fillText(text, Math.min(px, room), box.y + box.h + 5);
  }
  ctx.textAlign = "right";
  if (names.x) ctx.fillText(label(names.x, names.unit), box.x + box.w, box.y + box.h + 5);
  ctx.textBaseline = "middle";
  const up = ticks(y0, y1, box.h < 260 ? 4 : 6);
  for (const y of up.values) {
    const py = Math.round(box.py(y)) + 0.5;
    line(ctx, box.x - 3, py, box.x, py);
    ctx.fillText(tickText(y, up.step), box.x - 5, Math.max(py, box.y + theme.type * 0.4));
  }
}

function label(name, unit) {
  return unit ? `${name} (${unit})` : name;
}

function line(ctx, xa, ya, xb, yb) {
  ctx.beginPath();
  ctx.moveTo(xa, ya);
  ctx.lineTo(xb, yb);
  ctx.stroke();
}

/**
 * The scale as it is drawn: a bar with ticks; a bracket for the part that this lane uses of a
 * shared scale; a notch at the pointer's value.
 */
export function paintBar(ctx, box, bottom, [low, high], map, theme, { own, pointer, label: note }) {
  const height = Math.round(theme.type * 0.75);
  const top = bottom - Math.round(theme.type * 2.35);
  const at = (value) => box.x + ((value - low) / (high - low)) * box.w;
  const gradient = ctx.createLinearGradient(box.x, 0, box.x + box.w, 0);
  for (let k = 0; k <= 16; k += 1) gradient.addColorStop(k / 16, colour(map, k / 16));
  ctx.fillStyle = gradient;
  ctx.beginPath();
  ctx.roundRect(box.x, top, box.w, height, 2);
  ctx.fill();
  if (own) {
    const [a, b] = own.map((value) => Math.min(box.x + box.w, Math.max(box.x, at(value))));
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 2;
    line(ctx, a, top - 2.5, Math.max(b, a + 2), top - 2.5);
  }
  ctx.font = theme.fontOf();
  ctx.fillStyle = theme.muted;
  ctx.textBaseline = "top";
  const { values, step } = ticks(low, high, box.w < 260 ? 3 : 5);
  const last = values.at(-1);
  const taken = note ? at(last) - ctx.measureText(`${tickText(last, step)} ${note}`).width - theme.type : Infinity;
  for (const value of values) {
    const x = at(value);
    if (value !== last && x + theme.type > taken) continue;
    ctx.textAlign = x - box.x < theme.type * 1.4 ? "left" : box.x + box.w - x < theme.type * 1.4 ? "right" : "center";
    ctx.fillText(`${tickText(value, step)}${note && value === last ? ` ${note}` : ""}`, x, top + height + 3);
  }
  if (pointer === null || pointer < low || pointer > high) return;
  ctx.fillStyle = theme.text;
  const x = at(pointer);
  ctx.beginPath();
  ctx.moveTo(x - 5, top - 6);
  ctx.lineTo(x + 5, top - 6);
  ctx.lineTo(x, top + 2);
  ctx.fill();
}
