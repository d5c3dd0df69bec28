"""What a room picture is made of: twenty factors in three groups, each with a range of its own.

Geometry says where things are, palette which colours they have, texture how their surfaces look
from close by. Positions are in widths of the picture, y points down; everything that is fine is
measured in pixels or levels, so that texture stays at the pixel's scale at every size.

A continuous factor is a number in [0, 1] that runs linearly through its range; a choice is its
index. The factors of one picture are independent of each other: there is no correlation for a
model to hide behind. Hues run over three quarters of the circle, so that no two ends meet.

>>> len(FACTORS), [len(indices(group)) for group in GROUPS]
(20, [9, 6, 5])
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.errors import DataError

__all__ = ["FACTORS", "GROUPS", "Factor", "check", "indices", "named", "sample"]

GROUPS = ("geometry", "palette", "texture")


@dataclass(frozen=True)
class Factor:
    """One cause of a picture.

    Attributes:
        name: As code and charts know it.
        group: One of `GROUPS`.
        low: Value in the drawing at factor 0.
        high: Value at factor 1.
        meaning: What it is, with the unit of its range.
        choices: Names of the values of a discrete factor; empty for a continuous one.
    """

    name: str
    group: str
    low: float
    high: float
    meaning: str
    choices: tuple[str, ...] = ()

    def value(self, factor: Tensor) -> Tensor:
        """Map [0, 1] (or the index of a choice) to the range; any shape."""
        return self.low + (self.high - self.low) * factor


FACTORS = (
    Factor("side", "geometry", 0, 1, "where the corner is", ("left", "right")),
    Factor("corner", "geometry", 0.10, 0.40, "distance of the corner from its side, widths"),
    Factor("floor_line", "geometry", 0.56, 0.70, "where back wall and floor meet, widths"),
    Factor("window_x", "geometry", 0.60, 0.80, "middle of the window, widths"),
    Factor("window_y", "geometry", 0.21, 0.31, "middle of the window, widths"),
    Factor("window_size", "geometry", 0.08, 0.15, "half the window's width, widths"),
    Factor("bed_x", "geometry", 0.45, 0.78, "middle of the bed at the back wall, widths"),
    Factor("bed_width", "geometry", 0.09, 0.17, "half the bed's width at the back wall, widths"),
    Factor("bed_length", "geometry", 1.40, 1.85, "how much nearness magnifies the bed's foot"),
    Factor("wall_hue", "palette", 0.0, 0.75, "hue of the walls, turns"),
    Factor("wall_light", "palette", 0.42, 0.80, "lightness of the walls"),
    Factor("floor_hue", "palette", 0.05, 0.60, "hue of the floor, turns"),
    Factor("floor_light", "palette", 0.22, 0.58, "lightness of the floor"),
    Factor("bed_hue", "palette", 0.0, 0.75, "hue of the blanket, turns"),
    Factor("sky", "palette", 0.0, 1.0, "what the window shows: day to dusk"),
    Factor("grain", "texture", 0.3, 2.0, "standard deviation of the grain, levels"),
    Factor("hatch", "texture", 0.04, 0.16, "amplitude of the wallpaper's stripes, share of light"),
    Factor("hatch_frequency", "texture", 0.17, 0.38, "frequency of the stripes, cycles per pixel"),
    Factor("hatch_angle", "texture", -0.25, 0.25, "angle of the stripes, half turns"),
    Factor("shading", "texture", 0.0, 0.6, "darkness next to an edge, share of light"),
)


def indices(group: str) -> list[int]:
    """Columns of a group in a matrix of factors.

    Raises:
        DataError: No group has this name.
    """
    if group not in GROUPS:
        known = ", ".join(GROUPS)
        raise DataError(f"a group of factors ({known})", repr(group), "Choose one of these.")
    return [column for column, factor in enumerate(FACTORS) if factor.group == group]


def sample(n: int, generator: torch.Generator) -> Tensor:
    """Draw independent uniform factors, ``(n, F)``, float32; a choice is drawn as its index."""
    drawn = torch.rand(n, len(FACTORS), generator=generator)
    for column, factor in enumerate(FACTORS):
        if factor.choices:
            drawn[:, column] = (drawn[:, column] * len(factor.choices)).floor()
    return drawn


def check(factors: Tensor) -> None:
    """Refuse what is no matrix of factors.

    Raises:
        DataError: The shape is not ``(B, F)``, or a factor leaves its range.
    """
    if factors.ndim != 2 or factors.shape[1] != len(FACTORS):
        shape = tuple(factors.shape)
        raise DataError(f"factors of shape (B, {len(FACTORS)})", shape, "Give one row a picture.")
    for column, factor in enumerate(FACTORS):
        values, top = factors[:, column], max(len(factor.choices) - 1, 1)
        inside = (values >= 0) & (values <= top)
        if factor.choices:
            inside &= values == values.round()
        if not bool(inside.all()):
            kind = "an index" if factor.choices else "a number"
            got = float(values[~inside][0])
            expected = f"{kind} from 0 to {top} as {factor.name}"
            raise DataError(expected, f"{got:g}", "Keep every factor in its range.")


def named(factors: Tensor) -> Mapping[str, Tensor]:
    """Values in the drawing by name, each ``(B, 1, 1)``, float64.

    In double precision a picture does not depend on the batch it is drawn in.
    """
    columns = factors.double().unbind(1)
    return {f.name: f.value(c)[:, None, None] for f, c in zip(FACTORS, columns, strict=True)}
