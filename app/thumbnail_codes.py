"""Thumbnails of what a code says: a latent plane with its classes, bars of KL by dimension."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from app.figures import color_of

__all__ = ["CLASS_COLORS", "CODES", "draw_codes"]

CLASS_COLORS = (
    "#CC6677",
    "#5566CC",
    "#DDCC77",
    "#117733",
    "#88CCEE",
    "#882255",
    "#44AA99",
    "#999933",
    "#AA4499",
    "#AAAAAA",
)
"""Paul Tol's muted scheme, as the viewer's ``classes.js`` has it."""

CODES = ("latent", "dimensions", "posterior-clouds")
"""Kinds of panels that are drawn here."""

_REACH = 3.5  # of the latent plane
_EDGE = 24  # pixels around


def draw_codes(
    canvas: Image.Image,
    arrays: Mapping[str, np.ndarray],
    lanes: Sequence[Mapping[str, Any]],
    panels: Sequence[Mapping[str, Any]],
) -> None:
    """Draw latent planes or bars side by side.

    Args:
        canvas: Where to draw.
        arrays: A frame's arrays.
        lanes: The frame's lanes, with their colours.
        panels: Panels of a kind in ``CODES``.
    """
    from gen_core.exploration.base import probe_key

    colors = {lane["name"]: color_of(lane["color"]) for lane in lanes}
    width = canvas.width // len(panels)
    for column, panel in enumerate(panels):
        key = f"{panel['lane']}/{probe_key(panel['probe'], panel.get('settings'))}"
        tile = Image.new("RGBA", (width, canvas.height))
        if panel["kind"] == "latent":
            _plane(tile, arrays[f"{key}/mu"], arrays[f"{key}/labels"])
        elif panel["kind"] == "posterior-clouds":
            _plane(tile, arrays[f"{key}/z"], arrays[f"{key}/labels"])
        else:
            _bars(tile, arrays[f"{key}/kl"], arrays[f"{key}/live"], colors[panel["lane"]])
        canvas.paste(tile, (column * width, 0))


def _plane(tile: Image.Image, mu: np.ndarray, labels: np.ndarray) -> None:
    pen, r = ImageDraw.Draw(tile), 6
    unit = tile.height / (2 * _REACH)
    for (x, y), label in zip(mu[:, :2].tolist(), labels.tolist(), strict=True):
        px, py = tile.width / 2 + x * unit, tile.height / 2 - y * unit
        color = CLASS_COLORS[label % len(CLASS_COLORS)]
        pen.ellipse((px - r, py - r, px + r, py + r), fill=color, outline=(20, 12, 28), width=1)


def _bars(tile: Image.Image, kl: np.ndarray, live: np.ndarray, color: str) -> None:
    pen = ImageDraw.Draw(tile)
    height, step = tile.height - 2 * _EDGE, (tile.width - 2 * _EDGE) / len(kl)
    top = max(float(kl.max()), 1e-9)
    for j, (value, alive) in enumerate(zip(kl.tolist(), live.tolist(), strict=True)):
        left, foot = _EDGE + (j + 0.15) * step, tile.height - _EDGE
        box = (left, foot - max(8.0, height * value / top), left + 0.7 * step, foot)
        grey = (128, 134, 142)
        pen.rectangle(box, fill=color if alive else None, outline=None if alive else grey, width=3)
