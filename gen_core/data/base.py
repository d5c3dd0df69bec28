"""What every two-dimensional data set can do: serve batches, and say how dense it is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Extent", "PointSource"]

Extent = tuple[float, float, float, float]
"""A plot's range as ``(x0, x1, y0, y1)``."""


@dataclass(frozen=True, eq=False)
class PointSource(ABC):
    """A distribution over the plane that a model can be trained on.

    Attributes:
        name: The name under which pages, cards and the command line know it.
        extent: The range to plot, ``(x0, x1, y0, y1)``.
        modes: Centres of the modes, ``(K, 2)``, or None where the data have no separate modes.
            Shared by everybody who holds the source: do not write into it.
        mode_std: Standard deviation of one mode along each axis, or None.
        entropy: Differential entropy in nats where it is known exactly, or None.
    """

    name: str
    extent: Extent = (-2.0, 2.0, -2.0, 2.0)
    modes: Tensor | None = None
    mode_std: float | None = None
    entropy: float | None = None

    @abstractmethod
    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points.

        Args:
            n: How many.
            generator: A CPU generator, the only source of randomness: the same state gives the
                same bytes.

        Returns:
            Points of shape ``(n, 2)``, float32, on the CPU.
        """

    def log_density(self, x: Tensor) -> Tensor | None:
        """Log-density of points, where it is known.

        Args:
            x: Points of shape ``(B, 2)``, of any floating type and on any device.

        Returns:
            Nats, shape ``(B,)``, like ``x`` in type and device; None if the data have no density
            (a finite set of points, a line).
        """
        return None
