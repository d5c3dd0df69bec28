"""From a page's state to a run: the one in the address, a recording, or a new one."""

from dataclasses import dataclass, replace
from typing import Any

from app.library import library
from app.live.frames import header
from app.live.runs import Run, manager
from app.preset import Preset
from app.state import Edit, PageState, without_data
from app.suiting import matched, open_kept
from gen_core.errors import DataError, GenLabError

__all__ = ["Attached", "attach", "edits_of", "leave", "own_copy", "small", "trained_here"]

GONE = "The run of this address has ended. A new one with the same settings begins."
NOT_KEPT = "{} is not here, is damaged, or cannot be shown so; the preset's own run begins."
GONE_FOLLOWED = "The run behind this link has ended. Ask its owner for a new link."


@dataclass(frozen=True)
class Attached:
    """What a page shows.

    Attributes:
        run: The run, or None if there is nothing to show.
        role: ``"control"`` or ``"follow"``.
        state: The page state under that run.
        notice: A sentence for the page, or empty.
    """

    run: Run | None
    role: str
    state: PageState
    notice: str = ""


def attach(preset: Preset, state: PageState, share: str | None = None) -> Attached:
    """Find the run that the address names, or begin one.

    Args:
        preset: What to run if there is no such run.
        state: What the address says.
        share: Follow id of an earlier run whose followers come along to a new one.

    Raises:
        GenLabError: A new run cannot be started.
    """
    named = state.follow or state.run
    found = manager().get(named) if named else None
    if found is not None:
        run, role = found
        identity = {"follow": run.follow_id, "run": ""} if role == "follow" else {"run": run.id}
        return Attached(run, role, replace(state, edits=edits_of(run, state), **identity))
    if state.follow:
        return Attached(None, "follow", state, GONE_FOLLOWED)
    if state.opened:
        kept = library().find(state.opened)
        if kept is not None and matched(kept.lanes, preset):
            run = open_kept(kept, preset, share)
            return Attached(run, "control", state.with_run(run.id))
    missing = NOT_KEPT.format(state.opened) if state.opened else ""
    state = replace(state, opened="")
    settled = small(preset) if preset.recording and _untouched(preset, state) else state
    recording = library().shipped(preset.recording) if settled is not state else None
    if recording is not None:
        run, settled = manager().open_recording(recording), state
        run.command({"do": "play"})
    else:
        settled, lacking = _with_data(settled)
        missing = " ".join(filter(None, (missing, lacking)))
        run = manager().start(preset.spec(settled), follow=share)
    notice = " ".join(filter(None, (GONE if state.run else "", missing)))
    return Attached(run, "control", settled.seen_as(state).with_run(run.id), notice)


def small(preset: Preset) -> PageState:
    """Return the state of a recorded preset's small form, which trains live."""
    return PageState(preset.name, overrides=tuple(sorted((preset.small or {}).items())))


def trained_here(preset: Preset, state: PageState) -> PageState:
    """Return a state under which a preset trains live: the figure's own size is for recordings."""
    if preset.recording and not state.overrides:
        return replace(state, overrides=small(preset).overrides)
    return state


def _untouched(preset: Preset, state: PageState) -> bool:
    plain = PageState(preset.name)
    return state.seen_as(plain).with_run("") == plain


def leave(run: Run) -> None:
    """Give a run's place free: it sleeps and can be woken; one that has not loaded just ends."""
    worker = run.worker
    if worker is not None and run.state == "loading":
        worker.close(1.0)
    else:
        manager().put_to_sleep(run)


def edits_of(run: Run, state: PageState) -> tuple[Edit, ...]:
    """Return a run's log of hot edits, as its last frame tells; the state's if there is none."""
    try:
        marks: list[dict[str, Any]] = header(run.latest)["marks"] if run.latest else []
    except GenLabError:
        marks = []
    if not marks:
        return state.edits
    log = [Edit(mark["t"], mark["lane"], mark["name"], mark["value"]) for mark in marks]
    return tuple(sorted(log, key=lambda edit: edit.t))


def own_copy(preset: Preset, run: Run) -> PageState:
    """Return the state that repeats a followed run as one's own."""
    given = {lane["name"]: lane["overrides"] for lane in run.spec["lanes"]}
    overrides = {
        f"{lane.name}.{name}": value
        for lane in preset.lanes
        for name, value in given.get(lane.name, {}).items()
        if value != lane.value(name)
    }
    state = PageState(
        preset.name, seed=int(run.spec["seed"]), overrides=tuple(sorted(overrides.items()))
    )
    return _with_drawing(state, {str(lane.get("data", "")) for lane in given.values()})


def _with_drawing(state: PageState, data: set[str]) -> PageState:
    """Let the address carry the drawing that is a run's data, if it is one."""
    from gen_core.data.drawing import PREFIX, Drawing
    from gen_core.data.stored import points_or_set

    if len(data) != 1 or not next(iter(data)).startswith(PREFIX):
        return state
    source = points_or_set(data.pop())
    return state.with_drawing(source.text) if isinstance(source, Drawing) else state


def _with_data(state: PageState) -> tuple[PageState, str]:
    """Store the address's drawing where the run's process finds it; say which data are missing.

    Returns:
        The state, without data that this machine lacks, and a sentence about those.
    """
    named = {str(value) for name, value in state.overrides if name.rpartition(".")[2] == "data"}
    own = [name for name in sorted(named) if name.startswith(("points-", "drawing-", "images-"))]
    if not own:
        return state, ""
    from gen_core.data import own_images, stored  # torch, for pages with data of one's own
    from gen_core.data.drawing import drawing

    try:
        if state.drawing:
            stored.keep(drawing(state.drawing))
        for name in own:
            if name.startswith(own_images.PREFIX):
                own_images.stored(name)
            else:
                stored.points_or_set(name)
    except DataError as error:
        plain = replace(state, overrides=tuple(without_data(state.overrides)), drawing="")
        return plain, f"{error} Until then the preset's data are used."
    return state, ""
