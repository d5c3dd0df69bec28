"""A walk as a file: GIF, WebP, a sheet as PNG, or its codes and measures as NPZ.

The pictures are those of the run's latest frame: no model runs here. The same address gives the
same bytes. The codes go with what makes each point again: the walk's settings and seed, and the
checkpoint's hash, or, of models in training, recipe, edits and t.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from app.live.frames import decode, header
from app.live.runs import Run
from app.preset import Preset
from gen_core.recipes.settings import Value

__all__ = ["export_walk", "walk_of"]

MIMES = {
    "gif": ("GIF", "image/gif"),
    "webp": ("WebP", "image/webp"),
    "png": ("Sheet (PNG)", "image/png"),
    "npz": ("Codes (npz)", "application/zip"),
}

WALKING = ("walk", "walk-noise")  # panels

PATIENCE = 5.0  # seconds for a walk that is on its way


def export_walk(run: Run, preset: Preset, walk: Iterable[tuple[str, Value]], *, key: str) -> None:
    """Offer the walk that a page shows.

    Args:
        run: The run shown.
        preset: The preset that shows it; one without a walk offers nothing.
        walk: What a person chose of it.
        key: Prefix of the widgets' keys.
    """
    panel = _panel(preset)
    if panel is None:
        return
    popover = st.popover(
        "Export walk", icon=":material/movie:", key=f"{key}_walk", on_change="rerun"
    )
    if not popover.open:
        return
    settings = {**panel["settings"], **{name: v for name, v in walk if name in panel["takes"]}}
    pictures = panel["probe"] == "walk"
    with popover:
        st.caption("The whole walk, as it stands; its address makes the same file again.")
        back = pictures and st.checkbox("There and back", key=f"{key}_walk_back")
        with st.container(horizontal=True):
            for kind, (label, mime) in MIMES.items() if pictures else [("npz", MIMES["npz"])]:
                st.download_button(
                    label,
                    lambda kind=kind: _made(run, panel, settings, kind, back),
                    f"{preset.name}.{kind}",
                    mime,
                    icon=":material/download:",
                    on_click="ignore",
                )


def walk_of(
    run: Run, lane: str, settings: Mapping[str, Value], probe: str = "walk"
) -> dict[str, np.ndarray]:
    """Return what a run's latest frame holds of a walk, by array; one on its way is waited for.

    Args:
        run: The run.
        lane: Name of the lane that walks.
        settings: What differs from the probe's defaults.
        probe: ``walk``, or ``noise_walk`` for one through a generator's noise.

    Raises:
        DataError: No frame holds it whole within some seconds.
    """
    prefix = _prefix(lane, settings, probe)
    return _held(_frame_of(run, prefix), prefix)


def _prefix(lane: str, settings: Mapping[str, Value], probe: str) -> str:
    from gen_core.exploration.base import probe_key

    return f"{lane}/{probe_key(probe, settings)}/"


def _frame_of(run: Run, prefix: str) -> bytes:
    """Return the latest frame, in which a walk is whole."""
    from gen_core.errors import DataError

    with run.changed:
        run.changed.wait_for(lambda: _is_whole(_held(run.latest, prefix)), PATIENCE)
        frame = run.latest
    if not _is_whole(_held(frame, prefix)):
        raise DataError("a whole walk", "one on its way", "Wait until its pictures are made.")
    return frame


def _held(frame: bytes, prefix: str) -> dict[str, np.ndarray]:
    arrays, _ = decode(frame)
    return {
        name.removeprefix(prefix): each for name, each in arrays.items() if name.startswith(prefix)
    }


def _is_whole(found: Mapping[str, np.ndarray]) -> bool:
    return "z" in found and float(found.get("progress", 1)) >= 1


def _panel(preset: Preset) -> Mapping[str, Any] | None:
    return next((panel for panel in preset.panels if panel["kind"] in WALKING), None)


def _made(
    run: Run,
    panel: Mapping[str, Any],
    settings: Mapping[str, Value],
    kind: str,
    back: bool,
) -> bytes:
    from gen_core.exporting.pictures import walk_file

    lane, probe = panel["lane"], panel["probe"]
    prefix = _prefix(lane, settings, probe)
    frame = _frame_of(run, prefix)
    told = _about(frame, lane, settings, probe) if kind == "npz" else {}
    return walk_file(kind, _held(frame, prefix), told, back=back)


def _about(
    frame: bytes, name: str, settings: Mapping[str, Value], probe: str
) -> dict[str, object]:
    """Return what walks the same way again through the models that a frame shows.

    Raises:
        DataError: It is a recorded frame of a version that did not write it.
    """
    from gen_core.errors import DataError
    from gen_core.exploration.base import probe_key
    from gen_core.walking import about

    fields, key = header(frame), probe_key(probe, settings)
    [lane] = [each for each in fields["lanes"] if each["name"] == name]
    if "made" not in lane:
        got, remedy = "one of an older version", "Take its pictures, or continue from here."
        raise DataError("a frame that says what made its models", got, remedy)
    made, entries = lane["made"], fields["entries"]
    t = next(each["t"] for each in entries if (each["lane"], each["key"]) == (name, key))
    told = about(settings, made["seed"], None, probe)
    if made["weights"] and t == lane["t"]:
        return told | {"weights": made["weights"]}
    log = [edit for edit in made["log"] if edit["t"] <= t]
    return told | {"recipe": made["recipe"], "t": t, "log": log}
