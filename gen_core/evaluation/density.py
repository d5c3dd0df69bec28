"""How near a density over the plane comes to the one that the points are drawn from.

In nats a point. The mean of -log q(x) over fresh points is at least the data's entropy, and the
difference is KL(p || q) = E[log p(x) - log q(x)]: where p is known it is averaged directly, point
by point, so that the chance of the draw mostly cancels.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.data.base import PointSource
from gen_core.evaluation.figures import Estimate, Figure, Moments, Progress
from gen_core.training.seeding import generator

__all__ = ["Density", "density", "fresh_points"]

LIVE = 4096
"""Points that go through the model at once."""


@dataclass(frozen=True)
class Density:
    """How likely a model finds fresh points.

    Attributes:
        nll: -log q(x), mean over points, in nats.
        gap: KL(p || q) in nats; None where p is not known.
        points: How many.
    """

    nll: Estimate
    gap: Estimate | None
    points: int

    def figures(self) -> Mapping[str, Figure]:
        """Return the negative log-likelihood, and the gap where it is known."""
        found = {"nll": Figure("−log p(x), exact", "nats", self.nll, self.points, of="points")}
        if self.gap is not None:
            label = "KL(data ‖ model)"
            found["gap"] = Figure(label, "nats", self.gap, self.points, of="points")
        return found


@torch.no_grad()
def density(
    log_prob: Callable[[Tensor], Tensor],
    points: Tensor,
    source: PointSource,
    device: torch.device | str = "cpu",
) -> Iterator[Progress[Density]]:
    """Average -log q over points, and KL(p || q) where the source knows its density p.

    Args:
        log_prob: The model, in evaluation mode: points ``(B, 2)`` to nats ``(B,)``.
        points: Fresh ones of the source, ``(M, 2)``.
        source: Where they come from.
        device: Where the model lives.

    Yields:
        The averages so far after each batch.
    """
    nll, gap = Moments(), Moments()
    for x in points.split(LIVE):
        found, truth = log_prob(x.to(device)).cpu(), source.log_density(x.double())
        nll.add(-found)
        if truth is not None:
            gap.add(truth - found.double())
        known = gap.estimate if gap.count else None
        yield Progress(nll.count / len(points), Density(nll.estimate, known, nll.count))


def fresh_points(source: PointSource, n: int, seed: int = 0) -> Tensor:
    """Return points ``(n, 2)`` of a stream that no training draws from."""
    return source.batch(n, generator(seed, "test points", 0))
