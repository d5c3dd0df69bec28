/** What lies over or above the picture when there is none, or when something is wrong: each state designed. */

import { button, el, icon, setAttr, setText } from "./dom.js";

function card(kind, symbol, title, text, ...actions) {
  return { kind, symbol, title, text, actions };
}

/** The card for the present situation, or null when the picture speaks for itself. */
function choose(viewer) {
  const { frame, link, role, reason } = viewer;
  const act = (label, command, primary = false) => ({ label, primary, act: () => viewer.send(command) });
  if (link.phase === "refused") {
    return card("refused", "warning", "This link opens no run", reason || link.reason || "The run may have ended, or the link may be incomplete.",
      { label: "Try again", primary: true, act: () => viewer.retry() });
  }
  if (!frame) return card("loading", null, "Waiting for the first picture", link.phase === "open" ? "The run is starting." : "Connecting to the run.");
  const own = role === "control";
  const message = frame.meta.message;
  if (frame.state === "loading") return card("loading", null, "Starting the run", message || "The worker loads its models.");
  if (frame.state === "asleep") {
    return card("asleep", "moon", "Asleep", message || "The run gave its place to another. Its weights and its history are kept.",
      ...(own ? [act("Wake it", { do: "play" }, true)] : []));
  }
  if (frame.state === "lost") {
    return card("lost", "warning", "The worker of this run ended", message || "What it recorded is kept: scrub through it, or go on from the last snapshot.",
      ...(own ? [act("Continue from the last snapshot", { do: "fork" }, true), act("Start again", { do: "reset" })] : []));
  }
  if (frame.state === "diverged") {
    const lane = frame.lanes.find((each) => each.status === "diverged");
    const name = lane?.label ?? lane?.name ?? "A lane";
    const recover = (how) => ({ do: "recover", lane: lane?.name ?? "", how });
    return card("diverged", "warning", `${name} is no longer finite`, lane?.message || message || "A value became infinite or not a number.",
      ...(own && lane ? [act("Go back to the last good snapshot", recover("back"), true), act("Go on without it", recover("freeze"))] : []));
  }
  return null;
}

export class States {
  constructor(viewer) {
    this.viewer = viewer;
    this.key = "";
    this.overlay = el("div", { class: "gl-overlay gl-overlay-none", "aria-live": "polite" });
    this.line = el("div", { class: "gl-connection", role: "status", hidden: true });
    this.lineText = el("span");
    this.lineButton = button("Try now", null, { class: "gl-small", onclick: () => viewer.retry() });
    this.line.append(el("span", { class: "gl-pulse", "aria-hidden": "true" }), this.lineText, this.lineButton);
    this.toasts = el("div", { class: "gl-toasts", role: "status", "aria-live": "polite" });
    this.live = el("p", { class: "gl-hidden", "aria-live": "polite" });
  }

  update() {
    const found = choose(this.viewer);
    const key = JSON.stringify([found, this.viewer.role]);
    if (key !== this.key) {
      this.key = key;
      this.render(found);
    }
    for (const node of this.overlay.querySelectorAll("button[data-command]")) setAttr(node, "disabled", !this.viewer.connected);
    this.connection();
  }

  render(found) {
    this.overlay.className = `gl-overlay gl-overlay-${found?.kind ?? "none"}`;
    if (!found) {
      this.overlay.replaceChildren();
      return;
    }
    const actions = found.actions.map(({ label, act, primary }) =>
      button(label, null, { class: primary ? "gl-primary" : "", onclick: act, "data-command": found.kind === "refused" ? null : "" }));
    const mark = found.symbol ? icon(found.symbol) : el("span", { class: "gl-waves", "aria-hidden": "true" }, el("i"), el("i"), el("i"), el("i"));
    this.overlay.replaceChildren(el("div", { class: "gl-card" },
      el("div", { class: "gl-card-mark" }, mark),
      el("div", { class: "gl-card-text" }, el("h3", { text: found.title }), el("p", { text: found.text }),
        actions.length ? el("div", { class: "gl-card-actions" }, ...actions) : null)));
  }

  /** The line that says that the connection is lost and when it is tried again. */
  connection() {
    const { link, frame } = this.viewer;
    const lost = link.phase === "waiting" || link.phase === "offline" || (link.phase === "connecting" && link.attempt > 0);
    this.line.hidden = !lost;
    if (!lost) return;
    const wait = Math.max(0, Math.ceil(((link.until ?? 0) - performance.now()) / 1000));
    const kept = frame ? " This is the last picture." : "";
    if (link.phase === "offline") setText(this.lineText, `This computer is offline.${kept}`);
    else if (link.phase === "connecting" || wait === 0) setText(this.lineText, `Reconnecting…${kept}`);
    else setText(this.lineText, `Connection lost. Trying again in ${wait} s.${kept}`);
    this.lineButton.hidden = link.phase === "offline";
  }

  /** Speak a change of state to readers, without a sight of it. */
  announce(text) {
    setText(this.live, text);
  }

  /** A passing message; errors stay longer and can be closed. */
  toast(text, kind = "info") {
    while (this.toasts.childElementCount >= 3) this.toasts.firstChild.remove();
    const node = el("div", { class: `gl-toast gl-toast-${kind}` }, el("span", { text }),
      el("button", { type: "button", class: "gl-close", "aria-label": "Close", text: "×", onclick: () => node.remove() }));
    this.toasts.append(node);
    setTimeout(() => node.remove(), kind === "error" ? 12000 : 5000);
  }
}
