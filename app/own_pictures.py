"""One's own pictures in place of the preset's: a zip of them, or single files.

They are read as soon as they are uploaded, so that a person sees what the run would train on
before it begins. They are kept on this machine, and the address names them by their hash.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.attach import trained_here
from app.layout import notices, plain
from app.preset import Preset
from app.state import PageState, without_data
from gen_core.errors import DataError, GenLabError
from gen_core.recipes.settings import Value

if TYPE_CHECKING:
    from gen_core.data.folder import Origin, Reading
    from gen_core.data.image_source import ImageSource

T = TypeVar("T", int, str)

__all__ = ["contact_sheet", "origin_of", "trained_on", "with_pictures"]

SIDES = (8, 16, 28, 32)  # pixels
LEVELS = (2, 16, 32)
CHANNELS = ("Grey", "Colour")
TYPES = ("zip", "png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff")
SHOWN = 18  # pictures of the contact sheet
COLUMNS = 6
CELL = 48  # screen pixels along a picture, about
GAP = 2  # screen pixels between two
_READ = "own_pictures_read"  # of the session: one reading, however often the page is drawn


def with_pictures(preset: Preset, state: PageState, *, key: str) -> PageState | None:
    """Show the upload; return the state of a run on the pictures once it is asked for.

    Args:
        preset: The preset shown; one that does not train on pictures offers nothing.
        state: The present state.
        key: Prefix of the widgets' keys; another prefix starts afresh.
    """
    if preset.own_data() != "images" or "data" in state.lesson:
        return None
    with st.popover("Own pictures", icon=":material/add_photo_alternate:", key=f"{key}_pictures"):
        files = st.file_uploader(
            "A zip of pictures, or several picture files",
            TYPES,
            accept_multiple_files=True,
            key=f"{key}_files",
        )
        with st.container(horizontal=True):
            size = _choice("Side (pixels)", SIDES, 16, f"{key}_side")
            levels = _choice("Levels", LEVELS, 16, f"{key}_levels")
            colour = _choice("Channels", CHANNELS, "Grey", f"{key}_channels") == "Colour"
        if not files:
            st.session_state.pop(_READ, None)
            return None
        try:
            reading = _read(files, size, levels, colour)
            _show(reading)
            if not st.button("Train on these pictures", type="primary", key=f"{key}_train"):
                return None
            from gen_core.data.own_images import keep

            name = keep(reading.images)
        except GenLabError as error:
            st.error(plain(str(error)))
            return None
    return trained_on(preset, state, name, labelled=bool(reading.images.n_classes))


def trained_on(preset: Preset, state: PageState, name: str, *, labelled: bool) -> PageState:
    """Return the state of a new run on pictures, with all else as it is.

    Args:
        preset: The preset shown.
        state: The present state.
        name: The pictures' name.
        labelled: Whether they have classes; without them no model is conditioned on any.
    """
    chosen: dict[str, Value] = dict(without_data(trained_here(preset, state).overrides))
    chosen["data"] = name
    if not labelled and preset.setting("*", "conditional") is not None:
        chosen["conditional"] = False
    overrides = tuple(sorted(chosen.items()))
    return replace(state, overrides=overrides, drawing="", edits=(), run="", follow="")


def origin_of(files: Sequence[tuple[str, bytes]]) -> "Origin":
    """Return what was uploaded as `read_images` takes it: the bytes of a zip, or single files.

    Args:
        files: Names and bytes.

    Raises:
        DataError: A zip lies among other files.
    """
    zips = [name for name, _ in files if name.lower().endswith(".zip")]
    if not zips:
        return files
    if len(files) > 1:
        got = f"{len(files)} files with {zips[0]} among them"
        raise DataError("one zip, or several pictures", got, "Upload the zip alone.")
    return files[0][1]


def contact_sheet(images: "ImageSource") -> np.ndarray:
    """Return the first training pictures side by side, ``(H, W, 3)``, uint8, on grey."""
    x = images.pictures("train", 0, SHOWN)
    tiles = (x.expand(-1, 3, -1, -1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    scale = max(1, round(CELL / tiles.shape[1]))
    tiles = tiles.repeat(scale, axis=1).repeat(scale, axis=2)
    side, pitch = tiles.shape[1], tiles.shape[1] + GAP
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = np.full((rows * pitch - GAP, columns * pitch - GAP, 3), 128, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = (place * pitch for place in divmod(index, columns))
        sheet[top : top + side, left : left + side] = tile
    return sheet


def _choice(label: str, options: Sequence[T], first: T, key: str) -> T:
    chosen: T = st.segmented_control(label, options, default=first, required=True, key=key)
    return chosen


def _read(files: Sequence[UploadedFile], size: int, levels: int, colour: bool) -> "Reading":
    """Read the pictures, or return them as they were read before."""
    asked = (*(file.file_id for file in files), size, levels, colour)
    before: tuple[object, Reading] | None = st.session_state.get(_READ)
    if before is not None and before[0] == asked:
        return before[1]
    from gen_core.data.folder import read_images  # torch, for who brings pictures

    with st.spinner("Reading the pictures"):
        origin = origin_of([(file.name, file.getvalue()) for file in files])
        reading = read_images(origin, size, levels, colour)
    st.session_state[_READ] = (asked, reading)
    return reading


def _show(reading: "Reading") -> None:
    st.markdown(plain(reading.summary()))
    notices(reading.losses())
    images = reading.images
    shown = min(SHOWN, images.n_train)
    about = f"The first {shown} as a run trains on them"
    st.image(contact_sheet(images), about, alt=about, output_format="PNG")
