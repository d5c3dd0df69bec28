"""Planar and radial maps whose numbers an encoder gives, a map of its own for each example.

Rezende & Mohamed, "Variational Inference with Normalizing Flows", ICML 2015, arXiv 1505.05770,
algorithm 1: the inference network puts out the parameters of the flow. The maps, their conditions
and their determinants are those of :mod:`gen_core.bijections.planar`.

>>> import torch
>>> z, log_det = ContextPlanar(3, 4)(torch.zeros(5, 3), torch.zeros(5, 4))
>>> z.shape, log_det.shape
(torch.Size([5, 3]), torch.Size([5]))
"""

import math

import torch
from torch import Tensor, nn

from gen_core.bijections.planar import PlanarMap, RadialMap, invertible_pull, invertible_push
from gen_core.errors import SettingError

__all__ = ["ContextPlanar", "ContextRadial"]


# log(1 + e^x) is 1 here: the conditions of invertibility then take nothing away and add nothing.
IDLE = math.log(math.e - 1)


class ContextPlanar(PlanarMap):
    """The planar map of numbers that a context gives.

    Args:
        dim: Dimensions D of z.
        context_dim: Size of the context.
    """

    def __init__(self, dim: int, context_dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.numbers = nn.Linear(context_dim, 2 * dim + 1)

    @torch.no_grad()
    def calm_(self, share: float, axis: int = 0) -> None:
        """Let the map begin near the identity: w along an axis, and u^ = 0 but for the context.

        A short w would not do: the condition of appendix A.1 adds (log 2 - 1) w / |w|^2 to u, the
        longer the shorter w is.

        Args:
            share: What is left of the weights.
            axis: Entry of z along which w begins.
        """
        self.numbers.weight.mul_(share)
        self.numbers.bias.zero_()
        self.numbers.bias[axis] = 1.0
        self.numbers.bias[self.dim + axis] = IDLE

    def _map(self, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return w, u^, b and 1 + w.u^ of each example."""
        w, u, b = self.numbers(_given(context)).split([self.dim, self.dim, 1], dim=1)
        push, steep = invertible_push(w, u)
        return w, push, b[:, 0], steep


class ContextRadial(RadialMap):
    """The radial map of numbers that a context gives.

    Args:
        dim: Dimensions D of z.
        context_dim: Size of the context.
    """

    def __init__(self, dim: int, context_dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.numbers = nn.Linear(context_dim, dim + 2)

    @torch.no_grad()
    def calm_(self, share: float) -> None:
        """Let the map begin near the identity: alpha = 1, and beta^ = 0 but for the context.

        Args:
            share: What is left of the weights.
        """
        self.numbers.weight.mul_(share)
        self.numbers.bias.zero_()
        self.numbers.bias[-1] = IDLE

    def _map(self, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return the centre, alpha and beta^ of each example."""
        centre, log_alpha, beta = self.numbers(_given(context)).split([self.dim, 1, 1], dim=1)
        alpha = log_alpha[:, 0].exp()
        return centre, alpha, invertible_pull(alpha, beta[:, 0])


def _given(context: Tensor | None) -> Tensor:
    if context is None:
        raise SettingError("a context", "none", "Take a map with numbers of its own.")
    return context
