"""Uploaded pictures as anchors of a walk: each is coded by the model that the page shows."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from app.layout import plain
from app.library import library
from app.preset import Preset
from app.state import PageState
from gen_core.errors import GenLabError

__all__ = ["anchored", "learnt_from", "with_anchor"]

TYPES = ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff")
MOST = 6  # pictures of one upload: as many anchors as stay tellable apart


def with_anchor(preset: Preset, state: PageState, *, key: str) -> PageState | None:
    """Show the upload; return the state of the walk through the pictures once there are any.

    Args:
        preset: The preset shown; one whose walk codes no pictures offers nothing.
        state: The present state.
        key: Prefix of the widgets' keys; another prefix starts afresh.
    """
    panel = next((each for each in preset.panels if each["kind"] == "walk"), None)
    if panel is None or not panel.get("encodes"):
        return None
    with st.popover("Own picture", icon=":material/add_photo_alternate:", key=f"{key}_anchor"):
        files = st.file_uploader(
            "Pictures that become anchors, cut to a square",
            TYPES,
            accept_multiple_files=True,
            key=f"{key}_anchor_files",
        )
        if not files or not st.button("Walk through them", type="primary", key=f"{key}_through"):
            return None
        now = str(dict(state.walk).get("anchors", panel["anchors"]))
        try:
            data = learnt_from(preset, state, panel["lane"])
            return anchored(state, now, data, [file.getvalue() for file in files[:MOST]])
        except GenLabError as error:
            st.error(plain(str(error)))
            return None


def learnt_from(preset: Preset, state: PageState, name: str) -> str:
    """Return the name of the data that the walking model learnt from.

    Args:
        preset: The preset shown.
        state: What is opened in it, or with which settings it runs.
        name: Of the lane that walks.
    """
    kept = library().find(state.opened) if state.opened else None
    if kept is not None and kept.lanes:
        from gen_core.recipes.base import make

        [lane, *_] = kept.lanes
        return str(getattr(make(lane["stem"], lane["variant"], lane["overrides"]), "data", ""))
    shown = next(each for each in preset.lanes if each.name == name)
    return str(dict(state.overrides).get("data", shown.value("data")))


def anchored(state: PageState, anchors: str, data: str, files: Sequence[bytes]) -> PageState:
    """Return the state of a walk that goes on through uploaded pictures.

    Args:
        state: The present state.
        anchors: Those of the walk so far; earlier uploads are left out.
        data: What the model learnt from: the pictures get that form.
        files: The pictures' bytes.

    Raises:
        DataError: A file is no picture, or cannot be kept.
    """
    import torch

    from gen_core.data.image_forms import form_of
    from gen_core.data.own_images import keep, own_images
    from gen_core.data.picture_file import read_picture

    form = form_of(data)
    channels, side, _ = form.image_shape
    levels = [read_picture(file, side, form.top_level + 1, channels == 3) for file in files]
    if len(levels) == 1:
        levels *= 2  # a set of pictures has two at least
    name = keep(own_images(torch.stack(levels), form.top_level))
    kept = [each for each in anchors.split(",") if not each.startswith("o")]
    written = ",".join([*kept, *(f"o{index}" for index in _order(len(files)))])
    walk = dict(state.walk) | {"own": name, "anchors": written}
    return replace(state, walk=tuple(sorted(walk.items())))


def _order(count: int) -> list[int]:
    """Where pictures stand among the stored ones, of which the second is held out: it is last."""
    return [0] if count == 1 else [0, count - 1, *range(1, count - 1)]
