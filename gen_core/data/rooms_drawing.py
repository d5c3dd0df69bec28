"""A bedroom in one-point perspective, painted layer by layer from its factors.

A layer is a convex shape with a signed distance d to its edge (negative inside, in widths of the
picture) and a colour. It covers a pixel by clamp(1/2 - S d, 0, 1), S pixels a width: exact for a
straight edge along the grid, and it lets an edge that moves by a fraction of a pixel change the
pixel by that fraction. What stands at depth s before the back wall (s = 1) is seen magnified
about the vanishing point v:

    p(s) = v + s (p(1) - v).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

__all__ = ["Layer", "colours", "edge_shadow", "layers", "paint", "stripes"]

VANISHING = (0.6, 0.27)
CEILING = 0.035
MATTRESS = 0.085
HEADBOARD = 0.10
SHADOW = 1.0
"""Pixels over which the shadow next to an edge falls to 1/e."""

Values = Mapping[str, Tensor]
Point = tuple[Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class Layer:
    """One painted shape.

    Attributes:
        surface: What it shows: a key of `colours`.
        distance: Signed distance to the shape's edge in widths, ``(B, S, S)``.
        shaded: Whether its edge throws a shadow.
    """

    surface: str
    distance: Tensor
    shaded: bool = False


def layers(values: Values, size: int) -> list[Layer]:
    """The shapes of rooms, the farthest first; a function of geometry alone.

    Args:
        values: Factors in the drawing by name, each ``(B, 1, 1)``.
        size: Pixels along a side.
    """
    centres = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    x, y = centres[None, None, :], centres[None, :, None]
    x, y = (x + values["side"] * (1 - 2 * x)).float(), y.float()  # (B, 1, S), (1, S, 1)
    return [*_shell(values, x, y), *_window(values, x, y), *_bed(values, x, y)]


def _shell(values: Values, x: Tensor, y: Tensor) -> list[Layer]:
    """Side wall, ceiling, floor and the light on it; the back wall is the ground."""
    corner, line = values["corner"], values["floor_line"]
    side = (x - corner.float()).expand(-1, y.shape[1], -1)
    below = torch.maximum(_under((corner, line), x, y), (line.float() - y))
    over = _under((corner, torch.full_like(corner, CEILING)), x, y, up=True)
    above = torch.maximum(over, y - CEILING)
    reach = values["window_size"]
    left, right = values["window_x"] - reach - 0.16, values["window_x"] + reach - 0.16
    near, far = [[_at(at, line, s) for at in (left, right)] for s in (1.75, 1.2)]
    light = torch.maximum(_polygon([far[0], far[1], near[1], near[0]], x, y), below)
    return [
        Layer("side wall", side, True),
        Layer("ceiling", above),
        Layer("floor", below, True),
        Layer("light", light),
    ]


def _window(values: Values, x: Tensor, y: Tensor) -> list[Layer]:
    """A frame, the sky in it, and a cross of bars."""
    across, down = values["window_x"], values["window_y"]
    width = values["window_size"]
    height = 1.15 * width
    sky = _box(across, down, width, height, x, y)
    bar = torch.maximum(torch.minimum(abs(x - across.float()), abs(y - down.float())) - 0.008, sky)
    return [
        Layer("frame", _box(across, down, width + 0.022, height + 0.022, x, y), True),
        Layer("sky", sky),
        Layer("frame", bar),
    ]


def _bed(values: Values, x: Tensor, y: Tensor) -> list[Layer]:
    """Headboard, sides, blanket, sheet and pillow; hidden sides lie under what hides them."""
    middle, half = values["bed_x"], values["bed_width"]
    ground, foot = values["floor_line"], values["bed_length"]
    top = ground - MATTRESS
    ends = (middle - half, middle + half)

    def slab(reach: Tensor, height: Tensor, near: Tensor | float, far: Tensor | float) -> Tensor:
        a, b = middle - reach, middle + reach
        corners = [_at(a, height, far), _at(b, height, far), _at(b, height, near)]
        return _polygon([*corners, _at(a, height, near)], x, y)

    def flank(end: Tensor) -> Tensor:
        corners = [_at(end, top, 1.0), _at(end, top, foot), _at(end, ground, foot)]
        side = _polygon([*corners, _at(end, ground, 1.0)], x, y)
        # seen edge-on it is a line, which the lines through its edges do not end
        return torch.maximum(side, _between(corners[0][1], corners[2][1], y))

    front = [_at(ends[0], top, foot), _at(ends[1], top, foot)]
    front += [_at(ends[1], ground, foot), _at(ends[0], ground, foot)]
    height = (HEADBOARD + MATTRESS) / 2
    return [
        Layer("headboard", _box(middle, ground - height, half + 0.012, height, x, y), True),
        Layer("flank", flank(ends[0])),
        Layer("flank", flank(ends[1])),
        Layer("front", _polygon(front, x, y), True),
        Layer("blanket", slab(half, top, foot, 1.0), True),
        Layer("sheet", slab(half, top, 1 + 0.50 * (foot - 1), 1.0)),
        Layer("pillow", slab(0.72 * half, top - 0.022, 1 + 0.36 * (foot - 1), 1.03), True),
    ]


def colours(values: Values) -> dict[str, Tensor]:
    """RGB of every surface by name, ``(B, 3, 1, 1)`` or ``(1, 3, 1, 1)``; palette alone."""
    wall = _hue(values["wall_hue"], values["wall_light"], 0.13)
    floor = _hue(values["floor_hue"], values["floor_light"], 0.10)
    blanket = _hue(values["bed_hue"], torch.full_like(values["bed_hue"], 0.50), 0.27)
    dusk = values["sky"][:, None]
    sky = _fixed(0.66, 0.85, 1.0) * (1 - dusk) + _fixed(1.0, 0.66, 0.36) * dusk
    found = {
        "back wall": wall,
        "side wall": 0.80 * wall,
        "ceiling": 0.35 * wall + 0.65,
        "floor": floor,
        "light": 0.62 * floor + 0.36 * sky,
        "frame": _fixed(0.97, 0.96, 0.93),
        "sky": sky,
        "headboard": _fixed(0.36, 0.23, 0.15),
        "flank": 0.55 * blanket,
        "front": 0.72 * blanket,
        "blanket": blanket,
        "sheet": 0.55 * blanket + 0.36,
        "pillow": _fixed(0.99, 0.98, 0.95),
    }
    return {name: colour.clamp(0, 1).float() for name, colour in found.items()}


def paint(
    shapes: Sequence[Layer], colour: Mapping[str, Tensor], size: int
) -> tuple[Tensor, Tensor]:
    """Paint shapes over the back wall.

    Returns:
        The picture ``(B, 3, S, S)``, and how much of each pixel is wall, ``(B, 1, S, S)``.
    """
    batch = len(shapes[0].distance)
    picture = colour["back wall"].expand(batch, 3, size, size)
    wall = torch.ones(batch, 1, size, size)
    for shape in shapes:
        cover = _cover(shape.distance, size)
        picture = picture + cover * (colour[shape.surface] - picture)
        wall = wall + cover * (float(shape.surface == "side wall") - wall)
    return picture, wall


def edge_shadow(shapes: Sequence[Layer], size: int) -> Tensor:
    """Shadow that edges throw on what lies behind them, 0 to 1, ``(B, 1, S, S)``.

    exp(-S d / `SHADOW`) outside of a shape and none inside: what lies in front hides it.
    """
    shadow = torch.zeros(len(shapes[0].distance), 1, size, size)
    for shape in shapes:
        cover = _cover(shape.distance, size)
        shadow = shadow * (1 - cover)
        if shape.shaded:
            pixels = shape.distance[:, None].clamp(min=0) * size
            shadow = torch.maximum(shadow, (1 - cover) * torch.exp(-pixels / SHADOW))
    return shadow


def stripes(values: Values, size: int) -> Tensor:
    """The wallpaper's cosine, -1 to 1, ``(B, 1, S, S)``: its phase is 0 in the middle."""
    centres = torch.arange(size, dtype=torch.float64) + 0.5 - size / 2
    turn, frequency = pi * values["hatch_angle"], 2 * pi * values["hatch_frequency"]
    across = centres[None, None, :] * (frequency * turn.cos())
    down = centres[None, :, None] * (frequency * turn.sin())
    return (across.float() + down.float()).cos()[:, None]


def _cover(distance: Tensor, size: int) -> Tensor:
    return (0.5 - size * distance[:, None]).clamp(0, 1)


def _at(x: Tensor, y: Tensor, depth: Tensor | float) -> Point:
    """A point of the back wall's plane, seen at another depth."""
    return VANISHING[0] + depth * (x - VANISHING[0]), VANISHING[1] + depth * (y - VANISHING[1])


def _under(point: Point, x: Tensor, y: Tensor, up: bool = False) -> Tensor:
    """Signed distance to what lies under (or over) the line through a point and v."""
    run, rise = VANISHING[0] - point[0], VANISHING[1] - point[1]
    length = torch.sqrt(torch.as_tensor(run * run + rise * rise))
    across, down = (rise / length).float(), (run / length).float()
    if up:
        across, down = -across, -down
    return across * (x - VANISHING[0]) - down * (y - VANISHING[1])


def _box(
    across: Tensor, down: Tensor, width: Tensor, height: Tensor | float, x: Tensor, y: Tensor
) -> Tensor:
    sides = (abs(x - across.float()) - width).float()
    return torch.maximum(sides, (abs(y - down.float()) - height).float())


def _between(low: Tensor, high: Tensor, y: Tensor) -> Tensor:
    return torch.maximum(low.float() - y, y - high.float())


def _polygon(corners: Sequence[Point], x: Tensor, y: Tensor) -> Tensor:
    """Signed distance to a convex polygon, in either sense of turning; exact beside its edges."""
    following = [*corners[1:], corners[0]]
    pairs = list(zip(corners, following, strict=True))
    area = torch.stack([a[0] * b[1] - b[0] * a[1] for a, b in pairs]).sum(0)
    distance = torch.tensor(-torch.inf)
    for (ax, ay), (bx, by) in pairs:
        run, rise = area.sign() * (bx - ax), area.sign() * (by - ay)
        length = torch.sqrt(run * run + rise * rise)
        across, down = rise / length, run / length
        rest = down.float() * y + (across * ax - down * ay).float()  # (B, S, 1)
        distance = torch.maximum(distance, across.float() * x - rest)
    return distance


def _hue(hue: Tensor, lightness: Tensor, chroma: float) -> Tensor:
    """RGB of lightness + chroma cos(2 pi (hue - k / 3)) with k = 0, 1, 2."""
    thirds = torch.arange(3, dtype=torch.float64)[:, None, None] / 3
    return lightness[:, None] + chroma * torch.cos(2 * pi * (hue[:, None] - thirds))


def _fixed(*rgb: float) -> Tensor:
    return torch.tensor(rgb, dtype=torch.float64)[None, :, None, None]
