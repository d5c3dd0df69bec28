"""A walk as a file: GIF, WebP, a sheet as PNG, or its codes and measures as NPZ.

The pictures are those of the run's latest frame: no model runs here. The same address gives the
same bytes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from app.live.frames import decode
from app.live.runs import Run
from app.preset import SHIPPED, Preset
from gen_core.exploration.walk_settings import WALK
from gen_core.recipes.settings import Value

__all__ = ["export_walk", "walk_of"]

MIMES = {
    "gif": ("GIF", "image/gif"),
    "webp": ("WebP", "image/webp"),
    "png": ("Sheet (PNG)", "image/png"),
    "npz": ("Codes (npz)", "application/zip"),
}

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
    settings = {**panel["settings"], **{name: v for name, v in walk if name in WALK}}
    with popover:
        st.caption("The whole walk, as it stands; its address makes the same file again.")
        back = st.checkbox("There and back", key=f"{key}_walk_back")
        with st.container(horizontal=True):
            for kind, (label, mime) in MIMES.items():
                st.download_button(
                    label,
                    lambda kind=kind: _made(run, preset, panel, settings, kind, back),
                    f"{preset.name}.{kind}",
                    mime,
                    icon=":material/download:",
                    on_click="ignore",
                )


def walk_of(run: Run, lane: str, settings: Mapping[str, Value]) -> dict[str, np.ndarray]:
    """Return what a run's latest frame holds of a walk, by array; one on its way is waited for.

    Args:
        run: The run.
        lane: Name of the lane that walks.
        settings: What differs from the defaults of the probe ``walk``.

    Raises:
        DataError: No frame holds it whole within some seconds.
    """
    from gen_core.errors import DataError
    from gen_core.exploration.base import probe_key

    prefix = f"{lane}/{probe_key('walk', settings)}/"
    with run.changed:
        run.changed.wait_for(lambda: _is_whole(_held(run, prefix)), PATIENCE)
        found = _held(run, prefix)
    if not _is_whole(found):
        raise DataError("a whole walk", "one on its way", "Wait until its pictures are made.")
    return found


def _held(run: Run, prefix: str) -> dict[str, np.ndarray]:
    arrays, _ = decode(run.latest)
    return {
        name.removeprefix(prefix): each for name, each in arrays.items() if name.startswith(prefix)
    }


def _is_whole(found: Mapping[str, np.ndarray]) -> bool:
    return "images" in found and float(found["progress"]) >= 1


def _panel(preset: Preset) -> Mapping[str, Any] | None:
    return next((panel for panel in preset.panels if panel["kind"] == "walk"), None)


def _made(
    run: Run,
    preset: Preset,
    panel: Mapping[str, Any],
    settings: Mapping[str, Value],
    kind: str,
    back: bool,
) -> bytes:
    from gen_core.checkpoint import card_beside
    from gen_core.exporting.pictures import walk_file
    from gen_core.walking import about

    lane = panel["lane"]
    shipped = preset.checkpoints.get(lane)
    weights = SHIPPED / shipped if shipped else None
    seed = card_beside(weights)["seed"] if weights else run.spec["seed"]
    told = about(settings, int(seed), weights)
    return walk_file(kind, walk_of(run, lane, settings), told, back=back)
