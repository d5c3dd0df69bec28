"""Planar and radial maps: a push along one direction, and a pull to or from one point.

Rezende & Mohamed, "Variational Inference with Normalizing Flows", ICML 2015, arXiv 1505.05770:
equations 10-14 and, for the conditions under which the maps are invertible, appendix A.

    planar  f(x) = x + u tanh(w.x + b),              det = 1 + (1 - tanh^2(w.x + b)) w.u,
    radial  f(x) = x + beta (x - x0) / (alpha + r),  det = (1 + beta h)^(D-1) (1 + alpha beta h^2),

with r = |x - x0| and h = 1 / (alpha + r). A planar map is invertible where w.u > -1, a radial one
where beta > -alpha. Any numbers may be learned: what is used is

    u^ = u + (m(w.u) - w.u) w / |w|^2,  m(a) = -1 + log(1 + e^a),
    beta^ = -alpha + log(1 + e^beta).

Deviations:
  1. The paper maps noise to latents and never inverts. Here ``forward`` takes data to latents, as
     everywhere in the house, so that a density is exact and cheap; ``inverse`` serves sampling.
  2. The paper gives no inverse. A planar map is inverted by bisection along w, a radial one by
     the root of a quadratic equation in r.
  3. alpha is learned by its logarithm.

>>> import torch
>>> planar = Planar(2)
>>> x = torch.randn(5, 2)
>>> bool((planar.inverse(planar(x)[0])[0] - x).abs().max() < 1e-4)
True
"""

import math
from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gen_core.bijections.base import Bijection

__all__ = [
    "Planar",
    "PlanarMap",
    "Radial",
    "RadialMap",
    "invertible_pull",
    "invertible_push",
    "solve_along",
]


def invertible_push(w: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """Return u^ of appendix A.1, and 1 + w.u^ = log(1 + e^(w.u)).

    Args:
        w: Direction, ``(..., D)``; of a w that is 0 the map is a shift and u stays.
        u: Push, ``(..., D)``.

    Returns:
        u^, like u, and the positive number, ``(...)``, whose digits w.u^ would lose.

    Example:
        >>> w, u = torch.tensor([1.0, 0.0]), torch.tensor([-3.0, 2.0])
        >>> invertible_push(w, u)
        (tensor([-0.9514,  2.0000]), tensor(0.0486))
    """
    along, squares = (w * u).sum(-1), w.square().sum(-1)
    tiny = torch.finfo(w.dtype).tiny
    steep = torch.where(squares > tiny, softplus(along), 1.0)
    along = (steep - 1 - along) / squares.clamp_min(tiny)
    return u + along.unsqueeze(-1) * w, steep


def invertible_pull(alpha: Tensor, beta: Tensor) -> Tensor:
    """Return beta^ = -alpha + log(1 + e^beta) > -alpha (appendix A.2).

    Args:
        alpha: Positive.
        beta: Any number.
    """
    return softplus(beta) - alpha


@torch.no_grad()
def solve_along(target: Tensor, slope: Tensor, offset: Tensor) -> Tensor:
    """Solve a + slope tanh(a + offset) = target by bisection.

    The left side grows with a, and differs from it by at most ``|slope|``: the root lies between
    target - |slope| and target + |slope|, which are halved down to the precision of the type.

    Args:
        target: ``(B,)``.
        slope: w.u^, greater than -1; broadcasts over the target.
        offset: b; broadcasts too.

    Returns:
        a, ``(B,)``; its error is a few units of its last digit.
    """
    low, high = target - slope.abs(), target + slope.abs()
    for _ in range(4 - round(math.log2(torch.finfo(target.dtype).eps))):
        middle = (low + high) / 2
        below = middle + slope * (middle + offset).tanh() < target
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return (low + high) / 2


class PlanarMap(Bijection):
    """x + u^ tanh(w.x + b), wherever w, u^ and b come from."""

    @abstractmethod
    def _map(self, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return w and u^, ``(B, D)`` or ``(D,)``, b and 1 + w.u^, ``(B,)`` or 0-d."""

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return f(x) and log(1 + (1 - tanh^2) w.u^)."""
        w, u, b, steep = self._map(context)
        h = ((x * w).sum(1) + b).tanh()  # (B,)
        return x + h[:, None] * u, _det(h, steep).log()

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x = z - u^ tanh(a + b), where a = w.x solves a + w.u^ tanh(a + b) = w.z."""
        w, u, b, steep = self._map(context)
        slope, target = steep - 1, (z * w).sum(1)
        a = solve_along(target.detach(), slope.detach(), b.detach())
        # one Newton step: no farther from the root, and the one through which gradients flow
        h = (a + b).tanh()
        a = a - (a + slope * h - target) / _det(h, steep).detach()
        h = (a + b).tanh()
        return z - h[:, None] * u, -_det(h, steep).log()


class Planar(PlanarMap):
    """The planar map of numbers of its own.

    Args:
        dim: Dimensions D of x.

    Attributes:
        w: ``(1, D)``, a matrix like any other weight.
        u: ``(D, 1)``, before it is made invertible.
        b: Scalar.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.empty(1, dim).uniform_(-1, 1) * (2 / dim) ** 0.5)
        self.u = nn.Parameter(torch.empty(dim, 1).uniform_(-1, 1) * 2**0.5)
        self.b = nn.Parameter(torch.zeros(()))

    def _map(self, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return w, u^, b and 1 + w.u^."""
        w = self.w[0]
        push, steep = invertible_push(w, self.u[:, 0])
        return w, push, self.b, steep


def _det(h: Tensor, steep: Tensor) -> Tensor:
    """Return 1 + (1 - h^2) w.u^ of 1 + w.u^, as a sum of two numbers that are not negative."""
    square = h.square()
    return square + (1 - square) * steep


class RadialMap(Bijection):
    """x + beta^ (x - x0) / (alpha + |x - x0|), wherever x0, alpha and beta^ come from."""

    @abstractmethod
    def _map(self, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return x0, ``(B, D)`` or ``(1, D)``, alpha and beta^, ``(B,)`` or 0-d."""

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return f(x) and the log of its determinant."""
        centre, alpha, beta = self._map(context)
        away = x - centre
        r = away.norm(dim=1)
        pull = beta / (alpha + r)
        return x + pull[:, None] * away, _radial_log_det(r, alpha, beta, x.shape[1])

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x, whose r solves r^2 + (alpha + beta^ - |z - x0|) r = alpha |z - x0|."""
        centre, alpha, beta = self._map(context)
        away = z - centre
        reached = away.norm(dim=1)
        half = (alpha + beta - reached) / 2
        root = (half.square() + alpha * reached).sqrt()
        # either form of the root loses its digits where the other keeps them
        r = torch.where(half > 0, alpha * reached / (half.abs() + root), root - half)
        share = (alpha + r) / (alpha + r + beta)
        return centre + share[:, None] * away, -_radial_log_det(r, alpha, beta, z.shape[1])


class Radial(RadialMap):
    """The radial map of numbers of its own.

    Args:
        dim: Dimensions D of x.

    Attributes:
        centre: x0, ``(1, D)``.
        log_alpha: Scalar.
        beta: Scalar, before it is made invertible.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.centre = nn.Parameter(torch.randn(1, dim))
        self.log_alpha = nn.Parameter(torch.zeros(()))
        self.beta = nn.Parameter(torch.zeros(()))

    def _map(self, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return x0, alpha and beta^."""
        alpha = self.log_alpha.exp()
        return self.centre, alpha, invertible_pull(alpha, self.beta)


def _radial_log_det(r: Tensor, alpha: Tensor, beta: Tensor, dim: int) -> Tensor:
    h = 1 / (alpha + r)
    return (dim - 1) * (beta * h).log1p() + (alpha * beta * h.square()).log1p()
