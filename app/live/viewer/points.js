/** Dots that keep their identity: dot i of one frame glides to dot i of the next. Stamped, not drawn. */

import { colourOf } from "./theme.js";

const stamps = new Map();

/** A pre-rendered dot with a rim, so that it is seen on every colour of the map. */
function stamp(colour, radius, rim, diamond, ratio) {
  const key = `${colour}|${radius}|${rim}|${diamond}|${ratio}`;
  if (!stamps.has(key)) {
    if (stamps.size > 64) stamps.clear();
    const canvas = document.createElement("canvas");
    const side = Math.ceil((radius + 1.6) * 2 * ratio);
    canvas.width = canvas.height = side;
    const ctx = canvas.getContext("2d");
    ctx.translate(side / 2, side / 2);
    ctx.scale(ratio, ratio);
    ctx.beginPath();
    if (diamond) {
      const r = radius * 1.25;
      ctx.moveTo(0, -r);
      ctx.lineTo(r, 0);
      ctx.lineTo(0, r);
      ctx.lineTo(-r, 0);
      ctx.closePath();
    } else ctx.arc(0, 0, radius, 0, 7);
    ctx.lineWidth = 1.7;
    ctx.lineJoin = "round";
    ctx.strokeStyle = rim;
    ctx.stroke();
    ctx.fillStyle = colour;
    ctx.fill();
    stamps.set(key, canvas);
  }
  return stamps.get(key);
}

/** Stamp `values` (N, 2) into the plot box; points outside it are left out. */
export function paintPoints(ctx, box, values, layer, theme, ratio) {
  const real = layer.color === "real";
  const rim = theme.dark ? "rgba(255,255,255,.82)" : "rgba(255,255,255,.95)";
  const dark = "rgba(20,12,28,.85)";
  const image = stamp(colourOf(layer.color), layer.radius ?? theme.dot, real ? dark : rim, real, ratio);
  const side = image.width / ratio;
  for (let i = 0; i + 1 < values.length; i += 2) {
    const x = box.px(values[i]);
    const y = box.py(values[i + 1]);
    if (x < box.x || x > box.x + box.w || y < box.y || y > box.y + box.h) continue;
    ctx.drawImage(image, x - side / 2, y - side / 2, side, side);
  }
}
