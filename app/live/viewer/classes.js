/** Ten classes told apart by colour and by shape: Paul Tol's muted scheme, safe for colour blindness. */

import { el } from "./dom.js";

export const CLASS_COLOURS = [
  "#CC6677", "#5566CC", "#DDCC77", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933", "#AA4499", "#AAAAAA",
];
const SIGNS = ["●", "■", "▲", "▼", "◆"];
const MANY = 2000; // points from which on they shrink, so that together they cover no more
const stamps = new Map();

function outline(ctx, shape, r) {
  ctx.beginPath();
  if (shape === 0) ctx.arc(0, 0, r, 0, 7);
  else if (shape === 1) ctx.rect(-r * 0.9, -r * 0.9, r * 1.8, r * 1.8);
  else {
    const corners = { 2: [[0, -1.25], [1.1, 0.8], [-1.1, 0.8]], 3: [[0, 1.25], [1.1, -0.8], [-1.1, -0.8]], 4: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]] }[shape];
    corners.forEach(([x, y], i) => (i ? ctx.lineTo(x * r, y * r) : ctx.moveTo(x * r, y * r)));
    ctx.closePath();
  }
}

function stamp(label, radius, rim, ratio) {
  const key = `${label}|${radius}|${rim}|${ratio}`;
  if (!stamps.has(key)) {
    if (stamps.size > 96) stamps.clear();
    const canvas = document.createElement("canvas");
    const side = Math.ceil((radius * 1.4 + 1.5) * 2 * ratio);
    canvas.width = canvas.height = side;
    const ctx = canvas.getContext("2d");
    ctx.translate(side / 2, side / 2);
    ctx.scale(ratio, ratio);
    outline(ctx, label % SIGNS.length, radius);
    ctx.lineWidth = Math.min(1.2, 0.4 * radius);
    ctx.strokeStyle = rim;
    ctx.stroke();
    ctx.fillStyle = CLASS_COLOURS[label % 10];
    ctx.fill();
    stamps.set(key, canvas);
  }
  return stamps.get(key);
}

/** Stamp the points `at` (pairs of pixels) with their classes; those outside the box are left out. */
export function paintClasses(ctx, box, at, labels, theme, ratio) {
  const rim = theme.dark ? "rgba(255,255,255,.75)" : "rgba(30,20,40,.55)";
  const radius = theme.dot * Math.min(1, Math.sqrt(MANY / labels.length));
  for (let i = 0; i < labels.length; i += 1) {
    const [x, y] = [at[2 * i], at[2 * i + 1]];
    if (x < box.x || x > box.x + box.w || y < box.y || y > box.y + box.h) continue;
    const image = stamp(labels[i], radius, rim, ratio);
    const side = image.width / ratio;
    ctx.drawImage(image, x - side / 2, y - side / 2, side, side);
  }
}

/** The sign of each class, in order, with its number. */
export function classLegend(labels) {
  return labels.map((label) => {
    const sign = el("span", { text: SIGNS[label % SIGNS.length], "aria-hidden": "true" });
    sign.style.color = CLASS_COLOURS[label % 10];
    return el("span", { class: "gl-legend-item" }, sign, String(label));
  });
}
