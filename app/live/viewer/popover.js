/** Small forms that open under a button: save under a name, copy the follow link. Escape closes them. */

import { button, el, setText } from "./dom.js";

/** Wrap `opener` so that it shows what `fill(close)` builds. */
export function popover(opener, fill) {
  const box = el("div", { class: "gl-popover", role: "dialog", hidden: true, "aria-label": opener.textContent });
  const holder = el("div", { class: "gl-holder" }, opener, box);
  const close = () => {
    box.hidden = true;
    opener.setAttribute("aria-expanded", "false");
  };
  opener.setAttribute("aria-expanded", "false");
  opener.addEventListener("click", () => {
    if (!box.hidden) {
      close();
      return;
    }
    box.replaceChildren(fill(() => {
      close();
      opener.focus();
    }));
    box.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    const room = holder.getRootNode().host?.getBoundingClientRect?.() ?? document.documentElement.getBoundingClientRect();
    box.classList.toggle("gl-flip", holder.getBoundingClientRect().left + 348 > room.right);
    box.querySelector("input")?.focus();
    box.querySelector("input")?.select();
  });
  holder.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    event.stopPropagation();
    close();
    opener.focus();
  });
  holder.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !holder.contains(event.relatedTarget)) close();
  });
  return holder;
}

/** Name a checkpoint; letters, digits, dot, dash and underscore. */
export function saveForm(viewer, close) {
  const name = el("input", {
    type: "text", name: "name", required: true, maxlength: 60, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", value: viewer.suggestName(),
    "aria-label": "Name of the checkpoint", title: "Letters, digits, dot, dash and underscore",
  });
  const form = el("form", { class: "gl-form" },
    el("p", { text: "Save weights, optimiser state and the log of edits under a name." }),
    el("div", { class: "gl-form-row" }, name, button("Save checkpoint", "save", { type: "submit", class: "gl-primary" })));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (viewer.send({ do: "save", name: name.value })) close();
  });
  return form;
}

/** Show the follow link and copy it; where the browser forbids copying, it stays selected. */
export function shareForm(viewer) {
  const link = viewer.followLink();
  if (!link) return el("p", { class: "gl-form", text: "The server has not yet given this run a link for followers." });
  const said = el("p", { class: "gl-quiet", role: "status", text: "Copying…" });
  const field = el("input", { type: "text", readonly: true, value: link, "aria-label": "Link for followers", class: "gl-link" });
  const copy = () => copyText(field).then((done) =>
    setText(said, done ? "Copied. Whoever opens it sees this run and cannot change it." : "Press Ctrl+C to copy the selected link."));
  copy();
  return el("div", { class: "gl-form" },
    el("p", { text: "Watch together: this link follows the run." }),
    el("div", { class: "gl-form-row" }, field, button("Copy", null, { onclick: copy })), said);
}

async function copyText(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    try {
      return document.execCommand("copy");
    } catch {
      return false;
    }
  }
}
