"""Opening what was kept: saved checkpoints, and earlier runs of this machine."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from app.library import EarlierRun, Saved, library
from app.live.runs import manager
from app.preset import Preset
from app.state import PageState
from gen_core.errors import GenLabError

__all__ = ["checkpoint_spec", "fitting", "open_earlier"]


def checkpoint_spec(saved: Saved, preset: Preset) -> dict[str, Any]:
    """Return the run spec that continues a checkpoint, paused at where it was saved.

    Args:
        saved: What was saved; seed and settings stand in its snapshots.
        preset: The preset that shows it.
    """
    colors = {lane.name: lane.color for lane in preset.lanes}
    return {
        "seed": 0,
        "lanes": [{**lane, "color": colors[lane["name"]]} for lane in saved.lanes],
        "probes": preset.wishes(),
        "device": "auto",
        "play": False,
        "parent": None,
        "snapshots": {lane: str(path) for lane, path in saved.paths.items()},
        "edits": [],
        "train": True,
        "title": saved.title,
    }


def fitting(lanes: Iterable[Mapping[str, Any]], presets: Mapping[str, Preset]) -> Preset | None:
    """Return the preset that can show some lanes: the first that has all their names."""
    named = {(lane["name"], lane["stem"]) for lane in lanes}
    for preset in presets.values():
        if named <= {(lane.name, lane.stem) for lane in preset.lanes}:
            return preset
    return None


def open_earlier(presets: Mapping[str, Preset], *, key: str) -> PageState | None:
    """Offer checkpoints and earlier runs; return the state of the run that was opened.

    Args:
        presets: The page's presets; what none of them can show is not offered.
        key: Prefix of the widgets' keys.
    """
    stems = dict.fromkeys(lane.stem for each in presets.values() for lane in each.lanes)
    saved = [
        each
        for stem in stems
        for each in library().checkpoints(stem)
        if fitting(each.lanes, presets) is not None
    ]
    earlier = [
        each for each in library().earlier_runs() if fitting(each.lanes, presets) is not None
    ]
    chosen: Saved | EarlierRun | None = None
    with st.form(f"{key}_saved", border=False):
        choice = st.selectbox(
            "Saved checkpoint",
            saved,
            format_func=lambda each: f"{each.title} · {_ago(each.when)}",
            placeholder="None saved yet" if not saved else "Choose one",
            index=None,
            key=f"{key}_checkpoint",
        )
        if st.form_submit_button("Open and continue", disabled=not saved):
            chosen = choice
    with st.form(f"{key}_earlier", border=False):
        past = st.selectbox(
            "Earlier run on this machine",
            earlier,
            format_func=lambda each: f"{each.title} · round {each.head} · {_ago(each.when)}",
            placeholder="None recorded yet" if not earlier else "Choose one",
            index=None,
            key=f"{key}_recording",
        )
        if st.form_submit_button("Open its recording", disabled=not earlier):
            chosen = past
    if chosen is None:
        return None
    preset = fitting(chosen.lanes, presets)
    assert preset is not None, "only what fits is offered"
    try:
        if isinstance(chosen, EarlierRun):
            run = manager().open_recording(chosen.path)
        else:
            run = manager().start(checkpoint_spec(chosen, preset))
    except GenLabError as error:
        st.error(str(error))
        return None
    return PageState(preset.name, run=run.id)


def _ago(when: float) -> str:
    minutes = max(0, int((time.time() - when) / 60))
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 2880 else f"{minutes // 1440} days ago"
