/** Numbers for people: round tick steps, tick positions, and text with no more digits than needed. */

/** The step 1, 2 or 5 × 10^k that cuts `range` into about `count` parts. */
export function niceStep(range, count) {
  if (!(range > 0) || !Number.isFinite(range)) return 1;
  const rough = range / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const ratio = rough / power;
  return power * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
}

/** Round tick values inside [low, high]. */
export function ticks(low, high, count = 5) {
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const values = [];
  for (let k = first; k <= last && values.length < 40; k += 1) values.push(k * step);
  return { values, step };
}

/** Powers of ten inside [10^low, 10^high], thinned to about `count`. */
export function powers(low, high, count = 5) {
  const stride = Math.max(1, Math.ceil((high - low) / count));
  const values = [];
  for (let k = Math.ceil(low - 1e-9); k <= high + 1e-9; k += 1) if (k % stride === 0) values.push(k);
  return values;
}

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** 10 with `exponent` raised, e.g. 10⁻³. */
export function power(exponent) {
  return `10${[...String(exponent)].map((sign) => SUPERSCRIPT[sign] ?? sign).join("")}`;
}

function tidy(text) {
  return text.replace("-", "−").replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, "\u2009");
}

/** A tick label at the precision of its step. */
export function tickText(value, step) {
  const size = Math.abs(value);
  if (size < step * 1e-6) return "0";
  if (size >= 1e5 || size < 1e-3) return scientific(value, 1);
  return tidy(value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))));
}

function scientific(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits).split("e");
  return `${tidy(mantissa.replace(/\.0+$/, ""))}·${power(Number(exponent))}`;
}

/** A value with `digits` significant digits; thin spaces in thousands; a dash for nothing. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return scientific(value, digits - 1);
  if (Number.isInteger(value)) return tidy(String(value));
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return tidy(value.toFixed(Math.min(places, 8)));
}

/** A value for an input box: plain digits, a dot, no grouping. */
export function plain(value) {
  if (!Number.isFinite(value)) return "";
  return String(Number(value.toPrecision(4)));
}
