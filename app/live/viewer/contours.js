/** Contour lines by marching squares (Lorensen and Cline 1987, in two dimensions) at round levels. */

/** Append the segments of one cell at `level`; corners a b (below), d c (above), at column x, row y. */
function cell(path, level, x, y, a, b, c, d, box) {
  const code = (a > level ? 1 : 0) | (b > level ? 2 : 0) | (c > level ? 4 : 0) | (d > level ? 8 : 0);
  if (code === 0 || code === 15) return;
  const left = box.x + x * box.dx;
  const low = box.bottom - y * box.dy;
  const south = () => [left + (box.dx * (level - a)) / (b - a), low];
  const east = () => [left + box.dx, low - (box.dy * (level - b)) / (c - b)];
  const north = () => [left + (box.dx * (level - d)) / (c - d), low - box.dy];
  const west = () => [left, low - (box.dy * (level - a)) / (d - a)];
  const join = (p, q) => {
    path.moveTo(p[0], p[1]);
    path.lineTo(q[0], q[1]);
  };
  const middle = (a + b + c + d) / 4 > level;
  switch (code < 8 || code === 10 ? code : 15 - code) {
    case 1: join(west(), south()); break;
    case 2: join(south(), east()); break;
    case 3: join(west(), east()); break;
    case 4: join(east(), north()); break;
    case 6: join(south(), north()); break;
    case 7: join(west(), north()); break;
    case 5:
      join(west(), middle ? north() : south());
      join(east(), middle ? south() : north());
      break;
    case 10:
      join(west(), middle ? south() : north());
      join(east(), middle ? north() : south());
      break;
    default:
  }
}

/**
 * Paths of all contour lines of `values` (rows, columns; row 0 lowest) at multiples of `step`.
 * @returns {{fine: Path2D, bold: Path2D}} every fifth level is bold.
 */
export function contours(values, [rows, columns], step, box) {
  const fine = new Path2D();
  const bold = new Path2D();
  const grid = { x: box.x, bottom: box.y + box.h, dx: box.w / (columns - 1), dy: box.h / (rows - 1) };
  for (let i = 0; i < rows - 1; i += 1) {
    for (let j = 0; j < columns - 1; j += 1) {
      const at = i * columns + j;
      const a = values[at];
      const b = values[at + 1];
      const d = values[at + columns];
      const c = values[at + columns + 1];
      const first = Math.ceil(Math.min(a, b, c, d) / step);
      const last = Math.min(first + 24, Math.floor(Math.max(a, b, c, d) / step));
      for (let k = first; k <= last; k += 1) {
        cell(k % 5 === 0 ? bold : fine, k * step, j, i, a, b, c, d, grid);
      }
    }
  }
  return { fine, bold };
}
