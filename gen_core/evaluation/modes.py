"""Modes covered and high-quality share of samples from a mixture with known modes.

Definitions of Srivastava et al., "VEEGAN: Reducing Mode Collapse in GANs using Implicit
Variational Learning", 2017, on its synthetic data, which later work on mode collapse kept: a
sample is of **high quality** if it lies within three standard deviations of its nearest mode; a
mode is **covered** if at least one high-quality sample is nearest to it.

Both are read against what fresh real samples score. In the plane a real point lies within k
standard deviations of its centre with probability q = 1 - exp(-k^2 / 2), 0.9889 for k = 3, and n
real points cover K (1 - (1 - q / K)^n) of K equal modes in the mean.

Deviation: the ALI paper's count (Dumoulin et al. 2017, mixture experiment) assigns *every* sample
to a mode, good or bad; ``within=math.inf`` counts like that.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.data.base import PointSource
from gen_core.errors import DataError

__all__ = ["Coverage", "coverage", "expected_covered", "expected_high_quality", "floor"]


@dataclass(frozen=True, eq=False)
class Coverage:
    """How samples spread over the modes.

    Attributes:
        counts: High-quality samples nearest to each mode, ``(K,)``, int64.
        samples: Samples in all.
    """

    counts: Tensor
    samples: int

    @property
    def covered(self) -> int:
        """Modes with at least one high-quality sample."""
        return int((self.counts > 0).sum())

    @property
    def total(self) -> int:
        """Modes there are."""
        return len(self.counts)

    @property
    def high_quality(self) -> float:
        """Share of high-quality samples, between 0 and 1."""
        return int(self.counts.sum()) / self.samples


def coverage(x: Tensor, source: PointSource, *, within: float = 3.0) -> Coverage:
    """Count high-quality samples by mode.

    Args:
        x: Samples ``(N, 2)``, on any device; NaN and infinite ones count as bad samples.
        source: Data with modes.
        within: Reach of a mode in standard deviations.

    Raises:
        DataError: The data have no modes, or there is no sample.

    Example:
        >>> from gen_core.data.toy2d import dataset
        >>> ring = dataset("8gaussians")
        >>> result = coverage(torch.cat([ring.modes[:3], torch.zeros(1, 2)]), ring)
        >>> result.covered, result.total, result.high_quality
        (3, 8, 0.75)
    """
    modes, std = _modes(source)
    if x.dim() != 2 or x.shape[1] != 2 or len(x) == 0:
        raise DataError("samples of shape (N, 2)", str(tuple(x.shape)), "Draw at least one.")
    points, centres = x.detach().double(), modes.to(x.device).double()
    distance = (points[:, None, :] - centres).square().sum(2).sqrt()  # (N, K)
    nearest, which = distance.min(1)
    good = which[points.isfinite().all(1) & (nearest <= within * std)]
    return Coverage(torch.bincount(good, minlength=len(modes)).cpu(), len(x))


def floor(
    source: PointSource, n: int, generator: torch.Generator, *, within: float = 3.0
) -> Coverage:
    """What ``n`` fresh real samples score.

    Raises:
        DataError: The data have no modes.
    """
    _modes(source)
    return coverage(source.batch(n, generator), source, within=within)


def expected_high_quality(within: float = 3.0) -> float:
    """Share of real samples within that many standard deviations, in the plane: 1 - exp(-k^2/2).

    Example:
        >>> round(expected_high_quality(), 4)
        0.9889
    """
    return 1.0 - math.exp(-(within**2) / 2)


def expected_covered(total: int, n: int, within: float = 3.0) -> float:
    """Mean number of modes that ``n`` real samples cover: K (1 - (1 - q/K)^n).

    Example:
        >>> round(expected_covered(25, 50), 1)  # fifty points miss some of 25 modes
        21.7
    """
    return total * (1.0 - (1.0 - expected_high_quality(within) / total) ** n)


def _modes(source: PointSource) -> tuple[Tensor, float]:
    if source.modes is None or source.mode_std is None:
        raise DataError(
            "data with separate modes",
            f"{source.name}, which has none",
            "Choose a mixture of Gaussians, or look at W1 instead.",
        )
    return source.modes, source.mode_std
