/** The page's address: only ever replaced, never pushed, so that Back leaves the page as people expect. */

function replace(params) {
  const search = params.toString();
  history.replaceState(history.state, "", `${location.pathname}${search ? `?${search}` : ""}${location.hash}`);
}

/** Show `query` (without “?”) in the address; nothing when there is none or it is already there. */
export function keepQuery(query) {
  if (query === undefined || query === null) return;
  const wanted = query.replace(/^\?/, "");
  if (location.search.replace(/^\?/, "") === wanted) return;
  history.replaceState(history.state, "", `${location.pathname}${wanted ? `?${wanted}` : ""}${location.hash}`);
}

/** Let the address name the run that a fork began, so that a reload finds it. */
export function renameRun(id) {
  const params = new URLSearchParams(location.search);
  params.set("run", id);
  replace(params);
}

/** A link to this page that follows the run `id` and cannot control it. */
export function followLink(id) {
  const params = new URLSearchParams(location.search);
  params.delete("run");
  params.set("follow", id);
  return `${location.origin}${location.pathname}?${params}`;
}
