/** Arrows (for example the critic's gradient at each generated sample), all in one path. */

import { colourOf } from "./theme.js";

/** Length in pixels that an arrow of the reference length gets. */
const REACH = 22;

/** The 90th percentile of the lengths of `values` (N, 2). */
export function unitLength(values) {
  const lengths = [];
  for (let i = 0; i + 1 < values.length; i += 2) lengths.push(Math.hypot(values[i], values[i + 1]));
  lengths.sort((a, b) => a - b);
  return lengths[Math.floor(lengths.length * 0.9)] || 1;
}

/**
 * Draw `arrows` (N, 2) at `points` (N, 2); `reference` is the length that is drawn REACH pixels long.
 * With `"scale": "data"` in the layer they are plain lines that end where they lead: at `points + arrows`.
 */
export function paintArrows(ctx, box, points, arrows, layer, theme, reference) {
  const path = new Path2D();
  const stride = 2 * Math.ceil(points.length / 2 / (layer.most ?? 110));
  for (let i = 0; i + 1 < Math.min(points.length, arrows.length); i += stride) {
    const x = box.px(points[i]);
    const y = box.py(points[i + 1]);
    if (layer.scale === "data") {
      path.moveTo(x, y);
      path.lineTo(box.px(points[i] + arrows[i]), box.py(points[i + 1] + arrows[i + 1]));
      continue;
    }
    const size = Math.min(1.6, Math.hypot(arrows[i], arrows[i + 1]) / reference) * REACH;
    if (!(size > 1.5)) continue;
    const angle = Math.atan2(-arrows[i + 1], arrows[i]);
    const [ex, ey] = [x + size * Math.cos(angle), y + size * Math.sin(angle)];
    const head = Math.min(6, size * 0.45);
    path.moveTo(x, y);
    path.lineTo(ex, ey);
    path.moveTo(ex - head * Math.cos(angle - 0.5), ey - head * Math.sin(angle - 0.5));
    path.lineTo(ex, ey);
    path.lineTo(ex - head * Math.cos(angle + 0.5), ey - head * Math.sin(angle + 0.5));
  }
  if (layer.scale === "data") {  // long lines cross the whole range of the map: a rim keeps them visible
    ctx.strokeStyle = theme.dark ? "rgba(25,15,35,.6)" : "rgba(255,255,255,.6)";
    ctx.lineWidth = theme.line * 1.5;
    ctx.stroke(path);
  }
  ctx.strokeStyle = layer.color ? colourOf(layer.color) : theme.dark ? "rgba(255,255,255,.72)" : "rgba(25,15,35,.78)";
  ctx.lineWidth = theme.line * 0.7;
  ctx.stroke(path);
}
