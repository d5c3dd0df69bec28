/** Axes of a chart with linear or logarithmic scales, shared by curves, lines and histograms. */

import { niceStep, number, power, powers, tickText, ticks } from "./ticks.js";

/** Below this share of a value the digits of a float32 say nothing: a line is flat there. */
const ROUNDING = 1e-5;

/** Round a range outward to tick steps, so that the axis does not tremble from frame to frame. */
export function rounded([low, high], count = 4) {
  if (!(high - low > ROUNDING * Math.max(Math.abs(low), Math.abs(high)))) {
    const half = Math.abs(low) * 0.1 || 1;
    return rounded([low - half, low + half], count);
  }
  const step = niceStep(high - low, count) / 2;
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/**
 * Draw axes and return the scales.
 * @param {object} options x and y ranges (logarithms to base 10 where `ylog`), labels, `whole` for integer x
 * @returns {{left, right, top, bottom, px, py, atX}}
 */
export function paintAxes(sheet, theme, { x, y, ylog = false, xlog = false, xLabel = "", yLabel = "", head = Boolean(yLabel), whole = false, xText = null }) {
  const { ctx, width, height } = sheet;
  const type = theme.type;
  ctx.clearRect(0, 0, width, height);
  ctx.font = theme.fontOf();
  const rows = Math.max(1, Math.min(5, Math.floor((height - 3 * type) / (type * 2.1))));
  const up = ylog ? { values: powers(y[0], y[1], rows), step: 1 } : ticks(y[0], y[1], rows);
  const upTexts = up.values.map((value) => (ylog ? power(value) : tickText(value, up.step)));
  const left = Math.ceil(Math.max(...upTexts.map((text) => ctx.measureText(text).width), type)) + 10;
  const plot = { left, right: width - 10, top: head ? type * 1.9 : 8, bottom: height - Math.round(type * 1.6) };
  plot.px = (value) => plot.left + ((value - x[0]) / (x[1] - x[0] || 1)) * (plot.right - plot.left);
  plot.py = (value) => plot.bottom - ((value - y[0]) / (y[1] - y[0] || 1)) * (plot.bottom - plot.top);
  plot.atX = (px) => x[0] + ((px - plot.left) / (plot.right - plot.left)) * (x[1] - x[0]);

  ctx.strokeStyle = theme.grid;
  ctx.fillStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  up.values.forEach((value, index) => {
    const py = Math.round(plot.py(value)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(plot.left, py);
    ctx.lineTo(plot.right, py);
    ctx.stroke();
    ctx.fillText(upTexts[index], plot.left - 6, py);
  });
  paintAcross(ctx, plot, theme, x, { whole, xLabel, xlog, xText });
  if (yLabel) {
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    ctx.fillText(yLabel, 2, 1);
  }
  return plot;
}

function paintAcross(ctx, plot, theme, x, { whole, xLabel, xlog, xText }) {
  ctx.textBaseline = "top";
  const room = plot.right - (xLabel ? ctx.measureText(xLabel).width + 14 : 0);
  const across = xlog ? { values: powers(x[0], x[1], 5), step: 1 } : ticks(x[0], x[1], plot.right - plot.left < 220 ? 3 : 5);
  for (const value of across.values) {
    if (whole && !Number.isInteger(Math.round(value * 1e6) / 1e6)) continue;
    const px = plot.px(value);
    const text = xText ? xText(value) : xlog ? power(value) : whole ? number(Math.round(value), 6) : tickText(value, across.step);
    const half = ctx.measureText(text).width / 2;
    ctx.textAlign = px - half < plot.left ? "left" : "center";
    if (px + half <= room) ctx.fillText(text, px, plot.bottom + 5);
  }
  ctx.textAlign = "right";
  if (xLabel) ctx.fillText(xLabel, plot.right, plot.bottom + 5);
}

/** A box of hover values: `rows` of {colour, text}, beside the pointer at x. */
export function paintHover(ctx, plot, theme, x, title, rows) {
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(x, plot.top);
  ctx.lineTo(x, plot.bottom);
  ctx.stroke();
  ctx.font = theme.fontOf(1, "600");
  const step = theme.type * 1.4;
  const width = Math.max(ctx.measureText(title).width, ...rows.map((row) => ctx.measureText(row.text).width + 14)) + 16;
  const left = x + 10 + width > plot.right ? Math.max(plot.left, x - 10 - width) : x + 10;
  ctx.globalAlpha = 0.94;
  ctx.fillStyle = theme.panel;
  ctx.strokeStyle = theme.grid;
  ctx.beginPath();
  ctx.roundRect(left, plot.top, width, step * (rows.length + 1) + 8, 6);
  ctx.fill();
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.muted;
  ctx.fillText(title, left + 8, plot.top + 4 + step / 2);
  rows.forEach((row, index) => {
    const y = plot.top + 4 + step * (index + 1.5);
    ctx.fillStyle = row.colour;
    ctx.fillRect(left + 8, y - 4, 8, 8);
    ctx.fillStyle = theme.text;
    ctx.fillText(row.text, left + 22, y);
  });
}
