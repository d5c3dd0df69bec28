/**
 * Entry of the live viewer. Streamlit runs the component's shim again on every script run and theme
 * change, and may call a cleanup that belongs to an older call: one viewer is kept per host, and it
 * is taken down only when its host has left the page.
 */

import { Viewer } from "./viewer.js";

const viewers = new WeakMap();

/**
 * Show the run `data.id` inside `parentElement`, or update the viewer that is already there.
 * Takes `(parentElement, data)`, or the whole argument of a Streamlit component's default export;
 * a fork is then told to the page as the component's value `run`.
 * @param {Element|ShadowRoot|{parentElement, data, setStateValue}} where
 * @param {{id: string, role?: string, layout: object, query?: string, theme?: string, projector?: boolean}} given
 * @returns {(() => void) & {close: () => void}} cleanup, deferred: it does nothing while the host is still there
 */
export function mount(where, given) {
  const component = where.parentElement && where.data ? where : null;
  const host = component?.parentElement ?? where;
  const data = component?.data ?? given;
  let viewer = viewers.get(host);
  if (viewer) viewer.update(data);
  else {
    viewer = new Viewer(host, data, (run) => component?.setStateValue?.("run", run));
    viewers.set(host, viewer);
  }
  const cleanup = () => setTimeout(() => {
    if ((host.host ?? host).isConnected || viewers.get(host) !== viewer) return;
    viewers.delete(host);
    viewer.destroy();
  }, 0);
  cleanup.close = cleanup;
  return cleanup;
}

/** The viewer of a host, for other scripts of the page; undefined where there is none. */
export function viewerOf(host) {
  return viewers.get(host);
}
