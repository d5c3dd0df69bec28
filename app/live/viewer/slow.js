/**
 * Slow motion: walks one update of every lane, stage by stage, then takes the real step. It only looks
 * (the probe `stages`) until that step, so the numbers are those of the run without it.
 */

import { setAttr } from "./dom.js";
import { paintMarks } from "./marks.js";
import { Lecture } from "./lecture.js";

const PROBE = "stages";
const WALKABLE = new Set(["playing", "paused"]);

export class Slow {
  /** @param {object} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    this.data = viewer.data.layout?.slow ?? null;
    this.phase = "closed";
    this.at = 0;
    this.walks = new Map();
    this.lecture = this.data ? new Lecture(this) : null;
  }

  get open() {
    return this.phase !== "closed";
  }

  /** Whether the stages may be walked now: a live run at its head, with updates that can be told. */
  able(frame, role, connected) {
    return Boolean(this.data) && connected && role === "control" && WALKABLE.has(frame?.state) && !frame.meta.playback
      && frame.round === frame.head && this.due(frame).length > 0;
  }

  /** Lanes whose turn it is: those that have ended the round wait for the others. */
  due(frame) {
    const alive = frame.lanes.filter((lane) => lane.status === "ok" && this.data.updates[lane.stem]);
    const behind = Math.min(...alive.map((lane) => lane.round));
    return alive.filter((lane) => lane.round === behind);
  }

  player(lane) {
    return lane.schedule[lane.position];
  }

  toggle() {
    if (this.open) this.close();
    else if (this.able(this.frame, this.viewer.role, this.viewer.connected)) {
      this.enter("pausing");
      this.lecture.place();
      if (this.frame.state === "playing") this.viewer.send({ do: "pause" });
      else this.begin();
    }
  }

  close() {
    if (!this.open) return;
    this.lecture.remove();
    this.enter("closed");
    this.viewer.repaint();
  }

  enter(phase) {
    this.phase = phase;
    setAttr(this.viewer.transport?.slowButton ?? this.viewer.root, "aria-pressed", String(this.open));
    this.viewer.root.classList.toggle("gl-slow", this.open);
    setAttr(this.viewer.root, "data-slow", this.open ? phase : null);
  }

  /** Take a frame: the answer to a look, the end of a real step, or a reason to close. */
  accept(frame, role, connected) {
    this.frame = frame;
    if (!this.open) return;
    const busy = this.phase === "pausing" || this.phase === "stepping";
    if (!this.able(frame, role, connected) || (frame.state === "playing" && !busy)) this.close();
    else if (frame.state === "playing") return;
    else if (!busy && this.moment(frame) !== this.begun) this.begin();
    else if (this.phase === "pausing") this.begin();
    else if (this.phase === "stepping" && this.stepped.every(([name, t]) => frame.lane(name).t > t)) this.begin();
    else if (this.phase === "looking") this.hear(frame);
  }

  /** What the next update depends on: an edit or a step from elsewhere begins the walk anew. */
  moment(frame) {
    return JSON.stringify(frame.lanes.map(({ t, status, settings }) => [t, status, settings]));
  }

  /** Look at the next update of every lane whose turn it is, one kind of player at a time. */
  begin() {
    this.enter("looking");
    this.begun = this.moment(this.frame);
    this.walks = new Map(this.due(this.frame).map((lane) => [lane.name, { lane, player: this.player(lane), arrays: null }]));
    this.ask();
  }

  ask() {
    const waiting = [...this.walks.values()].filter((walk) => !walk.arrays);
    if (!waiting.length) {
      const shown = this.data.stages.filter(({ name }) => [...this.walks.values()].some((walk) => walk.stages.includes(name)));
      this.stages = shown.map(({ name }) => name);
      this.enter("walking");
      this.show(0);
      return;
    }
    this.kind = waiting[0].player === "generator" ? "generator" : "opponent";
    this.request = Math.floor(Math.random() * 2 ** 50);
    this.viewer.send({ do: "look", probe: PROBE, settings: { player: this.kind }, size: 8, request: this.request });
  }

  hear(frame) {
    const answers = frame.entries.filter((entry) => entry.probe === PROBE && entry.request === this.request);
    const mine = [...this.walks.values()].filter((walk) => !walk.arrays && (walk.player === "generator" ? "generator" : "opponent") === this.kind);
    const found = mine.map((walk) => [walk, answers.find((entry) => entry.lane === walk.lane.name)]);
    const failed = found.find(([, entry]) => entry?.error);
    if (failed) {
      this.viewer.complain(failed[1].error);
      this.close();
    } else if (found.every(([, entry]) => entry?.progress === 1)) {
      for (const [walk, entry] of found) this.read(walk, entry, frame);
      this.ask();
    }
  }

  read(walk, entry, frame) {
    walk.arrays = Object.fromEntries(entry.arrays.map((name) => [name, frame.tensor(`${entry.lane}/${entry.key}/${name}`).data]));
    walk.stages = this.data.stages.map(({ name }) => name).filter((name) => entry.arrays.some((array) => array.startsWith(`${name}.`)));
  }

  get stage() {
    return this.stages[this.at];
  }

  show(at) {
    this.at = at;
    this.lecture.show();
    this.viewer.repaint();
  }

  next() {
    if (this.phase !== "walking") return;
    if (this.at < this.stages.length - 1) this.show(this.at + 1);
    else {
      this.stepped = [...this.walks.values()].map(({ lane }) => [lane.name, lane.t]);
      this.enter("stepping");
      this.viewer.send({ do: "step", n: 1, player: "turn" });
    }
  }

  back() {
    if (this.phase === "walking" && this.at > 0) this.show(this.at - 1);
  }

  /** Take a key; true when it meant something here. */
  press(key) {
    if (key === "m" || key === "M") this.toggle();
    else if (!this.open) return false;
    else if (key === "ArrowRight") this.next();
    else if (key === "ArrowLeft") this.back();
    else if (key === "a" || key === "A") this.lecture.auto.click();
    else if (key === "Escape") this.close();
    else return false;
    return true;
  }

  /** The walk of a lane up to this stage: a lane that lacks it stays at its last one. */
  walkOf(name) {
    const walk = this.walks.get(name);
    if (!walk || (this.phase !== "walking" && this.phase !== "stepping")) return null;
    const passed = new Set(this.stages.slice(0, this.at + 1).filter((stage) => walk.stages.includes(stage)));
    return { ...walk, passed, rests: !walk.stages.includes(this.stage), stage: this.stage };
  }

  /** Draw this stage's points, lines and arrows over a lane's field. */
  paint(panel, ctx, box) {
    const walk = this.walkOf(panel.spec.lane ?? this.frame?.lanes[0]?.name);
    if (walk) paintMarks(ctx, box, walk, panel.theme, panel.sheet.ratio);
  }

  destroy() {
    this.close();
  }
}
