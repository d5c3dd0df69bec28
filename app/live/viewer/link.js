/** The page's address: only ever replaced, never pushed, so that Back leaves the page as people expect. */

const LONGEST = 8192;

function replace(params) {
  const search = params.toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%2A", "*");
  history.replaceState(history.state, "", `${location.pathname}${search ? `?${search}` : ""}${location.hash}`);
}

/** Show `query` (without “?”) in the address; nothing when there is none or it is already there. */
export function keepQuery(query) {
  if (query === undefined || query === null) return;
  const wanted = query.replace(/^\?/, "");
  if (location.search.replace(/^\?/, "") === wanted) return;
  history.replaceState(history.state, "", `${location.pathname}${wanted ? `?${wanted}` : ""}${location.hash}`);
}

/** Keep the log of edits (`t:lane:name:value`, comma between) in the address of a page that has one. */
export function keepEdits(marks) {
  const params = new URLSearchParams(location.search);
  const log = marks.map(({ t, lane, name, value }) => `${t}:${lane}:${name}:${value}`).join(",");
  if (!params.has("v") || (params.get("edits") ?? "") === log) return;
  params.delete("edits");
  // a log that does not fit is left out whole: half of it would replay to a run that nobody has seen
  if (log && params.toString().length + log.length + "&edits=".length <= LONGEST) params.set("edits", log);
  replace(params);
}

/** Keep what a person chose of a group in the address of a page that has one, as `group.name=value`. */
export function keepChosen(group, settings) {
  const params = new URLSearchParams(location.search);
  if (!params.has("v")) return;
  for (const [name, value] of Object.entries(settings)) params.set(`${group}.${name}`, String(value));
  if (params.toString().length <= LONGEST) replace(params);
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
