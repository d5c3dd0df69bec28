"""Thumbnails of the gallery, drawn from frames of real runs.

``python -m app.thumbnails`` opens every preset (its recording if one is shipped, otherwise a run
of its settings), takes a frame, and writes ``app/thumbnails/<page>-<preset>-<light|dark>.png``.
The server's own pages draw none: they show these files.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from app.colormap import color_table
from app.figures import color_of
from app.layout import thumbnail
from app.preset import SHIPPED, Preset
from app.state import PageState
from app.thumbnail_codes import CODES, draw_codes

__all__ = ["LINE", "MAP", "draw", "main", "write"]

SIZE = (640, 316)  # pixels of a file
_SUPER = 2  # drawn this much larger, then averaged
_LEVELS = 12
_COLORS = 224  # of a file's palette: a third of the bytes, and no eye sees it
_DOTS = 260
_SHEETS = ("atlas", "cells", "level-rows", "angles", "walk")  # they lay out pictures
MAP = {"light": "dawn", "dark": "dusk"}
LINE = {"light": (58, 28, 82), "dark": (255, 240, 246)}


def draw(
    arrays: Mapping[str, np.ndarray],
    fields: Mapping[str, Any],
    panels: Sequence[Mapping[str, Any]],
    theme: str,
) -> Image.Image:
    """Draw a frame's main act: its fields side by side, or its lines.

    Args:
        arrays: A frame's arrays.
        fields: Its header.
        panels: The preset's panels; the fields are drawn, without any the first sheets of
            pictures, and without those the first lines.
        theme: ``"light"`` or ``"dark"``.

    Returns:
        A picture of 640 by 316 pixels on a transparent ground.
    """
    canvas = Image.new("RGBA", (SIZE[0] * _SUPER, SIZE[1] * _SUPER))
    shown = [panel for panel in panels if panel["kind"] == "field"][:2]
    if shown:
        _fields(canvas, arrays, shown, theme)
    elif codes := [panel for panel in panels if panel["kind"] in CODES][:2]:
        draw_codes(canvas, arrays, fields["lanes"], codes)
    elif sheets := [panel for panel in panels if panel["kind"] in _SHEETS][:2]:
        _sheets(canvas, arrays, sheets, theme)
    else:
        lines = next(panel for panel in panels if panel["kind"] == "lines")
        _lines(canvas, arrays, fields["lanes"], f"{lines['probe']}/{lines['array']}")
    return canvas.resize(SIZE, Image.Resampling.LANCZOS)


def _fields(
    canvas: Image.Image,
    arrays: Mapping[str, np.ndarray],
    panels: Sequence[Mapping[str, Any]],
    theme: str,
) -> None:
    gap = 8 * _SUPER
    width = (canvas.width - gap * (len(panels) - 1)) // len(panels)
    for column, panel in enumerate(panels):
        surface = arrays[f"{_heated(panel)}/values"]
        low, high = _scale(arrays, panel, panels)
        tile = _heat(surface, low, high, (width, canvas.height), theme)
        x0, x1, y0, y1 = arrays[f"{_heated(panel)}/extent"].tolist()
        unit = np.array([width / (x1 - x0), -canvas.height / (y1 - y0)])
        pen = ImageDraw.Draw(tile)
        for layer in panel["layers"]:
            if layer["type"] in ("points", "arrows"):
                points, arrows = _marks(arrays, panel["lane"], layer)
                at = (points - (x0, y1)) * unit
                _paint(pen, at, at + arrows * unit, layer, theme)
        canvas.paste(tile, (column * (width + gap), 0))


def _sheets(
    canvas: Image.Image,
    arrays: Mapping[str, np.ndarray],
    panels: Sequence[Mapping[str, Any]],
    theme: str,
) -> None:
    """Lay sheets of pictures side by side, each in as many rows as fill its place."""
    from gen_core.exploration.base import probe_key

    width = canvas.width // len(panels)
    for column, panel in enumerate(panels):
        key = probe_key(panel["probe"], panel.get("settings"))
        cells = panel["kind"] == "cells"
        name = panel.get("array", "values" if cells else "images")
        tiles = arrays[f"{panel['lane']}/{key}/{name}"]
        if tiles.dtype != np.uint8:
            table = color_table(MAP[theme], 256) if cells else np.arange(256)[:, None].repeat(3, 1)
            tiles = table[(255 * tiles.clip(0, 1)).round().astype(int)].astype(np.uint8)
        down = max(1, round((len(tiles) * canvas.height / width) ** 0.5))
        across = -(-len(tiles) // down)
        if columns := panel.get("columns"):  # what stands in one row stays in one
            across = columns * max(1, round(across / columns))
            down = -(-len(tiles) // across)
        side = min(width // across, canvas.height // down)
        inset = (width - across * side) // 2
        for k, tile in enumerate(tiles):
            picture = Image.fromarray(tile).convert("RGB")
            picture = picture.resize((side - 12, side - 12), Image.Resampling.NEAREST)
            place = column * width + inset + k % across * side + 6, k // across * side + 6
            canvas.paste(picture, place)


def _marks(
    arrays: Mapping[str, np.ndarray], lane: str, layer: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Return a layer's points ``(N, 2)`` and how far an arrow leads from each."""
    from gen_core.exploration.base import probe_key

    key, none = probe_key(layer["probe"], layer.get("settings")), np.zeros((0, 2))
    if layer["type"] == "arrows":
        both = (layer.get("points", "points"), layer.get("arrows", "arrows"))
        points, leads = (arrays.get(f"{lane}/{key}/{name}", none) for name in both)
        return points, leads
    points = arrays.get(f"{lane}/{key}/{layer['array']}", none)[:_DOTS]
    return points, np.zeros_like(points)


def _paint(
    pen: ImageDraw.ImageDraw,
    starts: np.ndarray,
    ends: np.ndarray,
    layer: Mapping[str, Any],
    theme: str,
) -> None:
    """Draw dots, or a line from each start to its end, in pixels."""
    if layer["type"] == "arrows":
        rim = LINE["light" if theme == "dark" else "dark"]  # a line crosses light and dark
        for color, width in ((rim, 3 * _SUPER), (LINE[theme], _SUPER)):
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                pen.line((*start, *end), fill=color, width=width)
        return
    rim = (20, 12, 28) if layer["color"] == "real" else (255, 255, 255)
    r = 3.1 * _SUPER
    for x, y in starts.tolist():
        box = (x - r, y - r, x + r, y + r)
        pen.ellipse(box, fill=color_of(layer["color"]), outline=rim, width=1)


def _heated(panel: Mapping[str, Any]) -> str:
    """Return where a field's map lies in a frame."""
    from gen_core.exploration.base import probe_key

    heat = next(layer for layer in panel["layers"] if layer["type"] == "heat")
    return f"{panel['lane']}/{probe_key(heat['probe'], heat.get('settings'))}"


def _scale(
    arrays: Mapping[str, np.ndarray],
    panel: Mapping[str, Any],
    panels: Sequence[Mapping[str, Any]],
) -> tuple[float, float]:
    """Return a panel's colour scale: its own range, or the union of those that mean the same."""
    if "range" in panel:
        return panel["range"][0], panel["range"][1]
    alike = [each for each in panels if each.get("means") == panel.get("means")]
    values = [arrays[f"{_heated(each)}/values"] for each in alike]
    return float(min(map(np.min, values))), float(max(map(np.max, values)))


def _heat(
    values: np.ndarray, low: float, high: float, size: tuple[int, int], theme: str
) -> Image.Image:
    """Colour a map on the shared scale, row 0 lowest, with contour lines of its own range."""
    smooth = Image.fromarray(values[::-1].astype(np.float32)).resize(
        size, Image.Resampling.BICUBIC
    )
    field = np.clip(np.asarray(smooth), values.min(), values.max())  # it overshoots at cliffs
    level = np.clip((field - low) / max(high - low, 1e-12), 0, 1)
    rgb = color_table(MAP[theme])[(255 * level).astype(int)].astype(np.float32)
    band = np.floor((field - values.min()) / max(float(np.ptp(values)), 1e-12) * _LEVELS)
    edge = np.zeros_like(level, dtype=bool)
    edge[:-1] |= band[:-1] != band[1:]
    edge[:, :-1] |= band[:, :-1] != band[:, 1:]
    rgb[edge] = 0.55 * rgb[edge] + 0.45 * np.asarray(LINE[theme], np.float32)
    return Image.fromarray(rgb.astype(np.uint8))


def _lines(
    canvas: Image.Image,
    arrays: Mapping[str, np.ndarray],
    lanes: Sequence[Mapping[str, Any]],
    key: str,
) -> None:
    """Draw one line a lane, input side at the right, as the figure has it."""
    pen = ImageDraw.Draw(canvas)
    curves = [arrays[f"{lane['name']}/{key}"][::-1] for lane in lanes]
    low, high = min(map(np.min, curves)), max(map(np.max, curves))
    edge, grey = 20 * _SUPER, (128, 134, 142, 110)
    width, height = canvas.width - 2 * edge, canvas.height - 2 * edge
    for i in range(5):
        y = edge + height * i / 4
        pen.line((edge, y, edge + width, y), fill=grey, width=_SUPER)
    for lane, curve in zip(lanes, curves, strict=True):
        at = [
            (
                edge + width * i / (len(curve) - 1),
                edge + height * (1 - (v - low) / max(high - low, 1e-9)),
            )
            for i, v in enumerate(curve.tolist())
        ]
        color = color_of(lane["color"])
        pen.line(at, fill=color, width=4 * _SUPER, joint="curve")
        for x, y in at:
            r = 5 * _SUPER
            pen.ellipse((x - r, y - r, x + r, y + r), fill=color)


def main(rounds: int, only: Sequence[str]) -> None:
    """Draw the thumbnails of the gallery.

    Args:
        rounds: Rounds that a preset without a recording trains for.
        only: Presets to draw, ``preset`` or ``page/preset``; empty for all.
    """
    from app.live.frames import header
    from app.presets import GALLERY

    cards = [card for group in GALLERY.values() for card in group]
    for card in cards:
        if only and not {card.preset.name, f"{card.page}/{card.preset.name}"} & set(only):
            continue
        frame = _frame(card.preset, rounds)
        write(frame, card.preset.panels, partial(thumbnail, card.page, card.preset.name))
        print(f"{card.page}/{card.preset.name}: round {header(frame)['round']}")


def write(frame: bytes, panels: Sequence[Mapping[str, Any]], place: Callable[[str], Path]) -> None:
    """Draw a frame and write its picture, light and dark.

    Args:
        frame: Bytes of a frame.
        panels: The preset's panels.
        place: Where the picture of a theme goes.
    """
    from app.live.frames import decode

    arrays, fields = decode(frame)
    for theme in ("light", "dark"):
        picture = draw(arrays, fields, panels, theme)
        palette = picture.quantize(_COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        place(theme).parent.mkdir(exist_ok=True)
        palette.save(place(theme), format="PNG", optimize=True)


def _frame(preset: Preset, rounds: int) -> bytes:
    """Return the last frame of a preset's recording, or of a run of so many rounds."""
    from app.attach import small
    from app.live.recording import Recording
    from app.stills import still

    shipped = SHIPPED / "recordings" / preset.recording
    if preset.recording and shipped.is_file():
        recording = Recording(shipped)
        return recording.frame(len(recording.frames) - 1)
    state = small(preset) if preset.small else PageState(preset.name)
    return still(preset.spec(replace(state, run="")), rounds if preset.train else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw the thumbnails of the gallery.")
    parser.add_argument("--rounds", type=int, default=1500)
    parser.add_argument("presets", nargs="*")
    given = parser.parse_args()
    main(given.rounds, given.presets)
