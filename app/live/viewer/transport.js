/** The transport bar, one for all live pages: play or pause, step, speed, timeline, fork, save, share, performance. */

import { button, el, relabel, setAttr, setText } from "./dom.js";
import { popover, saveForm, shareForm } from "./popover.js";
import { Slow } from "./slow.js";
import { SpeedSlider } from "./speed.js";
import { Timeline } from "./timeline.js";
import { number } from "./ticks.js";

const STATES = {
  loading: "Starting", playing: "Playing", paused: "Paused", seeking: "Scrubbing", asleep: "Asleep",
  diverged: "Diverged", lost: "Lost", ended: "Ended",
};

/** What a step may be: a round, an update of one player of the lanes' schedules, any update. */
function playersOf(frame) {
  const found = new Set((frame?.lanes ?? []).flatMap((lane) => lane.schedule ?? []));
  const players = found.size ? [...found] : ["critic", "generator"];
  return [["round", "round"], ...players.map((name) => [name, `${name} update`]), ["", "any update"]];
}

export class Transport {
  /** @param {object} viewer has `send(command)`, `query`, `follow` @param {Set<string>} hide */
  constructor(viewer, hide) {
    this.viewer = viewer;
    this.play = button("Play", "play", { class: "gl-primary gl-play", title: "Space", onclick: () => this.toggle() });
    this.step = this.stepGroup();
    this.speed = new SpeedSlider((value) => viewer.send({ do: "speed", rounds_per_second: value }));
    this.timeline = new Timeline((round) => viewer.send({ do: "seek", round }));
    this.fork = button("Continue from here", "fork", {
      title: "Start a new run from this moment; this one stays paused as its parent", onclick: () => this.branch(),
    });
    this.slow = new Slow(viewer);
    this.slowButton = button("Slow motion", "slow", { title: "M: walk the next update stage by stage", "aria-pressed": "false", onclick: () => this.slow.toggle() });
    this.slowButton.hidden = !this.slow.data;
    this.openers = [];
    const opener = (node) => (this.openers.push(node), node);
    const save = popover(opener(button("Save", "save", { title: "Save weights and card as a checkpoint" })), (close) => saveForm(viewer, close));
    const share = popover(opener(button("Share", "share", { title: "Copy a link that lets others watch" })), () => shareForm(viewer));
    this.reset = button("Reset", "reset", { class: "gl-reset", title: "R: start again from the same seed", onclick: () => viewer.send({ do: "reset" }) });
    this.projector = button("Projector", "screen", {
      class: "gl-projector-switch", title: "Large type and thick lines for a room", "aria-pressed": String(viewer.projector), onclick: () => viewer.setProjector(!viewer.projector),
    });
    this.state = el("span", { class: "gl-state-name" });
    this.round = el("span", { class: "gl-round" });
    this.message = el("p", { class: "gl-message", hidden: true });
    this.performance = el("p", { class: "gl-performance" });
    this.notice = el("p", { class: "gl-follow-note", hidden: true, text: "You are following. Whoever owns this run controls it." });
    const parts = { play: this.play, step: this.step, slow: this.slowButton, speed: this.speed.element, fork: this.fork, save, share, reset: this.reset, projector: this.projector, tour: viewer.tour.button };
    this.owner = [this.step, this.slowButton, this.speed.element, this.fork, save, share, this.reset];
    this.element = el("section", { class: "gl-transport", "aria-label": "Transport" },
      el("div", { class: "gl-bar" }, ...Object.entries(parts).filter(([name]) => !hide.has(name)).map(([, part]) => part)),
      hide.has("timeline") ? null : el("div", { class: "gl-time" }, this.state, this.round, this.timeline.element),
      el("div", { class: "gl-foot" }, this.notice, this.message, hide.has("performance") ? null : this.performance));
  }

  stepGroup() {
    this.player = el("select", { "aria-label": "What one step is" });
    this.offer(playersOf(null));
    this.times = el("input", { type: "number", min: 1, max: 10000, value: 1, "aria-label": "How many", inputmode: "numeric" });
    this.go = button("Step", "step", { title: "Right arrow", onclick: () => this.stepOnce() });
    return el("div", { class: "gl-group", role: "group", "aria-label": "Step" }, this.go, this.times, this.player);
  }

  offer(players) {
    const key = JSON.stringify(players);
    if (key === this.offered) return;
    const chosen = this.offered ? this.player.value : players[0][0];
    this.offered = key;
    this.player.replaceChildren(...players.map(([value, text]) => el("option", { value, text })));
    if (players.some(([value]) => value === chosen)) this.player.value = chosen;
  }

  toggle() {
    const playing = this.frame?.state === "playing";
    this.viewer.send({ do: playing ? "pause" : "play" });
  }

  stepOnce() {
    const n = Math.min(10000, Math.max(1, Math.round(Number(this.times.value)) || 1));
    this.viewer.send({ do: "step", n, player: this.player.value });
  }

  branch() {
    const { round, head } = this.frame ?? {};
    this.viewer.send(round < head ? { do: "fork", round } : { do: "fork" });
  }

  /** Show the frame's state; `able` is false for followers and while nobody listens. */
  accept(frame, role, connected) {
    this.frame = frame;
    if (frame) this.offer(playersOf(frame));
    const playing = frame?.state === "playing";
    const able = connected && role === "control" && Boolean(frame) && frame.state !== "loading";
    relabel(this.play, playing ? "Pause" : "Play", playing ? "pause" : "play");
    const dead = frame?.state === "lost";
    setAttr(this.play, "disabled", !able || dead || frame?.state === "diverged");
    for (const node of [this.go, this.times, this.player, this.reset, this.fork, ...this.openers]) setAttr(node, "disabled", !able);
    setAttr(this.go, "disabled", !able || dead || playing);
    this.speed.accept(frame?.meta.speed, able);
    this.timeline.accept(frame, able);
    this.owner.forEach((part) => (part.hidden = role === "follow"));
    this.slowButton.hidden ||= !this.slow.data;
    setAttr(this.slowButton, "disabled", !frame || !this.slow.able(frame, role, connected));
    this.slow.accept(frame, role, connected);
    this.notice.hidden = role !== "follow";
    setAttr(this.play, "title", role === "follow" ? "Only the owner of the run can play and pause" : "Space");
    const said = frame && ["playing", "paused", "seeking", "ended"].includes(frame.state) ? frame.meta.message : null;
    setText(this.message, said ?? "");
    this.message.hidden = !said;
    const scrubbed = frame && frame.round < frame.head;
    this.fork.classList.toggle("gl-primary", Boolean(scrubbed) && able);
    setText(this.state, frame ? STATES[frame.state] ?? frame.state : "Waiting");
    setText(this.round, frame ? `round ${number(frame.round)}${scrubbed ? ` of ${number(frame.head)}` : ""}` : "");
  }

  /** The performance line; `painted` is frames per second on this screen. */
  perform(painted) {
    const { playback, performance: p = {} } = this.frame?.meta ?? {};
    const parts = playback ? ["recording, nothing trains"] : [];
    if (!playback && p.rounds_per_second != null) parts.push(`${number(p.rounds_per_second)} rounds/s`);
    if (!playback && p.ms_per_step != null) parts.push(`${number(p.ms_per_step)} ms per step`);
    if (!playback && p.ms_per_frame != null) parts.push(`${number(p.ms_per_frame)} ms per frame`);
    parts.push(`${Math.round(painted)} painted frames/s`);
    if (p.device) parts.push(p.threads ? `${p.device}, ${p.threads} thread${p.threads === 1 ? "" : "s"}` : p.device);
    setText(this.performance, parts.join("  ·  "));
  }
}
