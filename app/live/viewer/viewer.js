/** One viewer: its DOM, its socket, its animation loop, and what its panels share. */

import { canonical, Frame } from "./frame.js";
import { Chosen, passOn } from "./chosen.js";
import { Clock } from "./clock.js";
import { Controls } from "./controls.js";
import { el, setAttr } from "./dom.js";
import { listenKeys } from "./keys.js";
import { arrange, makePanels } from "./layout.js";
import { followLink, keepEdits, keepQuery, renameRun } from "./link.js";
import { Metrics } from "./metrics.js";
import { Pointing } from "./pointing.js";
import { Scales } from "./scales.js";
import { Socket } from "./socket.js";
import { States } from "./states.js";
import { Theme } from "./theme.js";
import { Tour } from "./tour.js";
import { Transport } from "./transport.js";

const SHEETS = ["viewer.css", "panels.css", "transport.css", "slow.css", "tour.css"];

export class Viewer {
  /** @param {Element|ShadowRoot} host @param {object} data @param {(id: string) => void} moved told of a fork's run */
  constructor(host, data, moved = () => {}) {
    this.host = host;
    this.data = data;
    this.moved = moved;
    this.role = data.role ?? "follow";
    this.projector = Boolean(data.projector ?? data.layout?.projector);
    this.clock = new Clock();
    this.scales = new Scales();
    this.pointing = new Pointing(() => this.panels, () => this.repaint());
    this.chosen = new Chosen((group, settings) => this.panels && passOn(this, group, settings));
    this.link = { phase: "connecting", attempt: 0 };
    this.counts = { painted: 0, frames: 0 };
    this.errors = new Set();
    this.root = el("div", { class: "gl-root", "aria-label": data.layout?.title ?? "Live run", role: "region", tabindex: "-1" });
    this.styles = SHEETS.map((name) => el("link", { rel: "stylesheet", href: new URL(name, import.meta.url).href }));
    this.root.style.visibility = "hidden";
    host.append(...this.styles, this.root);
    this.theme = new Theme(this.root);
    this.states = new States(this);
    this.build();
    this.observer = new ResizeObserver(() => arrange(this));
    this.observer.observe(this.root);
    this.whenStyled().then(() => this.reveal());
    this.unlisten = listenKeys(this);
    this.second = setInterval(() => this.everySecond(), 400);
    keepQuery(data.query);
    this.open(data.id);
  }

  /** Resolves when the style sheets are in, or failed: the picture must not wait for ever. */
  whenStyled() {
    return Promise.all(this.styles.map((link) => new Promise((done) => {
      if (link.sheet) done();
      link.addEventListener("load", done, { once: true });
      link.addEventListener("error", done, { once: true });
    })));
  }

  reveal() {
    if (this.destroyed) return;
    this.theme.refresh(this.data.theme, this.projector);
    this.root.style.visibility = "";
    this.shown = true;
    arrange(this);
    this.observer.observe(this.below);
    if (this.frame) this.tour.accept();
  }

  build() {
    const layout = this.data.layout ?? {};
    const hide = new Set([...(layout.hide ?? []), ...(layout.transport === false ? ["transport"] : [])]);
    this.panels?.forEach((panel) => panel.destroy());
    this.chosen.begin(layout.chosen);
    this.panels = makePanels(layout, this);
    // Fields carry their lanes' names and colours: other panels need not repeat them.
    this.namesLanes = this.panels.some((panel) => panel.spec.kind === "field" && panel.spec.lane);
    this.metrics = new Metrics(hide.has("metrics") ? [] : layout.metrics ?? []);
    this.controls = new Controls(layout.controls ?? [], this, hide);
    this.tour = new Tour(layout.tour, this);
    this.transport = new Transport(this, hide);
    this.transport.element.hidden = hide.has("transport");
    const placed = (area) => this.panels.filter((panel) => panel.area === area).map((panel) => panel.element);
    this.main = el("div", { class: "gl-main" }, ...placed("main"));
    this.side = el("div", { class: "gl-side" }, ...placed("side"), this.metrics.names.length ? this.metrics.element : null);
    this.scene = el("div", { class: "gl-scene" }, this.main, this.side, this.states.overlay);
    this.below = el("div", { class: "gl-below" }, this.tour.element, this.transport.element, this.controls.element);
    this.root.replaceChildren(this.states.line, this.scene, this.below, this.states.toasts, this.states.live);
    this.layoutKey = canonical(layout);
    if (this.frame) this.accept(this.frame, performance.now(), 0);
    this.reflect();
  }

  /** Streamlit ran the shim again: take over what changed, keep the rest (and the run one forked to). */
  update(data) {
    const before = this.data;
    this.data = data;
    if (canonical(data.layout ?? {}) !== this.layoutKey) {
      this.build();
      this.subscribe();
    }
    if (data.projector !== undefined && data.projector !== before.projector) this.projector = Boolean(data.projector);
    if (this.theme.refresh(data.theme, this.projector)) this.repaint();
    if (data.query !== before.query) keepQuery(data.query);
    if (data.id !== before.id && data.id !== this.id) {
      this.role = data.role ?? "follow";
      this.open(data.id);
    }
    arrange(this);
  }

  open(id) {
    this.socket?.close();
    this.id = id;
    this.reason = null;
    this.fresh = true;
    this.socket = new Socket(id, {
      frame: (buffer) => this.receive(buffer),
      event: (event) => this.hear(event),
      status: (link) => this.linked(link),
    });
  }

  retry() {
    this.socket.attempt = 0;
    this.socket.connect();
  }

  get connected() {
    return this.link.phase === "open";
  }

  linked(link) {
    this.link = link;
    if (link.phase === "open") this.subscribe();
    this.reflect();
  }

  /** Ask for exactly the probes that the panels draw. */
  subscribe() {
    const wanted = new Map();
    for (const panel of this.panels) for (const probe of panel.probes()) wanted.set(canonical(probe), probe);
    this.socket?.send({ do: "subscribe", probes: [...wanted.values()] });
  }

  hear(event) {
    if (event.event === "hello") {
      this.role = event.role ?? this.role;
      this.run = event.run ?? this.run;
      this.follow = event.follow ?? null;
    } else if (event.event === "error") {
      if (this.frame) this.complain(event.message ?? "The server refused.");
      else this.reason = event.message;
    } else if (event.event === "forked") {
      this.states.toast("A new run goes on from here. The old one stays paused as its parent.");
      renameRun(event.run);
      this.open(event.run);
      this.moved(event.run);
      this.emit("forked", { run: event.run });
    } else if (event.event === "saved") {
      this.states.toast(`Saved as ${event.name}.`);
      this.emit("saved", event);
    } else if (event.event === "status" && event.message) this.states.toast(event.message);
    this.reflect();
  }

  /** A frame came: only the newest is kept until the next paint. */
  receive(buffer) {
    this.waiting = buffer;
    this.request();
  }

  request() {
    this.raf ||= requestAnimationFrame((now) => this.tick(now));
    setAttr(this.root, "data-moving", "true");
  }

  tick(now) {
    this.raf = 0;
    if (this.destroyed || !this.root.isConnected) return;
    const buffer = this.waiting;
    this.waiting = null;
    if (buffer) this.take(buffer, now);
    this.contourEvery = this.clock.contourEvery;
    const painted = this.panels.map((panel) => panel.paint(now));
    if (painted.includes(true)) {
      this.clock.paint(now);
      this.root.dataset.painted = this.counts.painted += 1;
    }
    if (buffer) this.socket.send({ do: "ack" });
    if (this.waiting || this.panels.some((panel) => panel.sheet.width && panel.moving())) this.request(); // what is hidden rests
    else if (!this.raf) setAttr(this.root, "data-moving", "false");
  }

  take(buffer, now) {
    try {
      const frame = new Frame(buffer);
      const same = this.frame && !this.fresh;
      this.fresh = false;
      this.accept(frame, now, same ? this.clock.arrival(now, frame.state === "playing") : 0);
      this.counts.frames += 1;
    } catch (error) {
      this.complain(`A picture could not be read: ${error.message}`);
    }
  }

  accept(frame, now, duration) {
    const before = this.frame?.state;
    this.frame = frame;
    for (const panel of this.panels) panel.accept(frame, now, duration);
    this.metrics.accept(frame);
    this.controls.accept(frame, this.role, this.connected);
    this.transport.accept(frame, this.role, this.connected);
    this.tour.accept();
    if (this.role === "control") keepEdits(frame.marks);
    const errors = (frame.meta.errors ?? []).map((error) => (typeof error === "string" ? error : error.message ?? JSON.stringify(error)));
    for (const error of errors) if (!this.errors.has(error)) this.complain(error);
    this.errors = new Set(errors);
    if (frame.state !== before) this.states.announce(`${frame.state}, round ${frame.round}`);
    this.reflect();
  }

  /** Put the situation on the root: for style, for readers of the page, for tests. */
  reflect() {
    const { root, frame } = this;
    const set = (name, value) => setAttr(root, `data-${name}`, value);
    set("state", frame?.state ?? "connecting");
    set("role", this.role);
    set("connected", String(this.connected));
    set("run", this.run ?? "");
    set("round", frame?.round ?? null);
    set("head", frame?.head ?? null);
    set("seq", frame?.meta.seq ?? null);
    set("frames", this.counts.frames);
    if (!root.dataset.painted) root.dataset.painted = "0";
    root.classList.toggle("gl-stale", Boolean(frame) && !this.connected);
    this.states.update();
    if (!this.connected || !frame) {
      this.transport.accept(frame, this.role, this.connected);
      if (frame) this.controls.accept(frame, this.role, this.connected);
    }
  }

  everySecond() {
    const now = performance.now();
    this.transport.perform(this.clock.rate(now));
    if (!this.connected) this.states.update();
  }

  /** Send a command; says so when there is no connection. */
  send(command) {
    const sent = this.socket.send(command);
    if (!sent) this.states.toast("Not connected: nothing was sent.", "error");
    return sent;
  }

  complain(text) {
    this.states.toast(text, "error");
  }

  setProjector(on) {
    this.projector = on;
    setAttr(this.transport.projector, "aria-pressed", String(on));
    this.theme.refresh(this.data.theme, on);
    arrange(this);
    this.repaint();
  }

  repaint() {
    for (const panel of this.panels) panel.dirty = true;
    this.request();
  }

  emit(name, detail) {
    this.root.dispatchEvent(new CustomEvent(`genlab:${name}`, { detail, bubbles: true, composed: true }));
  }

  followLink() {
    return this.follow ? followLink(this.follow) : null;
  }

  suggestName() {
    const stem = this.frame?.lanes[0]?.stem ?? "run";
    return `${stem}-${this.frame?.round ?? 0}`;
  }

  destroy() {
    this.destroyed = true;
    cancelAnimationFrame(this.raf);
    clearInterval(this.second);
    this.unlisten();
    this.observer.disconnect();
    this.socket.close();
    this.panels.forEach((panel) => panel.destroy());
    this.styles.forEach((link) => link.remove());
    this.root.remove();
  }
}
