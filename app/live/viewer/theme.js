/**
 * Colours, type and line widths of the pictures, read from the page's theme. Streamlit hands its
 * theme over as CSS variables (`--st-…`); viewer.css turns them into `--gl-…`, read here for canvases.
 */

/** Okabe and Ito's colours, safe for colour blindness; they mean the same on every page. */
export const COLOURS = {
  real: "#E69F00",
  generated: "#0072B2",
  clip: "#D55E00",
  gp: "#009E73",
  lane3: "#CC79A7",
  lane4: "#56B4E9",
};
const ORDER = ["clip", "gp", "lane3", "lane4"];

/** CSS colour of a token or of a literal colour; lanes without one take their turn. */
export function colourOf(token, index = 0) {
  return COLOURS[token] ?? (/^#[0-9a-f]{3,8}$/i.test(token ?? "") ? token : COLOURS[ORDER[index % 4]]);
}

function luminance(css) {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  context.fillStyle = css;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

export class Theme {
  /** @param {HTMLElement} root the viewer's root, inside the themed page */
  constructor(root) {
    this.root = root;
    this.version = 0;
    this.refresh();
  }

  /** Read the page's theme again; true when it changed. */
  refresh(hint = null, projector = false) {
    const { root } = this;
    const page = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
    const wanted = hint === "dark" || (!hint && matchMedia("(prefers-color-scheme: dark)").matches);
    const dark = page ? luminance(page) < 0.5 : wanted;
    root.classList.toggle("gl-dark", dark);
    root.classList.toggle("gl-projector", projector);
    const style = getComputedStyle(root);
    const read = (name) => style.getPropertyValue(name).trim();
    const found = {
      dark,
      text: style.color,
      muted: read("--gl-muted"),
      grid: read("--gl-grid"),
      background: read("--gl-background"),
      panel: read("--gl-panel"),
      accent: read("--gl-accent"),
      font: style.fontFamily,
      map: dark ? "dusk" : "dawn",
      type: projector ? 17 : 11.5,
      line: projector ? 3.2 : 1.7,
      dot: projector ? 4.2 : 2.9,
    };
    const changed = JSON.stringify(found) !== this.key;
    if (changed) {
      this.key = JSON.stringify(found);
      Object.assign(this, found);
      this.version += 1;
    }
    return changed;
  }

  /** Canvas font string. */
  fontOf(scale = 1, weight = "") {
    return `${weight} ${this.type * scale}px ${this.font}`.trim();
  }
}
