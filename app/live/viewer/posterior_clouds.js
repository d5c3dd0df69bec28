/**
 * Samples of each data point's posterior on a plane of latents, over those of the prior: where a
 * Gaussian puts them, and after every map of the chain that bends it. With `"truth"` outlines of the
 * truth stand beside those found.
 */

import { paintPlaneAxes } from "./axes.js";
import { CLASS_COLOURS, classLegend, paintClasses } from "./classes.js";
import { el, setText } from "./dom.js";
import { laneNote } from "./legend.js";
import { StagesPanel } from "./stages.js";
import { colourOf } from "./theme.js";
import { number } from "./ticks.js";
import { Tween } from "./tween.js";

const ENDS = [{ short: "Gaussian", long: "Back to the Gaussian" }, { short: "posterior", long: "To the posterior" }];
const OUTLINES = ["own", "truth"]; // the true ones above

export class PosteriorCloudsPanel extends StagesPanel {
  constructor(spec, viewer) {
    super(spec, viewer, "step", ENDS);
    this.extent = spec.extent ?? [-3.5, 3.5, -3.5, 3.5];
    this.path = new Tween();
    this.outlines = new Map(OUTLINES.map((name) => [name, new Tween()]));
    this.gap = el("span", { class: "gl-legend-item gl-gap" });
    this.priorShown = true;
    this.toggle("prior", "Draw samples of the prior below the clouds", true, (on) => { this.priorShown = on; });
  }

  probes() {
    const { truth } = this.spec;
    return truth ? [...super.probes(), { probe: truth, settings: {} }] : super.probes();
  }

  get numbers() {
    return this.steps;
  }

  accept(frame, now, duration) {
    super.accept(frame, now, duration);
    const lane = frame.lane(this.spec.lane);
    const take = (name) => lane && frame.array(lane.name, this.spec.probe, name, this.settings);
    const path = take("path");
    if (!path) return;
    this.labels = take("labels").data;
    this.prior = take("prior").data;
    this.path.accept(path, now, duration);
    if (this.spec.truth) this.acceptTruth((name) => frame.array(lane.name, this.spec.truth, name), now, duration);
    if (!this.legend.childElementCount) this.legend.replaceChildren(...classLegend([...new Set(this.labels)].sort((a, b) => a - b)), this.gap);
    this.element.style.setProperty("--gl-lane", colourOf(lane.color, frame.lanes.indexOf(lane)));
    this.say(laneNote(lane));
    this.offerSteps(path.shape[0]);
    this.tell();
  }

  /** A chain begins at its end, which is the posterior; a Gaussian has nothing to walk. */
  offerSteps(count) {
    if (this.steps?.length === count) return;
    this.steps = Array.from({ length: count }, (_, step) => step);
    this.goTo(this.last, 0);
    this.foot.classList.toggle("gl-alone", count === 1);
  }

  acceptTruth(take, now, duration) {
    for (const [name, tween] of this.outlines) tween.accept(take(name), now, duration);
    const gap = take("gap")?.data;
    if (!gap) return;
    this.mean = gap.reduce((sum, value) => sum + value, 0) / gap.length;
    setText(this.gap, `gap ${this.mean.toFixed(3)} nats`.replace("-", "−"));
    this.canvas.dataset.gap = this.mean;
  }

  tell() {
    const name = super.tell();
    if (!name) return;
    const points = new Set(this.labels).size;
    const where = this.last ? `, ${name}${this.told ? "" : ", a Gaussian"}` : ", a Gaussian without further steps";
    const gap = this.mean === undefined ? "" : `; the bound misses log p(x) by ${number(this.mean)} nats; dashed the truth, drawn through what was found`;
    this.describe(`${this.spec.title}${where}: ${this.labels.length / points} samples of the posterior of each of ${points} data points, by colour and shape${gap}`);
    if (!this.last) setText(this.label, "one Gaussian a point: no steps");
  }

  /** Numbers of the clouds at the chosen step. */
  table() {
    if (!this.steps) return null;
    const values = this.stage(this.path.target, this.path.shape, this.target);
    return { columns: ["data point", "z1", "z2"], rows: Array.from(this.labels, (label, i) => [label, values[2 * i], values[2 * i + 1]]) };
  }

  moving() {
    return super.moving() || [this.path, ...this.outlines.values()].some(({ settled }) => !settled);
  }

  draw(now) {
    const { ctx, width, height } = this.sheet;
    ctx.clearRect(0, 0, width, height);
    if (!this.steps) return;
    this.step(now);
    const box = this.box(this.extent);
    paintPlaneAxes(ctx, box, this.extent, this.theme, { x: "z1" });
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.x, box.y, box.w, box.h);
    ctx.clip();
    ctx.fillStyle = this.theme.background;
    ctx.fillRect(box.x, box.y, box.w, box.h);
    if (this.priorShown) this.paintPrior(ctx, box);
    const at = this.stage(this.path.sample(now), this.path.shape, this.place).map((value, i) => (i % 2 ? box.py(value) : box.px(value)));
    paintClasses(ctx, box, at, this.labels, this.theme, this.sheet.ratio);
    if (this.spec.truth) this.paintOutlines(ctx, box, now);
    ctx.restore();
  }

  paintPrior(ctx, box) {
    const radius = this.theme.dot * 0.55;
    ctx.fillStyle = this.theme.muted;
    ctx.globalAlpha = 0.45;
    ctx.beginPath();
    for (let i = 0; i < this.prior.length; i += 2) {
      const [x, y] = [box.px(this.prior[i]), box.py(this.prior[i + 1])];
      ctx.moveTo(x + radius, y);
      ctx.arc(x, y, radius, 0, 7);
    }
    ctx.fill();
    ctx.globalAlpha = 1;
  }

  /** The true outlines dashed, and at the chain's end those found, in their data points' colours. */
  paintOutlines(ctx, box, now) {
    for (const [name, tween] of this.outlines) {
      const values = tween.values && tween.sample(now);
      if (!values || (name === "own" && this.place !== this.last)) continue;
      const [count, nodes] = tween.shape;
      for (let k = 0; k < count; k += 1) {
        ctx.beginPath();
        for (let i = 0; i < nodes; i += 1) ctx.lineTo(box.px(values[2 * (k * nodes + i)]), box.py(values[2 * (k * nodes + i) + 1]));
        ctx.setLineDash(name === "truth" ? [6, 4] : []);
        ctx.strokeStyle = name === "truth" ? this.theme.text : CLASS_COLOURS[k % 10];
        ctx.lineWidth = this.theme.line * (name === "truth" ? 1 : 1.5);
        ctx.stroke();
      }
    }
    ctx.setLineDash([]);
  }
}
