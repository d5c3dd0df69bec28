"""Take home: a run as a PyTorch script, its curves and data as CSV, its recording as a GIF.

The popover's inside is made when it is opened, and what takes time when its button is pressed.
"""

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from app.exports import DATA_POINTS, curves_csv, data_csv, script_of
from app.live.frames import header
from app.live.recording import Recording
from app.live.runs import Run
from app.preset import Preset
from gen_core.errors import GenLabError

__all__ = ["take_home"]


def take_home(run: Run, preset: Preset, *, key: str) -> None:
    """Offer what a person may take home from a run.

    Args:
        run: The run shown.
        preset: The preset that shows it.
        key: Prefix of the widgets' keys.
    """
    popover = st.popover(
        "Take home", icon=":material/download:", key=f"{key}_home", on_change="rerun"
    )
    if not popover.open:
        return
    with popover:
        lanes = {lane["label"]: lane for lane in run.spec["lanes"]}
        label = next(iter(lanes))
        if len(lanes) > 1:
            chosen = st.segmented_control(
                "Lane", list(lanes), required=True, default=label, key=f"{key}_home_lane"
            )
            label = str(chosen)
        frame, lane = run.latest, lanes[label]
        name = f"{preset.name}-{lane['name']}-round-{header(frame)['head']}"
        _script(run, lane, frame, name)
        with st.container(horizontal=True):
            _data(run, lane, f"{preset.name}-{lane['name']}-data.csv")
            hint = "Round, lane, metric and value of every curve, as far as the run is"
            name = f"{preset.name}-curves.csv"
            _file("Curves (CSV)", name, "text/csv", hint, lambda: curves_csv(run.latest))
            _gif(run, preset)


def _script(run: Run, lane: dict[str, Any], frame: bytes, name: str) -> None:
    """Show a lane's script, to copy or to save."""
    try:
        made = script_of(run.spec, lane, frame)
    except GenLabError as error:
        st.info(f"No script of this lane. {error}", icon=":material/info:")
        return
    path = re.sub(r"[^a-z0-9]+", "_", name) + ".py"
    st.markdown(
        "One file that needs torch alone: it repeats this lane so far by the reference update, "
        "hot edits included, and prints the numbers of each round."
    )
    st.download_button(
        "PyTorch script",
        made,
        path,
        "text/x-python",
        icon=":material/code:",
        type="primary",
        on_click="ignore",
    )
    st.code(made, language="python", height=230)


def _data(run: Run, lane: dict[str, Any], name: str) -> None:
    """Offer points of a lane's data set."""
    try:
        made = data_csv(run.spec, lane)
    except GenLabError as error:
        st.info(f"No data of this lane. {error}", icon=":material/info:")
        return
    _file(
        "Data (CSV)", name, "text/csv", f"{DATA_POINTS} points, as the training draws them", made
    )


def _gif(run: Run, preset: Preset) -> None:
    """Offer the run's recording as a GIF, in the colours of the page as it is now."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    try:
        recorded = run.recording is not None and bool(Recording(run.recording).frames)
    except GenLabError:
        recorded = False

    def made() -> bytes:
        from app.animation import animate  # Pillow's and the gallery's drawing: on demand

        return animate(Recording(str(run.recording)), preset.panels, theme)

    hint = "The recording so far, at most 60 pictures; takes some seconds"
    if not recorded:
        hint = "Nothing is recorded yet"
    _file("Recording (GIF)", f"{preset.name}.gif", "image/gif", hint, made, disabled=not recorded)


def _file(
    label: str,
    name: str,
    mime: str,
    hint: str,
    made: str | Callable[[], str | bytes],
    *,
    disabled: bool = False,
) -> None:
    """Offer a file; what a function makes is made when the button is pressed."""
    st.download_button(
        label,
        made,
        name,
        mime,
        help=hint,
        icon=":material/download:",
        on_click="ignore",
        disabled=disabled,
    )
