/** Small helpers that build accessible HTML without a library. */

/** Make one element. `attrs`: `text`, `class`, `dataset`, `on<Event>`, any attribute; null skips. */
export function el(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2).toLowerCase(), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Set text only when it changed, so that nothing is laid out for nothing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set or remove an attribute only when it changed. */
export function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, String(value));
  }
}

const PATHS = {
  play: "M7 4.5v15l13-7.5z",
  pause: "M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z",
  step: "M5 4.5v15l10-7.5zM16.5 4.5h3v15h-3z",
  slow: "M4 5v14l7-7zM13 5v14h2V5zM17 5v14h2V5z",
  reset: "M12 5V1.5L6.5 6 12 10.500V7.400a5.300 5.300 0 1 1-5.300 5.300H4.300A7.700 7.700 0 1 0 12 5z",
  fork: "M6 3a3 3 0 0 0-1 5.800v6.400a3 3 0 1 0 2 0V13h6a4 4 0 0 0 4-4V8.800a3 3 0 1 0-2 0V9a2 2 0 0 1-2 2H7V8.800A3 3 0 0 0 6 3z",
  save: "M4 4h12l4 4v12H4zm4 1.500v4h7v-4zM7.500 13v5.500h9V13z",
  download: "M11 3h2v8h3.500L12 16l-4.500-5H11zM4 18h16v3H4z",
  share: "M17 3a3 3 0 0 0-2.900 3.700L8.900 9.500a3 3 0 1 0 0 5l5.200 2.800a3 3 0 1 0 .9-1.800l-5.200-2.800a3 3 0 0 0 0-1.400L15 8.500A3 3 0 1 0 17 3z",
  screen: "M3 4h18v12h-7.500v2H17v2H7v-2h3.500v-2H3zm2 2v8h14V6z",
  tour: "M5 3h2v1.500h12.500L16.500 9l3 4.500H7V21H5z",
  warning: "M12 3 1.500 21h21zM11 10h2v6h-2zm0 7.200h2v2h-2z",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
};

/** A decorative icon; the text beside it is the accessible name. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "gl-icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

/** A button with an icon and a text label; `label` is replaced by `relabel`. */
export function button(label, iconName, attrs = {}) {
  const text = el("span", { class: "gl-button-text", text: label });
  const node = el("button", { type: "button", ...attrs, class: `gl-button ${attrs.class ?? ""}` });
  if (iconName) node.append(icon(iconName));
  node.append(text);
  return node;
}

/** Change a button's label and icon in place, keeping focus and listeners. */
export function relabel(node, label, iconName) {
  const text = node.querySelector(".gl-button-text");
  if (text.textContent === label) return;
  text.textContent = label;
  node.querySelector(".gl-icon")?.replaceWith(icon(iconName));
}

/** Call `act` at most once per `wait` ms, always with the newest value. */
export function throttled(act, wait) {
  let timer = 0;
  let last = -Infinity;
  let newest;
  const fire = () => {
    timer = 0;
    last = performance.now();
    act(newest);
  };
  const call = (value) => {
    newest = value;
    const due = last + wait - performance.now();
    if (due <= 0 && !timer) fire();
    else if (!timer) timer = setTimeout(fire, Math.max(0, due));
  };
  call.cancel = () => {
    clearTimeout(timer);
    timer = 0;
  };
  return call;
}
