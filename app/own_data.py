"""One's own data in place of the preset's: drawn on a canvas, or read from a file.

The canvas is a module of the viewer (``draw.js``); it sends strokes, of which
:mod:`gen_core.data.strokes` makes the points. Drawings and silhouettes are small enough to live in
the address; the points of a CSV file are kept here, and the address names them by their hash.
"""

from dataclasses import replace
from pathlib import PurePath

import streamlit as st

from app.attach import trained_here
from app.controls import Chosen
from app.live.viewer_files import viewer_address
from app.preset import Preset
from app.state import PageState
from gen_core.errors import DataError, GenLabError

__all__ = ["drawn_by_hand", "with_file"]

GUIDE = 300  # points of the present data, shown faintly below the drawing
PICTURES = {".png", ".jpg", ".jpeg", ".webp"}

_SHIM = """
export default function ({ data, parentElement, setTriggerValue }) {
  const address = new URL(data.viewer, window.location.origin).href;
  import(address).then(({ mountDrawing }) =>
    mountDrawing(parentElement, data, (strokes) => setTriggerValue("strokes", strokes)));
}
"""
_canvas = st.components.v2.component("gen_lab_draw", js=_SHIM)


def drawn_by_hand(preset: Preset, state: PageState, *, key: str) -> PageState | None:
    """Show the canvas; return the state of a run on a drawing once one is handed in.

    Args:
        preset: The preset shown.
        state: The present state; its data are the guide.
        key: Prefix of the widgets' keys; another prefix starts afresh.
    """
    if preset.own_data() != "points" or "data" in state.lesson:
        return None
    with st.popover("Draw", icon=":material/draw:", key=f"{key}_draw"):
        said = st.empty()  # above the canvas, where it is seen
        result = _canvas(
            key=f"{key}_canvas",
            data={
                "guide": _guide(_data_of(preset, state)),
                "viewer": viewer_address("draw.js"),
            },
            on_strokes_change=lambda: None,
        )
        if result.strokes is None:
            return None
        from gen_core.data.drawing import encode
        from gen_core.data.strokes import read_strokes, spread

        try:
            text = encode(spread(read_strokes(result.strokes)))
        except DataError as error:
            said.error(str(error))
            return None
    return _fresh(trained_here(preset, state), text)


def with_file(chosen: Chosen) -> PageState | None:
    """Return the next run's state with the uploaded file in place of its data.

    A file that cannot be used is said on the page, and None returned.
    """
    if chosen.file is None:
        return chosen.state
    name, content = chosen.file
    try:
        if PurePath(name).suffix.lower() in PICTURES:
            from gen_core.data.drawing import encode
            from gen_core.data.silhouette import read_silhouette

            return _fresh(chosen.state, encode(read_silhouette(content)))
        from gen_core.data.points_csv import read_points
        from gen_core.data.stored import keep

        overrides = {**dict(chosen.state.overrides), "data": keep(read_points(content))}
    except GenLabError as error:
        st.error(str(error))
        return None
    return replace(chosen.state, overrides=tuple(sorted(overrides.items())), drawing="")


def _fresh(state: PageState, text: str) -> PageState:
    """The state of a new run on a drawing."""
    return replace(state.with_drawing(text), edits=(), run="", follow="")


def _data_of(preset: Preset, state: PageState) -> str:
    """The data set of the present run's first lane."""
    first = preset.lanes_with("data")[0]
    given = dict(state.overrides)
    return str(given.get(f"{first.name}.data", given.get("data", first.value("data"))))


def _guide(name: str) -> list[list[float]]:
    """Some points of a data set, rounded for the screen; none if it is missing here."""
    import torch  # loaded by now: the canvas comes after the picture

    from gen_core.data.stored import points_or_set

    try:
        points = points_or_set(name).batch(GUIDE, torch.Generator().manual_seed(0))
    except DataError:
        return []
    return [[round(x, 3), round(y, 3)] for x, y in points.tolist()]
