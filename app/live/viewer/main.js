/**
 * Entry of the live viewer. Streamlit runs the component's shim again on every script run and theme
 * change, and may call a cleanup that belongs to an older call: one viewer is kept per host, and it
 * is taken down only when its host has left the page.
 */

import { Viewer } from "./viewer.js";

const viewers = new WeakMap();

/**
 * Show the run `data.id` inside `parentElement`, or update the viewer that is already there.
 * @param {Element|ShadowRoot} parentElement
 * @param {{id: string, role?: string, layout: object, query?: string, theme?: string, projector?: boolean}} data
 * @returns {() => void} cleanup, deferred: it does nothing while the host is still on the page
 */
export function mount(parentElement, data) {
  let viewer = viewers.get(parentElement);
  if (viewer) viewer.update(data);
  else {
    viewer = new Viewer(parentElement, data);
    viewers.set(parentElement, viewer);
  }
  return () => setTimeout(() => {
    if ((parentElement.host ?? parentElement).isConnected || viewers.get(parentElement) !== viewer) return;
    viewers.delete(parentElement);
    viewer.destroy();
  }, 0);
}

/** The viewer of a host, for other scripts of the page; undefined where there is none. */
export function viewerOf(parentElement) {
  return viewers.get(parentElement);
}
