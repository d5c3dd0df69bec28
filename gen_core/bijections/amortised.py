"""Planar and radial maps whose numbers an encoder gives, a map of its own for each example.

Rezende & Mohamed, "Variational Inference with Normalizing Flows", ICML 2015, arXiv 1505.05770,
algorithm 1: the inference network puts out the parameters of the flow. The maps, their conditions
and their determinants are those of :mod:`gen_core.bijections.planar`.

>>> import torch
>>> z, log_det = ContextPlanar(3, 4)(torch.zeros(5, 3), torch.zeros(5, 4))
>>> z.shape, log_det.shape
(torch.Size([5, 3]), torch.Size([5]))
"""

import torch
from torch import Tensor, nn

from gen_core.bijections.base import Bijection
from gen_core.bijections.planar import invertible_pull, invertible_push, solve_along
from gen_core.errors import SettingError

__all__ = ["ContextPlanar", "ContextRadial"]


class ContextPlanar(Bijection):
    """z + u^ tanh(w.z + b), with w, u and b of the context.

    Args:
        dim: Dimensions D of z.
        context_dim: Size of the context.
    """

    def __init__(self, dim: int, context_dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.numbers = nn.Linear(context_dim, 2 * dim + 1)

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return f(x) and log(1 + (1 - tanh^2) w.u^)."""
        w, u, b, steep = self._map(context)
        h = ((x * w).sum(1) + b).tanh()
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

    def _map(self, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        w, u, b = self.numbers(_given(context)).split([self.dim, self.dim, 1], dim=1)
        push, steep = invertible_push(w, u)
        return w, push, b[:, 0], steep


def _det(h: Tensor, steep: Tensor) -> Tensor:
    """Return 1 + (1 - h^2) w.u^ of 1 + w.u^, as a sum of two numbers that are not negative."""
    square = h.square()
    return square + (1 - square) * steep


class ContextRadial(Bijection):
    """z + beta^ (z - z0) / (alpha + |z - z0|), with z0, log alpha and beta of the context.

    Args:
        dim: Dimensions D of z.
        context_dim: Size of the context.
    """

    def __init__(self, dim: int, context_dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.numbers = nn.Linear(context_dim, dim + 2)

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return f(x) and the log of its determinant."""
        centre, alpha, beta = self._map(context)
        away = x - centre
        r = away.norm(dim=1)
        return x + (beta / (alpha + r))[:, None] * away, self._log_det(r, alpha, beta)

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x, whose r solves r^2 + (alpha + beta^ - |z - z0|) r = alpha |z - z0|."""
        centre, alpha, beta = self._map(context)
        away = z - centre
        reached = away.norm(dim=1)
        half = (alpha + beta - reached) / 2
        root = (half.square() + alpha * reached).sqrt()
        # either form of the root loses its digits where the other keeps them
        r = torch.where(half > 0, alpha * reached / (half.abs() + root), root - half)
        share = (alpha + r) / (alpha + r + beta)
        return centre + share[:, None] * away, -self._log_det(r, alpha, beta)

    def _map(self, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        centre, log_alpha, beta = self.numbers(_given(context)).split([self.dim, 1, 1], dim=1)
        alpha = log_alpha[:, 0].exp()
        return centre, alpha, invertible_pull(alpha, beta[:, 0])

    def _log_det(self, r: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
        h = 1 / (alpha + r)
        return (self.dim - 1) * (beta * h).log1p() + (alpha * beta * h.square()).log1p()


def _given(context: Tensor | None) -> Tensor:
    if context is None:
        raise SettingError("a context", "none", "Take a map with numbers of its own.")
    return context
