/** Slow motion in words: stages, caption, equation and code, lit together; and the buttons that walk them. */

import { button, el, setAttr, setText } from "./dom.js";
import { arrange } from "./layout.js";
import { colourOf } from "./theme.js";
import { number, plain } from "./ticks.js";

const PACES = [[4000, "4 s a stage"], [2000, "2 s a stage"], [1000, "1 s a stage"], [400, "0.4 s a stage"]];

/** Whether every `[setting, "==" or "!=", value]` holds of a lane. */
function holds(tests, lane) {
  return tests.every(([name, how, value]) => ((lane.given?.[name] ?? lane.settings[name]) === value) === (how === "=="));
}

export class Lecture {
  /** @param {object} slow whose stages are told */
  constructor(slow) {
    this.slow = slow;
    this.where = el("span", { class: "gl-quiet" });
    this.close = el("button", { type: "button", class: "gl-close", "aria-label": "Close slow motion", title: "Escape", text: "×", onclick: () => slow.close() });
    this.stages = el("ol", { class: "gl-stages", "aria-label": "Stages of this update" });
    this.captions = el("div", { class: "gl-captions", "aria-live": "polite" });
    this.choice = el("div", { class: "gl-lane-choice", role: "group", "aria-label": "Lane of the equation and the code" });
    this.equation = el("div", { class: "gl-equation", role: "group", "aria-label": "Equation", tabindex: "0" });
    this.back = button("Back", null, { title: "Left arrow", onclick: () => slow.back() });
    this.next = button("Next", null, { class: "gl-primary", title: "Right arrow", onclick: () => slow.next() });
    this.auto = button("Auto", null, { title: "A: walk by itself", "aria-pressed": "false", onclick: () => this.run(!this.timer) });
    this.pace = el("select", { "aria-label": "Speed of walking", onchange: () => this.timer && this.run(true) },
      ...PACES.map(([value, text]) => el("option", { value, text })));
    this.panel = el("section", { class: "gl-panel gl-slow-panel", "aria-label": "Slow motion" },
      el("header", { class: "gl-panel-head" }, el("h3", { class: "gl-panel-title", text: "Slow motion" }), this.where, this.close),
      this.stages, this.captions, this.equation,
      el("div", { class: "gl-slow-buttons" }, this.back, this.next, this.auto, this.pace));
    this.source = el("span", { class: "gl-quiet" });
    this.code = el("ol", { class: "gl-code", "aria-label": "Lines of the update", tabindex: "0" });
    this.listing = el("section", { class: "gl-panel gl-slow-code", "aria-label": "Code of this update" },
      el("header", { class: "gl-panel-head" }, el("h3", { class: "gl-panel-title", text: "The same in PyTorch" }), this.source, this.choice), this.code);
  }

  /** Stand beside and below the pictures. */
  place() {
    const { viewer } = this.slow;
    viewer.side.append(this.panel);
    viewer.below.prepend(this.listing);
    arrange(viewer);
    this.next.focus({ preventScroll: true });
  }

  remove() {
    this.run(false);
    const held = this.panel.contains(document.activeElement) || this.panel.getRootNode().activeElement?.closest?.(".gl-slow-panel");
    this.panel.remove();
    this.listing.remove();
    arrange(this.slow.viewer);
    if (held) this.slow.viewer.transport.slowButton.focus({ preventScroll: true });
  }

  /** Walk by itself, or stop. */
  run(on) {
    clearInterval(this.timer);
    this.timer = on ? setInterval(() => (this.panel.isConnected ? this.slow.next() : this.run(false)), Number(this.pace.value)) : 0;
    setAttr(this.auto, "aria-pressed", String(on));
  }

  /** The walk that equation and code follow: the chosen lane's, else the longest, of equals the last followed. */
  followed() {
    const walks = [...this.slow.walks.values()];
    const of = (name) => walks.find(({ lane }) => lane.name === name);
    const longer = (best, walk) => (walk.stages.length > best.stages.length ? walk : best);
    return of(this.chosen) ?? walks.reduce(longer, of(this.panel.dataset.lane) ?? walks[0]);
  }

  show() {
    const { slow } = this;
    const walk = this.followed();
    const update = slow.data.updates[walk.lane.stem][walk.player];
    Object.assign(this.panel.dataset, { stage: slow.stage, player: walk.player, lane: walk.lane.name });
    setText(this.where, `round ${number(walk.lane.round)}, ${walk.player} update, ${walk.lane.position + 1} of ${walk.lane.schedule.length}`);
    this.stages.replaceChildren(...slow.stages.map((name, at) => this.pill(name, at)));
    this.captions.dataset.stage = slow.stage;
    this.captions.replaceChildren(...slow.frame.lanes.filter((lane) => slow.data.updates[lane.stem]).map((lane) => this.caption(lane)));
    this.offer();
    const key = `${walk.lane.name}/${walk.player}/${JSON.stringify(walk.lane.given)}`;
    if (key !== this.key) this.write(walk, update);
    this.key = key;
    this.light();
    setAttr(this.back, "disabled", slow.at === 0);
    setText(this.next.querySelector(".gl-button-text"), slow.at === slow.stages.length - 1 ? "Take the step" : "Next");
  }

  pill(name, at) {
    const { slow } = this;
    const { title } = slow.data.stages.find((stage) => stage.name === name);
    return el("li", { "aria-current": at === slow.at ? "step" : null, class: at < slow.at ? "gl-past" : "" }, title);
  }

  caption(lane) {
    const mark = el("span", { class: "gl-dot" });
    mark.style.background = colourOf(lane.color, this.slow.frame.lanes.indexOf(lane));
    return el("p", { dataset: { lane: lane.name } }, mark, el("span", {}, el("b", { text: `${lane.label}. ` }), this.sentence(lane)));
  }

  sentence(lane) {
    const { slow } = this;
    const walk = slow.walks.get(lane.name);
    if (!walk) return lane.status === "ok" ? "Waits for the others at the end of its round." : "Stands still.";
    const said = slow.data.updates[lane.stem][walk.player].captions[slow.stage] ?? [];
    const found = said.find(({ tests }) => holds(tests, lane));
    if (!found || (!walk.stages.includes(slow.stage) && found.text.includes("{"))) return "Rests at this stage.";
    return found.text.replace(/\{([\w.]+)\}/g, (_, name) => this.value(name, lane, walk));
  }

  /** A number of the walk (the mean over the batch, where there is one), or a setting of the lane. */
  value(name, lane, { arrays }) {
    const made = arrays[`${name}.mean`] ?? arrays[name];
    const known = made ? number(made[0]) : lane.settings[name] ?? lane.given?.[name];
    return typeof known === "number" ? plain(known) : this.slow.data.names[known] ?? String(known);
  }

  offer() {
    const lanes = [...this.slow.walks.values()].map(({ lane }) => lane);
    const shown = this.followed().lane.name;
    const make = (lane) => el("button", {
      type: "button", class: "gl-toggle", "aria-pressed": String(lane.name === shown), text: lane.label,
      onclick: () => {
        this.chosen = lane.name;
        this.show();
      },
    });
    if (this.offered !== `${lanes.map(({ name }) => name)}`) this.choice.replaceChildren(...lanes.map(make));
    this.offered = `${lanes.map(({ name }) => name)}`;
    [...this.choice.children].forEach((node, i) => setAttr(node, "aria-pressed", String(lanes[i].name === shown)));
    this.choice.hidden = lanes.length < 2;
  }

  /** Write equation and code of an update; a branch that this lane never takes is dimmed. */
  write({ lane, player }, { equation, code }) {
    const rows = equation.filter(({ tests }) => holds(tests, lane)).map(({ terms }) => {
      const parts = terms.filter(({ tests }) => holds(tests, lane));
      const row = el("p");
      row.innerHTML = `<math>${parts.map(({ math, stages }) => `<mrow data-stages="${stages.join(" ")}">${math}</mrow>`).join("")}</math>`;
      return row;
    });
    this.equation.replaceChildren(...rows);
    const lines = code.filter(({ stage }) => stage);
    const edge = Math.min(...lines.map(({ text }) => text.search(/\S/)));
    this.code.replaceChildren(...lines.map(({ text, stage, tests }) => {
      const line = el("li", { class: holds(tests, lane) ? "" : "gl-off", dataset: { stages: stage } }, el("code", { text: text.slice(edge) }));
      line.style.setProperty("--gl-indent", `${text.slice(edge).search(/\S/)}ch`);
      return line;
    }));
    setText(this.source, `${lane.stem}_reference.py, ${player}_update`);
  }

  /** Light the terms and the lines of this stage. */
  light() {
    const lit = (node) => node.dataset.stages.split(" ").includes(this.slow.stage) && !node.classList.contains("gl-off");
    for (const node of [...this.equation.querySelectorAll("mrow[data-stages]"), ...this.code.children]) setAttr(node, "data-lit", lit(node) ? "" : null);
    const first = this.code.querySelector("[data-lit]");
    if (first) this.code.scrollTop = first.offsetTop - this.code.offsetTop - this.code.clientHeight / 3;
  }
}
