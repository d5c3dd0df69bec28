"""Where a density over separated modes loses its nats.

By the chain rule of the divergence, with a point's mode k first and its place inside second,

    KL(p || q) = -log(1 - m) + KL(w || v) + sum_k w_k KL(p_k || q_k):

m is the mass that q has outside every mode, v how q shares the rest among the modes beside the
data's shares w, and p_k, q_k the densities inside. A continuous, invertible map of the plane
carries one Gaussian to modes that hang together, so that m cannot be zero: it is the first of the
three that a flow pays for the shape of the plane itself.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gen_core.data.mixtures import GaussianMixture
from gen_core.evaluation.figures import Estimate, Figure, Progress
from gen_core.evaluation.modes import coverage

__all__ = ["REACH", "ModeGap", "mode_gap", "parts"]

REACH = 5.0
"""Radius of a mode in its standard deviations; all but exp(-12.5) of its points lie within."""
LIVE = 4096
"""Points that are drawn at once."""


@dataclass(frozen=True)
class ModeGap:
    """The parts of KL(data || model), in nats.

    Attributes:
        between: -log(1 - m), for the mass m outside every mode.
        shares: KL(w || v), for the modes' shares of the rest.
        points: How many points of the model were counted.
        whole: KL(data || model) itself, from other points; None where it is not known.
    """

    between: Estimate
    shares: Estimate
    points: int
    whole: Estimate | None = None

    @property
    def inside(self) -> Estimate | None:
        """What is left of the whole: the densities inside the modes."""
        if self.whole is None:
            return None
        left = self.whole.value - self.between.value - self.shares.value
        return Estimate(left, math.hypot(self.whole.error, self.between.error, self.shares.error))

    def figures(self) -> Mapping[str, Figure]:
        """Return the parts that are known."""
        found = {
            "gap_between": self._part("between the modes", self.between),
            "gap_shares": self._part("shares of the modes", self.shares),
        }
        if self.inside is not None:
            found["gap_inside"] = self._part("inside the modes", self.inside)
        return found

    def _part(self, where: str, found: Estimate) -> Figure:
        return Figure(f"KL(data ‖ model), {where}", "nats", found, self.points, of="points drawn")


@torch.no_grad()
def mode_gap(
    draw: Callable[[int, int], Tensor],
    source: GaussianMixture,
    points: int,
    whole: Estimate | None = None,
) -> Iterator[Progress[ModeGap]]:
    """Count where points of a model lie.

    Args:
        draw: ``(n, t)`` to the t-th batch of n points of the model, ``(n, 2)``.
        source: What it was fitted to.
        points: How many to draw.
        whole: KL(data || model), if the part inside the modes is wanted.

    Yields:
        The parts by the points so far.
    """
    counts, drawn = torch.zeros(len(source.modes), dtype=torch.int64), 0
    for t in range(math.ceil(points / LIVE)):
        x = draw(min(LIVE, points - drawn), t).cpu()
        counts += coverage(x, source, within=REACH).counts
        drawn += len(x)
        yield Progress(drawn / points, replace(parts(counts, drawn), whole=whole))


def parts(counts: Tensor, drawn: int) -> ModeGap:
    """Return what the points counted in each mode tell, with standard errors.

    The errors are those of the delta method for a multinomial count. A mode without a point is
    counted as half a point: the data would be infinitely surprised by it.

    Args:
        counts: Points inside each mode, ``(K,)``.
        drawn: All points, those between the modes among them.

    Example:
        >>> found = parts(torch.tensor([30.0, 10.0]), 50)
        >>> round(found.between.value, 4), round(found.shares.value, 4)  # log 5/4, log sqrt(4/3)
        (0.2231, 0.1438)
    """
    known = counts.double().clamp(min=0.5)
    within, k = float(known.sum()), len(known)
    share = known / within
    missing = max(1 - within / drawn, 0.0)
    between = Estimate(-math.log1p(-missing), math.sqrt(missing / within))
    surprise = -(k * share).log().mean()
    slope = -1 / (k * share)
    spread = (share * slope.square()).sum() - (share * slope).sum().square()
    error = float((spread / within).clamp(min=0).sqrt())
    return ModeGap(between, Estimate(float(surprise), error), drawn)
