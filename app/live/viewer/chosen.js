/**
 * What a person chooses in the picture and probes are asked for: a pixel, a drawing, a class.
 * Panels that follow the same group show the same choice; each change is one new subscription.
 */

import { canonical } from "./frame.js";
import { el, throttled } from "./dom.js";
import { keepChosen } from "./link.js";

export class Chosen {
  /** @param {(group: string, settings: object) => void} changed told of a group and its settings after a choice that differs from the one before */
  constructor(changed) {
    this.groups = new Map();
    this.changed = changed;
  }

  /** Take over what a page begins with; nobody is told. */
  begin(groups = {}) {
    for (const [group, settings] of Object.entries(groups)) this.groups.set(group, { ...this.of(group), ...settings });
  }

  /** Settings of a group; empty where nothing was chosen yet. */
  of(group) {
    return this.groups.get(group) ?? {};
  }

  /** Choose some settings of a group; the others stay. */
  set(group, settings) {
    const before = this.of(group);
    const after = { ...before, ...settings };
    if (canonical(before) === canonical(after)) return;
    this.groups.set(group, after);
    this.changed(group, after);
  }
}

/** Settings of a probe: the layout's, and what a person chose of the group that it follows, or of its `takes`. */
export function settingsWith(viewer, { settings = {}, follows, takes }) {
  if (!follows) return settings;
  const chosen = Object.entries(viewer.chosen.of(follows)).filter(([name]) => !takes || takes.includes(name));
  return { ...settings, ...Object.fromEntries(chosen) };
}

/** A browser refuses an address that changes more than 200 times in ten seconds, as under a pointer that drags. */
const keep = throttled(({ group, settings, page }) => page === location.pathname && keepChosen(group, settings), 100);

/** Ask for what was chosen, tell the panels, and keep the group that the layout names in the address. */
export function passOn(viewer, group, settings) {
  viewer.subscribe();
  for (const panel of viewer.panels) panel.changed?.();
  if (viewer.data.layout?.kept === group) keep({ group, settings, page: location.pathname });
}

/** A labelled list in a panel's head for each of `spec.choices`: {name, label, options: [[value, text]]}. */
export function offerChoices(panel) {
  for (const { name, label, options } of panel.spec.choices ?? []) {
    const list = el("select", { class: "gl-choice", "aria-label": label, title: label, dataset: { choice: name } },
      ...options.map(([value, text]) => el("option", { value: String(value), text })));
    const now = panel.settings[name];
    if (now !== undefined) list.value = String(now);
    list.addEventListener("change", () => panel.viewer.chosen.set(panel.spec.follows, { [name]: options[list.selectedIndex][0] }));
    panel.tools.prepend(list);
  }
}
