/** Pixels of small pictures: where the pointer is, the keys that move over them, and pictures as letters. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Letters that a probe's setting may have. */
export const LONGEST = 200;
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** A picture of levels as gen_core/data/level_text.py writes it: fixed bits a level, base64url. */
export function letters(levels, top) {
  const width = 32 - Math.clz32(top);
  let bits = "";
  for (const level of levels) bits += level.toString(2).padStart(width, "0");
  bits = bits.padEnd(8 * Math.ceil(bits.length / 8), "0");
  let text = "";
  for (let at = 0; at < bits.length; at += 6) text += ALPHABET[parseInt(bits.slice(at, at + 6).padEnd(6, "0"), 2)];
  return text;
}

/** The levels that `letters` wrote, `count` of them. */
export function levelsOf(text, top, count) {
  const width = 32 - Math.clz32(top);
  const bits = Array.from(text, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(6, "0")).join("");
  return Uint8Array.from({ length: count }, (_, k) => parseInt(bits.slice(k * width, (k + 1) * width) || "0", 2));
}

/**
 * Let pointer and arrow keys choose a pixel on a panel's canvas.
 * @param {object} panel has `canvas`, `place(x, y)` to {index, row, column} or null, `extent()` to {count, h, w}
 * @param {(place: object) => void} choose told of each new place
 * @param {boolean} hover whether pointing is enough, or a click is needed
 */
export function listenPixels(panel, choose, hover) {
  const { canvas } = panel;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application"); // its keys are its own, not the page's
  let now = null;
  const take = (place) => {
    if (!place || (now && place.index === now.index && place.row === now.row && place.column === now.column)) return;
    now = place;
    choose(place);
  };
  const under = (event) => {
    const rect = canvas.getBoundingClientRect();
    return panel.place(event.clientX - rect.left, event.clientY - rect.top);
  };
  canvas.addEventListener(hover ? "pointermove" : "pointerdown", (event) => take(under(event)));
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    const extent = panel.extent();
    if (!move || !extent || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const from = now ?? panel.at ?? { index: 0, row: 0, column: 0 };
    const inside = (value, size) => Math.min(size - 1, Math.max(0, value));
    take({ index: from.index, row: inside(from.row + move[0], extent.h), column: inside(from.column + move[1], extent.w) });
  });
}
