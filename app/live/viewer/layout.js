/** Which panels there are, where they go, and how large the pictures may be so that nothing scrolls. */

import { AnchorsPanel } from "./anchors.js";
import { AnglesPanel, AnglesPointPanel } from "./angles.js";
import { AtlasPanel } from "./atlas.js";
import { CellsPanel } from "./cells.js";
import { CurvesPanel } from "./curves.js";
import { DimensionsPanel } from "./dimensions.js";
import { FieldPanel } from "./field.js";
import { FlowStagesPanel } from "./flow_stages.js";
import { FunctionPanel } from "./function.js";
import { HistogramPanel } from "./histogram.js";
import { LatentPanel } from "./latent.js";
import { LatentCellPanel } from "./latent_cell.js";
import { LevelMapsPanel } from "./level_maps.js";
import { LevelRowsPanel } from "./level_rows.js";
import { LevelSharesPanel } from "./level_shares.js";
import { LevelsPanel } from "./levels.js";
import { LinesPanel } from "./lines.js";
import { PadPanel } from "./pad.js";
import { PosteriorCloudsPanel } from "./posterior_clouds.js";
import { StackPanel } from "./stack.js";
import { WalkHerePanel, WalkPanel } from "./walk.js";
import { WalkNoisePanel } from "./walk_noise.js";
import { WalkPadPanel } from "./walk_pad.js";
import { WalkPlanePanel } from "./walk_plane.js";
import { WalkWallPanel } from "./walk_wall.js";

const KINDS = {
  field: FieldPanel, curves: CurvesPanel, histogram: HistogramPanel, lines: LinesPanel, function: FunctionPanel, atlas: AtlasPanel,
  cells: CellsPanel, levels: LevelsPanel, pad: PadPanel, latent: LatentPanel, dimensions: DimensionsPanel,
  "level-rows": LevelRowsPanel, "level-maps": LevelMapsPanel, "level-shares": LevelSharesPanel, "latent-cell": LatentCellPanel,
  "flow-stages": FlowStagesPanel, angles: AnglesPanel, "angles-point": AnglesPointPanel, anchors: AnchorsPanel,
  "posterior-clouds": PosteriorCloudsPanel, stack: StackPanel,
  walk: WalkPanel, "walk-here": WalkHerePanel, "walk-noise": WalkNoisePanel, "walk-pad": WalkPadPanel, "walk-plane": WalkPlanePanel, "walk-wall": WalkWallPanel,
};
const PICTURES = new Set([
  "field", "atlas", "cells", "pad", "latent", "dimensions", "level-rows", "flow-stages", "angles", "angles-point", "anchors", "posterior-clouds", "stack",
  "walk", "walk-here", "walk-noise", "walk-pad", "walk-plane", "walk-wall",
]);
const GAP = 12;
const HEAD = 46;
const CHART = 128;
const PADDING = 20;
const SMALLEST = 220;

/** Make the layout's panels; kinds that this version does not know are left out and reported. */
export function makePanels(layout, viewer) {
  const specs = layout.panels ?? [];
  const pictures = specs.some(({ kind }) => PICTURES.has(kind));
  const panels = [];
  for (const spec of specs) {
    const Kind = KINDS[spec.kind];
    if (!Kind) {
      viewer.complain(`This page asks for a panel of kind “${spec.kind}”, which this viewer does not have.`);
      continue;
    }
    const panel = new Kind(spec, viewer);
    const picture = PICTURES.has(spec.kind);
    panel.area = spec.area ?? (picture || (!pictures && spec.kind !== "curves") ? "main" : "side");
    panels.push(panel);
  }
  return panels;
}

/** Columns and cell width that make `count` squares largest in `width` × `height`. */
function largest(count, width, height, extra) {
  let best = { columns: 1, cell: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const cell = Math.min((width - GAP * (columns - 1)) / columns, (height - GAP * (rows - 1)) / rows - extra);
    if (cell > best.cell) best = { columns, cell };
  }
  return best;
}

/** The table goes under the pictures where height is left over, otherwise into the side column. */
function placeMetrics({ main, side, metrics }, under) {
  if (!metrics.names.length) return;
  const home = under ? main : side;
  if (metrics.element.parentElement !== home) home.append(metrics.element);
}

/** Height of a main panel around its picture, as it is laid out now. */
function overhead({ panels }) {
  const panel = panels.find(({ area }) => area === "main")?.element;
  const stage = panel?.querySelector(".gl-stage").offsetHeight;
  return stage ? panel.offsetHeight - stage : HEAD;
}

/** Set the sizes of the main pictures from the room that the page leaves. */
export function arrange(viewer) {
  const { root, scene, main, side, below, theme, panels } = viewer;
  const width = root.clientWidth;
  if (!width) return;
  viewer.top = Math.min(240, Math.max(viewer.top ?? 0, root.getBoundingClientRect().top));
  const narrow = width < 620;
  const flanked = panels.some(({ area }) => area === "side");
  const wide = width >= 900;
  const beside = wide && (flanked || viewer.metrics.names.length > 0); // not what the table's place makes of it
  root.classList.toggle("gl-narrow", narrow);
  root.classList.toggle("gl-wide", beside);
  root.classList.toggle("gl-tight", !narrow && width < (viewer.projector ? 1500 : 1230));
  const count = Math.max(1, panels.filter((panel) => panel.area === "main").length);
  const extra = overhead(viewer) + theme.type * 1.5 - 3 - PADDING;
  const least = beside ? Math.min(380, Math.max(280, width * 0.28)) : 0;
  const room = beside ? width - least - GAP : width;
  const height = Math.max(SMALLEST + extra, window.innerHeight - viewer.top - below.offsetHeight - 2 * GAP - 8);
  const columns = narrow ? 1 : Math.min(2, count);
  const cell = wide ? largest(count, room, height, extra) : { columns, cell: (width - GAP * (columns - 1)) / columns };
  const size = Math.floor(Math.max(SMALLEST, cell.cell));
  const stage = size - PADDING;
  root.style.setProperty("--gl-columns", cell.columns);
  root.style.setProperty("--gl-cell", `${size}px`);
  root.style.setProperty("--gl-stage-height", `${Math.round(stage + theme.type * 1.5 - 3)}px`);
  const table = 20 + (viewer.metrics.names.length + 1) * theme.type * 2.5;
  placeMetrics(viewer, beside && flanked && height - size - extra > table + GAP);
  const aside = panels.filter(({ area }) => area === "side").map(({ spec }) => ({ function: 1.4, "walk-here": 1.7 }[spec.kind] ?? 1));
  const charts = aside.reduce((sum, share) => sum + share * CHART + GAP, 0);
  const beneath = viewer.metrics.element.parentElement === side ? viewer.metrics.element.offsetHeight : 0;
  scene.style.minHeight = beside ? `${Math.min(height, charts + beneath)}px` : "";
  const used = size * cell.columns + GAP * (cell.columns - 1);
  scene.style.gridTemplateColumns = beside ? `${used}px minmax(0, 1fr)` : "minmax(0, 1fr)";
  main.style.justifyContent = beside ? "start" : "center";
  for (const panel of panels) panel.dirty = true;
  viewer.request();
}
