"""The two-dimensional toy data sets by name.

Three are those of Gulrajani et al. 2017 (figure 1a) with the original formulas and scales; six are
about as large as the unit Gaussian noise that the figure's fixed generator adds to them. The
seventh, a line segment, has no density over the plane.

>>> ring = dataset("8gaussians")
>>> ring.batch(256, torch.Generator().manual_seed(7)).shape
torch.Size([256, 2])
>>> round(ring.entropy, 3)
-3.6
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from gen_core.data.base import PointSource
from gen_core.data.curves import Moons, Rings, SwissRoll
from gen_core.data.line import Line
from gen_core.data.mixtures import eight_gaussians, twenty_five_gaussians
from gen_core.errors import DataError

__all__ = ["Checkerboard", "Toy2d", "dataset", "names"]

Toy2d = PointSource
"""What `dataset` returns."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Checkerboard(PointSource):
    """Uniform on the 8 dark unit squares of a 4 x 4 board over [-2, 2]^2: p(x) = 1/8 there.

    A square is dark where floor(x) + floor(y) is even. The formula of FFJORD's generator
    (Grathwohl et al. 2018), there at twice the size.
    """

    name: str = "checkerboard"
    extent: tuple[float, float, float, float] = (-2.2, 2.2, -2.2, 2.2)
    entropy: float | None = math.log(8)

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points; see `PointSource.batch`."""
        points = torch.rand(n, 2, generator=generator)
        cell = torch.randint(8, (n,), generator=generator)
        return points.add_(_DARK_CORNERS.index_select(0, cell))

    def log_density(self, x: Tensor) -> Tensor:
        """Log-density in nats, exact: -log 8 on the dark squares, minus infinity elsewhere."""
        corner = x.floor()
        inside = ((corner >= -2) & (corner < 2)).all(1)
        dark = corner.sum(1).remainder(2) == 0
        uniform = torch.full_like(x[:, 0], -math.log(8))
        return uniform.masked_fill(~(inside & dark), -math.inf)


_DARK_CORNERS = torch.tensor(
    [(float(x), float(y)) for x in range(-2, 2) for y in range(-2, 2) if (x + y) % 2 == 0]
)

_SOURCES: dict[str, Callable[[], PointSource]] = {
    "8gaussians": eight_gaussians,
    "25gaussians": twenty_five_gaussians,
    "swissroll": SwissRoll,
    "moons": Moons,
    "rings": Rings,
    "checkerboard": Checkerboard,
    "line": Line,
}


def names() -> tuple[str, ...]:
    """Names that `dataset` knows, those of the paper first."""
    return tuple(_SOURCES)


@cache
def _build(name: str) -> PointSource:
    return _SOURCES[name]()


def dataset(name: str) -> PointSource:
    """The toy data set of that name; the same object at each call.

    Raises:
        DataError: The name is unknown.
    """
    if name not in _SOURCES:
        known = ", ".join(_SOURCES)
        raise DataError(f"one of the data sets {known}", repr(name), "Choose a name of the list.")
    return _build(name)
