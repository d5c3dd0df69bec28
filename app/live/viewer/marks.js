/** What slow motion draws over a field: points, the lines between pairs, x̂ on them, arrows, and a few numbers. */

import { paintArrows } from "./arrows.js";
import { paintPoints } from "./points.js";
import { COLOURS } from "./theme.js";
import { number } from "./ticks.js";

const TOLD = 4;
const REACH = 3;

/** Draw all that a lane's walk has made so far; the newest stage strongest. */
export function paintMarks(ctx, box, walk, theme, ratio) {
  const { arrays, passed, stage } = walk;
  const has = (name) => passed.has(name);
  veil(ctx, box, theme);
  const real = arrays["sample.real"];
  const fake = has("generate") ? arrays["generate.fake"] : null;
  const between = has("interpolate") ? arrays["interpolate.between"] : null;
  const dot = theme.dot * 1.6;
  if (between) lines(ctx, box, real, fake, theme);
  if (real) paintPoints(ctx, box, real, { color: "real", radius: dot }, theme, ratio);
  if (fake) paintPoints(ctx, box, fake, { color: "generated", radius: dot }, theme, ratio);
  if (between) hollow(ctx, box, between, theme);
  if (has("slope")) arrowsAt(ctx, box, between, arrays["slope.gradient"], "gp", theme);
  if (has("backward")) arrowsAt(ctx, box, fake, arrays["backward.pull"], "lane3", theme);
  if (stage === "score") {
    const taken = real ? tags(ctx, box, real, arrays["score.real_score"], theme) : [];
    tags(ctx, box, fake, arrays["score.fake_score"], theme, taken);
  }
  if (stage === "slope" && has("slope")) tags(ctx, box, between, arrays["slope.slope"], theme);
  if (stage === "loss") tags(ctx, box, between ?? fake, arrays["loss.loss"], theme);
  if (stage === "sample" || stage === "generate") noise(ctx, box, arrays["sample.noise"], theme);
}

/** Fade what lies below, so that few points stand out. */
function veil(ctx, box, theme) {
  ctx.globalAlpha = 0.35;
  ctx.fillStyle = theme.background;
  ctx.fillRect(box.x, box.y, box.w, box.h);
  ctx.globalAlpha = 1;
}

function each(points, act) {
  for (let i = 0; i + 1 < points.length; i += 2) act(points[i], points[i + 1], i / 2);
}

function lines(ctx, box, real, fake, theme) {
  ctx.beginPath();
  each(real, (x, y, i) => {
    ctx.moveTo(box.px(fake[2 * i]), box.py(fake[2 * i + 1]));
    ctx.lineTo(box.px(x), box.py(y));
  });
  ctx.strokeStyle = theme.dark ? "rgba(255,255,255,.42)" : "rgba(25,15,35,.4)";
  ctx.lineWidth = theme.line * 0.6;
  ctx.stroke();
}

function hollow(ctx, box, points, theme) {
  ctx.lineWidth = theme.line;
  ctx.strokeStyle = theme.text;
  ctx.fillStyle = theme.background;
  each(points, (x, y) => {
    ctx.beginPath();
    ctx.arc(box.px(x), box.py(y), theme.dot * 1.15, 0, 7);
    ctx.fill();
    ctx.stroke();
  });
}

/** Arrows on one scale: the longest of them, or a slope of 1 if that is longer, is drawn full. */
function arrowsAt(ctx, box, points, arrows, color, theme) {
  let longest = 1;
  if (color !== "gp") longest = 0;
  each(arrows, (x, y) => (longest = Math.max(longest, Math.hypot(x, y))));
  ctx.save();
  paintArrows(ctx, box, points, arrows, { color, most: 1000 }, theme, (longest || 1) / 1.5);
  ctx.restore();
}

/** The numbers of the first few points inside the plot, with a ground that keeps them readable. */
function tags(ctx, box, points, values, theme, taken = []) {
  ctx.font = theme.fontOf(0.95, "600");
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  const height = theme.type * 1.45;
  const most = taken.length + TOLD;
  each(points, (x, y, i) => {
    if (taken.length >= most || i >= values.length) return;
    const text = number(values[i], 2);
    const width = ctx.measureText(text).width + 8;
    const left = box.px(x) + theme.dot * 2.4;
    const top = box.py(y) - height / 2;
    if (left + width > box.x + box.w || left < box.x || top < box.y || top + height > box.y + box.h) return;
    if (taken.some(([a, b, w]) => left < a + w + 4 && a < left + width + 4 && Math.abs(b - top) < height + 2)) return;
    taken.push([left, top, width]);
    ctx.fillStyle = theme.dark ? "rgba(14,10,20,.86)" : "rgba(255,255,255,.92)";
    ctx.beginPath();
    ctx.roundRect(left, top, width, height, 4);
    ctx.fill();
    ctx.fillStyle = theme.text;
    ctx.fillText(text, left + 4, top + height / 2 + 0.5);
  });
  return taken;
}

/** The noise in a window of its own: z lives in another plane than x. */
function noise(ctx, box, points, theme) {
  const side = Math.min(104, box.w * 0.32) * (theme.type > 12 ? 1.3 : 1);
  const [left, top] = [box.x + 8, box.y + 8];
  ctx.fillStyle = theme.dark ? "rgba(14,10,20,.9)" : "rgba(255,255,255,.94)";
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.roundRect(left, top, side, side, 6);
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = COLOURS.lane4;
  ctx.strokeStyle = theme.text;
  each(points, (x, y) => {
    const u = left + side / 2 + (Math.max(-REACH, Math.min(REACH, x)) / REACH) * (side / 2 - 6);
    const v = top + side / 2 - (Math.max(-REACH, Math.min(REACH, y)) / REACH) * (side / 2 - 6);
    ctx.beginPath();
    ctx.arc(u, v, theme.dot, 0, 7);
    ctx.fill();
    ctx.lineWidth = 0.8;
    ctx.stroke();
  });
  ctx.font = `italic ${theme.fontOf(1.1, "600")}`;
  ctx.fillStyle = theme.text;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.fillText("z", left + 6, top + 4);
}
