/** What a tour points at: `field:gp`, `control:clip.clip`, `timeline`; each with the name that the page shows. */

const PARTS = {
  play: "Play", step: "Step", speed: "Speed", timeline: "Timeline", fork: "Continue from here", reset: "Reset",
};

/** @returns {{element: HTMLElement, name: string}[]} none where a lesson hides it */
export function targets(look, { panels, controls, metrics, transport }) {
  const [kind, detail = ""] = (look ?? "").split(":");
  if (kind === "metrics") return [{ element: metrics.element, name: "Metrics" }];
  if (kind === "control") {
    const found = controls.list.filter(({ spec }) => `${spec.lane ?? "*"}.${spec.name}` === detail);
    return found.map(({ element, range }) => ({ element, name: range.getAttribute("aria-label") ?? detail }));
  }
  if (PARTS[kind]) {
    const part = transport[kind].element ?? transport[kind];
    return part.isConnected ? [{ element: part, name: PARTS[kind] }] : [];
  }
  const names = ({ lane, probe, metrics: curves }) => ["", lane, probe, ...(curves ?? [])];
  return panels.filter(({ spec }) => spec.kind === kind && names(spec).includes(detail))
    .map(({ element, title }) => ({ element, name: title.firstChild?.textContent ?? title.textContent }));
}
