/**
 * Perceptually uniform colour maps, built as straight lines in OKLab lightness (B. Ottosson 2020):
 * equal steps of value are equal steps of seen lightness. Their hues keep clear of the orange of
 * real data and of the blue of generated data. `viridis` (van der Walt and Smith 2015) is there as well.
 */

const VIRIDIS = [
  [68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140],
  [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37],
];

// Control points [lightness, chroma, hue in degrees]; lightness is spaced evenly.
const DUSK = [[0.2, 0.07, 292], [0.38, 0.115, 300], [0.56, 0.09, 310], [0.74, 0.075, 335], [0.93, 0.045, 20]];
const DAWN = [[0.58, 0.105, 292], [0.69, 0.09, 298], [0.79, 0.065, 306], [0.89, 0.038, 320], [0.985, 0.008, 60]];

function oklabToRgb(lightness, a, b) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((c) => {
    const clipped = Math.min(1, Math.max(0, c));
    return 255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055);
  });
}

function between(points, u) {
  const at = Math.min(points.length - 2, Math.floor(u * (points.length - 1)));
  const v = u * (points.length - 1) - at;
  return points[at].map((value, i) => value + (points[at + 1][i] - value) * v);
}

function lch(points) {
  const lab = points.map(([l, c, h]) => [l, c * Math.cos((h * Math.PI) / 180), c * Math.sin((h * Math.PI) / 180)]);
  return (u) => oklabToRgb(...between(lab, u));
}

const MAPS = { dusk: lch(DUSK), dawn: lch(DAWN), viridis: (u) => between(VIRIDIS, u) };
const cache = new Map();

/** A table of 256 colours as little-endian RGBA words, for an ImageData buffer. */
export function table(name) {
  const map = MAPS[name] ? name : "viridis";
  if (!cache.has(map)) {
    const words = new Uint32Array(256);
    for (let i = 0; i < 256; i += 1) {
      const [r, g, b] = MAPS[map](i / 255).map(Math.round);
      words[i] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
    cache.set(map, words);
  }
  return cache.get(map);
}

/** CSS colour of a map at u in [0, 1]. */
export function colour(name, u) {
  const word = table(name)[Math.round(255 * Math.min(1, Math.max(0, u)))];
  return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
}
