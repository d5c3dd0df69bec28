"""Opening what was kept: saved checkpoints, and earlier runs of this machine."""

import time
from collections.abc import Mapping

import streamlit as st

from app.kept import Kept
from app.library import library
from app.preset import Preset
from app.state import PageState
from app.suiting import fitting, open_kept
from gen_core.errors import GenLabError

__all__ = ["ago", "open_earlier"]


def open_earlier(presets: Mapping[str, Preset], *, key: str) -> PageState | None:
    """Offer checkpoints and earlier runs; return the state of the run that was opened.

    Args:
        presets: The page's presets; what none of them can show is not offered.
        key: Prefix of the widgets' keys.
    """
    stems = dict.fromkeys(lane.stem for each in presets.values() for lane in each.lanes)
    found = {each.id: each for stem in stems for each in library().checkpoints(stem)}
    saved = [each for each in found.values() if fitting(each.lanes, presets) is not None]
    earlier = [
        each for each in library().earlier_runs() if fitting(each.lanes, presets) is not None
    ]
    chosen: Kept | None = None
    with st.form(f"{key}_saved", border=False):
        choice = st.selectbox(
            "Saved checkpoint",
            saved,
            format_func=lambda each: f"{each.title} · {ago(each.when)}",
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
            format_func=lambda each: f"{each.title} · round {each.head} · {ago(each.when)}",
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
        run = open_kept(chosen, preset)
    except GenLabError as error:
        st.error(str(error))
        return None
    return PageState(preset.name, run=run.id, opened=chosen.id)


def ago(when: float) -> str:
    """Say how long ago a time was, in minutes, hours or days."""
    minutes = max(0, int((time.time() - when) / 60))
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 2880 else f"{minutes // 1440} days ago"
