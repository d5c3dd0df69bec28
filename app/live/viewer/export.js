/**
 * Taking a panel home: its picture as PNG, at twice the screen's size, with title, legend and the
 * theme's ground, and the numbers that it shows as CSV, in full precision.
 */

import { el, icon } from "./dom.js";
import { popover } from "./popover.js";
import { colourOf } from "./theme.js";
import { number } from "./ticks.js";

const SCALE = 2;
const MARGIN = 14;

/** The tool in a panel's head: one button that offers what the panel can give. */
export function exportTool(panel) {
  const id = `${panel.title.id}-save`;
  const named = { "aria-label": "Save", "aria-labelledby": `${id} ${panel.title.id}` };
  const opener = el("button", { type: "button", class: "gl-toggle", id, title: "Save this picture or its numbers", ...named }, icon("download"));
  const holder = popover(opener, (close) => {
    const choice = (label, hint, act) => el("button", { type: "button", class: "gl-toggle", title: hint, "aria-label": `${label} of ${panel.title.textContent}`, text: label, onclick: () => {
      act(panel);
      close();
    } });
    const list = el("div", { class: "gl-export-list" }, choice("PNG", "The picture, twice as large", savePicture));
    if (panel.table()) list.append(choice("CSV", "The numbers shown, in full precision", saveTable));
    queueMicrotask(() => list.firstElementChild.focus());
    return list;
  });
  holder.classList.add("gl-export");
  holder.lastElementChild.setAttribute("aria-labelledby", named["aria-labelledby"]);
  return holder;
}

function savePicture(panel) {
  picture(panel).toBlob((blob) => download(blob, fileName(panel, "png")), "image/png");
}

function saveTable(panel) {
  download(new Blob([csv(panel.table())], { type: "text/csv" }), fileName(panel, "csv"));
}

/** `<title of the preset>-<panel>-round-<round>.<kind>`, safe in every file system. */
export function fileName(panel, kind) {
  const words = [panel.viewer.data.layout?.title, panel.title.textContent, "round", String(panel.frame?.round ?? 0)];
  const plain = words.filter(Boolean).join(" ").normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `${plain.replace(/^-|-$/g, "")}.${kind}`;
}

/** A table as text; a number that is none becomes an empty cell. */
export function csv({ columns, rows }) {
  const cell = (value) => {
    if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
    return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

/** The panel as it stands, drawn anew at twice its size under its title and legend. */
export function picture(panel) {
  const { sheet } = panel;
  const items = legendOf(panel);
  const width = sheet.width + 2 * MARGIN;
  const canvas = el("canvas");
  const ctx = canvas.getContext("2d");
  const head = layHead(ctx, panel, items, width);
  canvas.width = Math.round(width * SCALE);
  canvas.height = Math.round((head.height + sheet.height + MARGIN) * SCALE);
  ctx.scale(SCALE, SCALE);
  ctx.fillStyle = getComputedStyle(panel.element).backgroundColor;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  head.paint();
  const before = sheet.ratio;
  const now = performance.now();
  sheet.scale(SCALE);
  panel.draw(now, true);
  ctx.drawImage(sheet.canvas, MARGIN, head.height, sheet.width, sheet.height);
  sheet.scale(before);
  panel.draw(now, true);
  return canvas;
}

/** Marks and words of the legend; charts beside pictures leave theirs out, alone they need it. */
function legendOf(panel) {
  const shown = [...panel.legend.children].map((item) => {
    const mark = item.firstElementChild;
    const style = getComputedStyle(mark);
    const line = mark.classList.contains("gl-line-mark");
    const colour = line ? style.borderTopColor : style.backgroundColor;
    return { text: item.textContent, colour, kind: line ? style.borderTopStyle : mark.classList.contains("gl-diamond") ? "diamond" : "dot" };
  });
  const { kind, lane } = panel.spec;
  if (!panel.viewer.namesLanes || lane || kind === "field" || kind === "atlas") return shown;
  const { lanes } = panel.frame ?? {};
  return [...panel.lanes().map((one) => ({ text: one.label ?? one.name, colour: colourOf(one.color, lanes.indexOf(one)), kind: "solid" })), ...shown];
}

/** Place title, round and legend in lines of `width`; returns their height and what paints them. */
function layHead(ctx, panel, items, width) {
  const { theme } = panel;
  const line = theme.type * 1.8;
  const fonts = { title: theme.fontOf(1.15, "600"), plain: theme.fontOf(1) };
  const round = `round ${number(panel.frame?.round ?? 0)}`;
  const measure = (text, font) => {
    ctx.font = font;
    return ctx.measureText(text).width;
  };
  let x = MARGIN + measure(panel.title.textContent, fonts.title) + theme.type * 1.5;
  let y = MARGIN + line / 2;
  let right = width - MARGIN - measure(round, fonts.plain) - theme.type;
  const placed = items.map((item) => {
    const room = theme.type * 3.4 + measure(item.text, fonts.plain);
    if (x + room > right && x > MARGIN) [x, y, right] = [MARGIN, y + line, width - MARGIN];
    const at = { ...item, x, y };
    x += room;
    return at;
  });
  const paint = () => {
    Object.assign(ctx, { textBaseline: "middle", textAlign: "left", fillStyle: theme.text, font: fonts.title });
    ctx.fillText(panel.title.textContent, MARGIN, MARGIN + line / 2);
    Object.assign(ctx, { font: fonts.plain, fillStyle: theme.muted, textAlign: "right" });
    ctx.fillText(round, width - MARGIN, MARGIN + line / 2);
    ctx.textAlign = "left";
    for (const item of placed) paintItem(ctx, item, theme);
  };
  return { height: y + line, paint };
}

function paintItem(ctx, { text, colour, kind, x, y }, theme) {
  const size = theme.type;
  ctx.fillStyle = ctx.strokeStyle = colour;
  ctx.beginPath();
  if (kind === "dot") ctx.arc(x + size, y, size * 0.4, 0, 7);
  else if (kind === "diamond") {
    for (const [dx, dy] of [[0, -1], [1, 0], [0, 1], [-1, 0]]) ctx.lineTo(x + size + dx * size * 0.5, y + dy * size * 0.5);
  } else {
    ctx.setLineDash({ dashed: [7, 4], dotted: [2, 3] }[kind] ?? []);
    ctx.lineWidth = 3;
    ctx.moveTo(x, y);
    ctx.lineTo(x + size * 1.5, y);
    ctx.stroke();
    ctx.setLineDash([]);
  }
  ctx.fill();
  ctx.fillStyle = theme.muted;
  ctx.fillText(text, x + size * 1.9, y);
}

function download(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
