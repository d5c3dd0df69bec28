"""Mixtures of equal isotropic Gaussians: the ring of 8 and the grid of 25.

Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, section 3.1 and figure 1a, with
the formulas and scales of the authors' toy generator (``gan_toy.py`` of the paper's public code):

- ring: ``(2 c + 0.02 n) / 1.414``, c one of 8 unit vectors, n ~ N(0, I);
- grid: ``(2 c + 0.05 n) / 2.828``, c in {-2, ..., 2}^2.

Deviation: the public code draws 100,000 points of the grid once and serves them again each epoch.
Here every batch is fresh, so that the density is exact and no point is seen twice.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gen_core.data.base import PointSource

__all__ = ["GaussianMixture", "eight_gaussians", "twenty_five_gaussians"]


@dataclass(frozen=True, eq=False, kw_only=True)
class GaussianMixture(PointSource):
    """Equal isotropic Gaussians at given centres: p(x) = (1/K) sum_k N(x; m_k, s^2 I).

    Example:
        >>> pair = GaussianMixture(
        ...     name="pair", modes=torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), mode_std=0.1
        ... )
        >>> pair.batch(3, torch.Generator().manual_seed(0)).shape
        torch.Size([3, 2])
    """

    modes: Tensor
    mode_std: float
    _centres: tuple[tuple[float, ...], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep the centres as plain numbers, in double precision, for the density."""
        object.__setattr__(self, "_centres", tuple(tuple(c) for c in self.modes.tolist()))

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points; see `PointSource.batch`."""
        which = torch.randint(len(self.modes), (n,), generator=generator)
        noise = torch.randn(n, 2, generator=generator)
        return torch.add(self.modes.index_select(0, which), noise, alpha=self.mode_std)

    def log_density(self, x: Tensor) -> Tensor:
        """Log-density in nats, exact; see `PointSource.log_density`."""
        centres = torch.tensor(self._centres, dtype=x.dtype, device=x.device)
        squared = (x[:, None, :] - centres).square().sum(2)  # (B, K)
        variance = self.mode_std**2
        constant = math.log(len(self._centres) * 2 * math.pi * variance)
        return torch.logsumexp(-squared / (2 * variance), 1) - constant


def _separated_entropy(k: int, std: float) -> float:
    """Entropy of k Gaussians so far apart that none reaches into another.

    The correction is of the order exp(-d^2 / 8 s^2) at a distance d: below 1e-80 here.
    """
    return math.log(k) + 1.0 + math.log(2 * math.pi * std**2)


def eight_gaussians() -> GaussianMixture:
    """Ring of 8: radius 1.414, standard deviation 0.02 / 1.414 = 0.0141, per-axis spread 1.00."""
    diagonal = 1.0 / math.sqrt(2)
    directions = [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)]
    directions += [(x * diagonal, y * diagonal) for x in (1, -1) for y in (1, -1)]
    std = 0.02 / 1.414
    return GaussianMixture(
        name="8gaussians",
        modes=torch.tensor(directions) * (2.0 / 1.414),
        mode_std=std,
        entropy=_separated_entropy(8, std),
    )


def twenty_five_gaussians() -> GaussianMixture:
    """Grid of 5 x 5: spacing 0.707, range +-1.414, standard deviation 0.05 / 2.828 = 0.0177."""
    steps = range(-2, 3)
    std = 0.05 / 2.828
    return GaussianMixture(
        name="25gaussians",
        modes=torch.tensor([(2.0 * x, 2.0 * y) for x in steps for y in steps]) / 2.828,
        mode_std=std,
        entropy=_separated_entropy(25, std),
    )
