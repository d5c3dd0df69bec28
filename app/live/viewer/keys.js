/** Keys of every live page: space, right arrow, M (slow motion), R, T (tour), digits (presets); what each does stands below. */

const EDITABLE = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/** Whether a key belongs to the element that has the focus, through open shadow roots. */
function taken(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (EDITABLE.has(target.tagName) || target.isContentEditable) return true;
  if (target.closest('[role="application"], [role="slider"], [role="listbox"], [role="combobox"], [role="dialog"], [role="tab"]')) return true;
  return event.key === " " && Boolean(target.closest("button, a, summary"));
}

/** Whether a button may be pressed by its key: not where a lesson hides it. */
function usable(node) {
  return node.isConnected && !node.disabled && !node.hidden;
}

/** Listen on the document; returns what removes the listener. `viewer.root` must be on the page. */
export function listenKeys(viewer) {
  const press = (event) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || taken(event)) return;
    if (!viewer.root.isConnected || viewer.root.offsetParent === null) return;
    const { transport } = viewer;
    if (/^[1-9]$/.test(key)) viewer.emit("preset", { index: Number(key) });
    else if ((key === "t" || key === "T") && usable(viewer.tour.button)) viewer.tour.toggle();
    else if (viewer.role !== "control" || !transport) return;
    else if ((transport.slow.open || usable(transport.slowButton)) && transport.slow.press(key)) transport.slow.viewer.request();
    else if (key === " " && usable(transport.play)) transport.play.click();
    else if (key === "ArrowRight" && usable(transport.go)) transport.stepOnce();
    else if ((key === "r" || key === "R") && usable(transport.reset)) transport.reset.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("keydown", press, true);
  return () => document.removeEventListener("keydown", press, true);
}
