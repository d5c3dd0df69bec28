/**
 * The guided tour: a card below the pictures that sets the run, asks for a prediction, and then reveals.
 * A step acts once, when it is first reached. Going back only reads: nothing is sent, the run stays as it is.
 */

import { button, el, setAttr, setText } from "./dom.js";
import { Prediction } from "./prediction.js";
import { targets } from "./targets.js";

let count = 0;

/** Whether an edit would change nothing: sent all the same, it would leave a mark. A scrubbed frame tells of then, not of now. */
function idle(action, frame) {
  if (action.do !== "set" || frame.round < frame.head) return false;
  const lanes = frame.lanes.filter(({ name, settings }) => ["*", undefined, name].includes(action.lane) && settings?.[action.name] !== undefined);
  return lanes.length > 0 && lanes.every(({ settings }) => settings[action.name] === action.value);
}

export class Tour {
  /** @param {{steps: object[], open: number}|null} spec @param {object} viewer */
  constructor(spec, viewer) {
    this.viewer = viewer;
    this.steps = spec?.steps ?? [];
    this.due = spec?.open ?? 0;
    this.ringed = [];
    this.button = button("Tour", "tour", { class: "gl-tour-switch", title: "T: a guided tour of this page", "aria-expanded": "false", onclick: () => this.toggle() });
    this.button.hidden = this.steps.length === 0;
    this.build();
    this.restart();
  }

  build() {
    const id = `gl-tour-${(count += 1)}`;
    this.title = el("h3", { class: "gl-tour-title", id: `${id}-title` });
    this.text = el("p", { class: "gl-tour-text", id: `${id}-text` });
    this.progress = el("span", { class: "gl-quiet gl-tour-progress" });
    this.look = el("button", { type: "button", class: "gl-tour-look", title: "Scroll to it", onclick: () => this.ringed[0]?.element.scrollIntoView({ block: "center" }) });
    this.following = el("p", { class: "gl-quiet", text: "You are following: the tour sends nothing to the run." });
    this.body = el("div", { class: "gl-tour-body", role: "group", tabindex: "-1", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-text` },
      el("div", { class: "gl-tour-head" }, this.title, this.progress), this.text, this.look, this.following);
    this.asked = el("div", { class: "gl-tour-asked" });
    this.said = el("div", { class: "gl-tour-said", "aria-live": "polite" });
    this.reveal = button("Reveal", null, { class: "gl-primary", onclick: () => this.ask() });
    this.next = button("Next", null, { onclick: () => this.go(1) });
    this.back = button("Back", null, { title: "Reads the step before; nothing is sent", onclick: () => this.go(-1) });
    this.shut = button("Close", null, { title: "Escape", onclick: () => this.close() });
    this.row = el("div", { class: "gl-tour-row" }, this.reveal, this.next, this.back, this.shut);
    this.element = el("section", { class: "gl-tour", role: "dialog", "aria-label": "Guided tour", hidden: true }, this.body, this.asked, this.said, this.row);
    this.element.addEventListener("keydown", (event) => this.press(event));
  }

  restart() {
    this.at = 0;
    this.memory = this.steps.map(({ question }) => ({ acted: false, start: null, prediction: question ? new Prediction(question, () => this.reflect()) : null }));
  }

  get step() {
    return this.steps[this.at];
  }

  get here() {
    return this.memory[this.at];
  }

  get owns() {
    return this.viewer.role === "control";
  }

  /** Escape and T close; the page keys of a lecturer's remote go on and back. */
  press(event) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "Escape" || key === "t" || key === "T") this.close();
    else if (key === "PageDown") (this.reveal.hidden ? this.next : this.reveal).click();
    else if (key === "PageUp") this.go(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  toggle() {
    if (this.element.hidden) this.open(this.at);
    else this.close();
  }

  open(at) {
    if (!this.steps.length) return;
    this.before = this.viewer.root.getRootNode().activeElement ?? document.activeElement;
    this.element.hidden = false;
    setAttr(this.button, "aria-expanded", "true");
    this.show(Math.min(at, this.steps.length - 1));
  }

  /** Give the focus back to whoever had it; to the tour's button where that is gone. */
  close() {
    this.element.hidden = true;
    setAttr(this.button, "aria-expanded", "false");
    this.ring([]);
    const kept = this.before?.isConnected && this.before.checkVisibility() && this.before !== document.body;
    (kept ? this.before : this.button).focus();
  }

  go(by) {
    if (this.at + by >= this.steps.length) {
      this.close();
      this.restart();
    } else if (this.at + by >= 0) this.show(this.at + by);
  }

  show(at) {
    this.at = at;
    const { step, here } = this;
    setText(this.title, step.title);
    setText(this.text, step.text);
    setText(this.progress, `${at + 1} of ${this.steps.length}`);
    this.element.dataset.step = at + 1;
    this.asked.replaceChildren(...(here.prediction ? [here.prediction.element] : []));
    this.said.replaceChildren();
    if (!here.acted) here.acted = this.act(step.actions);
    this.ring(targets(step.look, this.viewer));
    this.reflect();
    this.body.focus();
  }

  /** Send commands; true when they went out, or need not. */
  act(actions) {
    const { viewer } = this;
    if (!this.owns) return true;
    if (!viewer.connected || !viewer.frame) return actions.length === 0;
    return actions.filter((action) => !idle(action, viewer.frame)).every((action) => viewer.send(action));
  }

  ring(found) {
    for (const { element } of this.ringed) element.classList.remove("gl-tour-ring");
    for (const { element } of found) element.classList.add("gl-tour-ring");
    this.ringed = found;
    this.look.hidden = found.length === 0;
    setText(this.look, `Look at: ${[...new Set(found.map(({ name }) => name))].join(" · ")}`);
  }

  /** Take the prediction, let the run move, and then show the answer; asked again, at once. */
  ask() {
    const { step, here } = this;
    if (here.prediction.choice === null) this.say("Choose an answer first.");
    else if (here.start === null && this.act(step.reveal)) {
      here.start = this.viewer.frame?.head ?? 0;
      if (!this.settled()) this.say("Watch the picture: the answer follows.");
      this.proceed();
    } else this.answer();
  }

  /** Whether the run is where the answer waits for. A follower waits for nobody. */
  settled() {
    const { head = 0, state } = this.viewer.frame ?? {};
    const { wait } = this.step;
    if (!wait || !this.owns) return true;
    if (wait.state) return state === wait.state;
    return head >= (wait.round ?? this.here.start + wait.rounds);
  }

  proceed() {
    const { here } = this;
    if (!here.prediction || here.prediction.told || here.start === null) return;
    const head = this.viewer.frame?.head ?? 0;
    here.start = Math.min(here.start, head); // a reset begins at round 0
    if (this.settled()) this.answer();
    else this.reflect();
  }

  answer() {
    const focused = this.element.getRootNode().activeElement;
    const lost = focused === this.reveal || this.asked.contains(focused); // both are switched off now
    this.say(...this.here.prediction.tell());
    this.reflect();
    if (lost) this.next.focus();
  }

  /** Say something above the buttons; they stay in sight where they were so. */
  say(...parts) {
    const { top, bottom } = this.row.getBoundingClientRect();
    this.said.replaceChildren(...parts.map((part) => (typeof part === "string" ? el("p", { text: part }) : part)));
    if (top >= 0 && bottom <= window.innerHeight + 1) this.row.scrollIntoView({ block: "nearest" });
  }

  /** Put the step's phase on the card: for style, for readers, for tests. */
  reflect() {
    const { prediction, start } = this.here;
    const open = Boolean(prediction) && !prediction.told;
    this.element.dataset.phase = !prediction ? "read" : prediction.told ? "answer" : start === null ? "ask" : "wait";
    this.reveal.hidden = !open;
    setText(this.reveal.firstChild, start === null ? "Reveal" : "Show now");
    setAttr(this.reveal, "aria-disabled", open && prediction.choice === null ? "true" : null);
    this.next.classList.toggle("gl-primary", !open);
    setText(this.next.firstChild, this.at + 1 < this.steps.length ? "Next" : "Finish");
    this.back.disabled = this.at === 0;
    this.following.hidden = this.owns;
    if (prediction?.told && !this.said.childElementCount) this.say(...prediction.tell());
  }

  /** A frame came: open where the address says so, look whether an answer is due. */
  accept() {
    const { shown, connected, frame } = this.viewer; // what is not yet shown takes no focus
    if (this.due && shown && connected && frame.state !== "loading") {
      const at = this.due - 1;
      this.due = 0;
      this.open(at);
    }
    if (this.element.hidden) return;
    if (!this.here.acted) this.here.acted = this.act(this.step.actions);
    this.proceed();
  }
}
