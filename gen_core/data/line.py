"""A vertical line segment: data that fill no area, and the same segment moved aside.

Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017, example 1: P_0 is the law of (0, u) and
P_theta that of g_theta(u) = (theta, u), u ~ U[0, 1].
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.data.base import PointSource

__all__ = ["Line", "moved_line"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Line(PointSource):
    """(0, u), u ~ U[0, 1): exactly on the line, so there is no density over the plane."""

    name: str = "line"
    extent: tuple[float, float, float, float] = (-1.25, 1.25, -0.75, 1.75)

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points; see `PointSource.batch`."""
        u = torch.rand(n, generator=generator)
        return torch.stack((torch.zeros(n), u), 1)


def moved_line(noise: Tensor, theta: float) -> Tensor:
    """Return (theta, Phi(z)) of noise z ~ N(0, 1): Phi(z), the normal law's integral, is U[0, 1].

    Args:
        noise: ``(B, K)``; its first column is z.
        theta: Offset from the segment of :class:`Line`.

    Returns:
        Points, ``(B, 2)``, like the noise in type and device.

    Example:
        >>> moved_line(torch.zeros(1, 2), 0.5)
        tensor([[0.5000, 0.5000]])
    """
    u = torch.special.ndtr(noise[:, 0])
    return torch.stack((torch.full_like(u, theta), u), 1)
