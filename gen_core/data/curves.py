"""Curves with Gaussian noise around them: Swiss roll, two moons, rings.

All three draw a point on a curve and add N(0, s^2 I), so their density is the integral of a
Gaussian along the curve:

- rings, in closed form: around a circle of radius R a point at radius r has the density
  ``exp(-(r^2 + R^2) / 2 s^2) I0(r R / s^2) / (2 pi s^2)`` (the Rice law over its angle);
- Swiss roll and moons: Gauss-Legendre quadrature over the curve's parameter, with nodes closer
  than the noise is wide: log-densities above -20 are exact to 1e-7.

Their entropies are quadratures too: over the radius for the rings, over the plane for the others.

Sources:

- Swiss roll: Gulrajani et al. 2017, section 3.1, as their toy generator draws it: scikit-learn's
  ``make_swiss_roll(noise=0.25)``, columns 0 and 2, divided by 7.5. That is t = 1.5 pi (1 + 2 u),
  u ~ U[0, 1], point (t cos t, t sin t).
- Moons: scikit-learn's ``make_moons`` with noise 0.1, moved by (-0.5, -0.1); Grathwohl et al.,
  "FFJORD", 2018, use it at twice this size.
- Rings: four circles, equally likely, of radii 0.375, 0.75, 1.125 and 1.5 with noise 0.04: the
  rings of FFJORD's generator (radii 0.75 to 3, noise 0.08) at half size, so that they fit the plot
  range of the others.

Deviation: scikit-learn's moons space their angles evenly and use each once; here angles are drawn
uniformly, so that points are independent.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from gen_core.data.base import PointSource

__all__ = ["Moons", "Rings", "SwissRoll"]

_CHUNK = 4096
"""Points per block of a density: 4096 x 640 nodes are 10 MB in float32."""


def _nodes(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """32 Gauss-Legendre nodes between every two edges, and the log of weights that sum to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(32)
    widths = np.diff(edges)[:, None]
    places = edges[:-1, None] + widths * (nodes + 1) / 2
    return places.ravel(), np.log(widths * weights / 2 / widths.sum()).ravel()


def _smeared_log_density(x: Tensor, curve: Tensor, log_weights: Tensor, std: float) -> Tensor:
    """Log of sum_j w_j N(x; curve_j, std^2 I), ``(B,)``; nodes ``(J, 2)``, weights ``(J,)``."""
    curve, log_weights = curve.to(x), log_weights.to(x)
    constant = math.log(2 * math.pi * std**2)
    blocks = []
    for block in x.split(_CHUNK):
        # Not |x|^2 - 2 x.c + |c|^2: the small variance would blow up its rounding.
        squared = (block[:, None, :] - curve).square().sum(2)  # (b, J)
        blocks.append(torch.logsumexp(log_weights - squared / (2 * std**2), 1) - constant)
    return torch.cat(blocks) if blocks else x.new_empty(0)


def _smeared_entropy(curve: Tensor, log_weights: Tensor, std: float) -> float:
    """Entropy in nats of sum_j w_j N(curve_j, std^2 I), to 1e-7.

    The sum of -p ln p over a grid half a standard deviation apart and wider than the curve by
    ten: the trapezoid rule on all of R^2 but what weighs less than 1e-20. A Gaussian is a product
    over its two coordinates, so all of p is one product of matrices.
    """
    step = std / 2
    kernels = []
    for c in curve.T:
        line = torch.arange(c.min() - 10 * std, c.max() + 10 * std, step, dtype=c.dtype)
        squared = ((line[:, None] - c) / std).square()  # (n, J)
        kernels.append(torch.exp(-squared / 2) / (std * math.sqrt(2 * math.pi)))
    p = kernels[0] * log_weights.exp() @ kernels[1].T
    return -(step**2) * float(torch.special.xlogy(p, p).sum())


@dataclass(frozen=True, eq=False, kw_only=True)
class SwissRoll(PointSource):
    """A spiral from radius 0.63 to 1.89 with noise 0.25 / 7.5 = 0.033; no separate modes."""

    name: str = "swissroll"
    extent: tuple[float, float, float, float] = (-2.2, 2.2, -2.2, 2.2)
    std: float = 0.25 / 7.5
    _curve: Tensor = field(init=False, repr=False)
    _log_weights: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay the quadrature nodes: 640, never a standard deviation apart."""
        low, high = 1.5 * math.pi, 4.5 * math.pi
        edges = np.sqrt(np.linspace(low**2, high**2, 21))  # pieces of equal length
        t, log_weights = _nodes(edges)
        curve = np.stack((t * np.cos(t), t * np.sin(t)), 1) / 7.5
        object.__setattr__(self, "_curve", torch.from_numpy(curve))
        object.__setattr__(self, "_log_weights", torch.from_numpy(log_weights))
        found = _smeared_entropy(self._curve, self._log_weights, self.std)
        object.__setattr__(self, "entropy", found)

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points; see `PointSource.batch`."""
        t = torch.rand(n, generator=generator).mul_(3 * math.pi).add_(1.5 * math.pi)
        points = torch.polar(t, t)  # t e^{it}: both columns in one call
        noise = torch.randn(n, 2, generator=generator)
        return noise.mul_(self.std).add_(torch.view_as_real(points), alpha=1 / 7.5)

    def log_density(self, x: Tensor) -> Tensor:
        """Log-density in nats, exact to 1e-7 in float64; see `PointSource.log_density`."""
        return _smeared_log_density(x, self._curve, self._log_weights, self.std)


_MOON_SHIFTS = torch.tensor([[-0.5, -0.1], [0.5, 0.4]])


@dataclass(frozen=True, eq=False, kw_only=True)
class Moons(PointSource):
    """Two half circles of radius 1 that reach into each other, noise 0.1; no point-like modes.

    Upper: (cos a, sin a); lower: (1 - cos a, 0.5 - sin a), a ~ U[0, pi]; both then moved by
    (-0.5, -0.1).
    """

    name: str = "moons"
    std: float = 0.1
    _curve: Tensor = field(init=False, repr=False)
    _log_weights: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay the quadrature nodes: 64 a moon, never a standard deviation apart."""
        a, log_weights = _nodes(np.linspace(0.0, math.pi, 3))
        upper = np.stack((np.cos(a) - 0.5, np.sin(a) - 0.1), 1)
        lower = np.stack((0.5 - np.cos(a), 0.4 - np.sin(a)), 1)
        both = np.concatenate((log_weights, log_weights)) - math.log(2)
        object.__setattr__(self, "_curve", torch.from_numpy(np.concatenate((upper, lower))))
        object.__setattr__(self, "_log_weights", torch.from_numpy(both))
        found = _smeared_entropy(self._curve, self._log_weights, self.std)
        object.__setattr__(self, "entropy", found)

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points; see `PointSource.batch`."""
        # One angle over the whole circle: its upper half is the upper moon, and the lower half,
        # moved by (1, 0.5), is the lower one.
        angle = torch.rand(n, generator=generator).mul_(2 * math.pi)
        shift = _MOON_SHIFTS.index_select(0, (angle > math.pi).int())
        noise = torch.randn(n, 2, generator=generator)
        points = torch.view_as_real(torch.polar(torch.ones(n), angle))
        return noise.mul_(self.std).add_(points).add_(shift)

    def log_density(self, x: Tensor) -> Tensor:
        """Log-density in nats, exact to 1e-7 in float64; see `PointSource.log_density`."""
        return _smeared_log_density(x, self._curve, self._log_weights, self.std)


@dataclass(frozen=True, eq=False, kw_only=True)
class Rings(PointSource):
    """Four concentric circles, equally likely, noise 0.04; no point-like modes."""

    name: str = "rings"
    std: float = 0.04
    radii: tuple[float, ...] = (0.375, 0.75, 1.125, 1.5)

    def __post_init__(self) -> None:
        """Integrate -p ln p over the radius, outwards by ten standard deviations."""
        furthest = max(self.radii) + 10 * self.std
        nodes, log_weights = _nodes(np.linspace(0.0, furthest, 21))
        r = torch.from_numpy(nodes)
        log_p = self.log_density(torch.stack((r, torch.zeros_like(r)), 1))
        ring = torch.from_numpy(log_weights).exp() * furthest * 2 * math.pi * r
        found = -float((ring * log_p.exp() * log_p).sum())
        object.__setattr__(self, "entropy", found)

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points; see `PointSource.batch`."""
        which = torch.randint(len(self.radii), (n,), generator=generator)
        angle = torch.rand(n, generator=generator).mul_(2 * math.pi)
        points = torch.polar(torch.tensor(self.radii).index_select(0, which), angle)
        noise = torch.randn(n, 2, generator=generator)
        return noise.mul_(self.std).add_(torch.view_as_real(points))

    def log_density(self, x: Tensor) -> Tensor:
        """Log-density in nats, exact; see `PointSource.log_density`."""
        radius = x.norm(dim=1, keepdim=True)  # (B, 1)
        circles = torch.tensor(self.radii, dtype=x.dtype, device=x.device)
        variance = self.std**2
        # i0e(u) = exp(-u) I0(u), and (r^2 + R^2)/2 - r R = (r - R)^2/2: nothing overflows.
        bessel = torch.special.i0e(radius * circles / variance).log()
        each = bessel - (radius - circles).square() / (2 * variance)  # (B, rings)
        constant = math.log(len(self.radii) * 2 * math.pi * variance)
        return torch.logsumexp(each, 1) - constant
