"""Planar and radial maps whose numbers an encoder gives, a map of its own for each example.

Rezende & Mohamed, "Variational Inference with Normalizing Flows", ICML 2015, arXiv 1505.05770,
algorithm 1: the inference network puts out the parameters of the flow. The maps, their conditions
and their determinants are those of :mod:`gen_core.bijections.planar`.

>>> import torch
>>> z, log_det = ContextPlanar(3, 4)(torch.zeros(5, 3), torch.zeros(5, 4))
>>> z.shape, log_det.shape
(torch.Size([5, 3]), torch.Size([5]))
"""

from torch import Tensor, nn

from gen_core.bijections.planar import PlanarMap, RadialMap, invertible_pull, invertible_push
from gen_core.errors import SettingError

__all__ = ["ContextPlanar", "ContextRadial"]


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

    def _map(self, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return the centre, alpha and beta^ of each example."""
        centre, log_alpha, beta = self.numbers(_given(context)).split([self.dim, 1, 1], dim=1)
        alpha = log_alpha[:, 0].exp()
        return centre, alpha, invertible_pull(alpha, beta[:, 0])


def _given(context: Tensor | None) -> Tensor:
    if context is None:
        raise SettingError("a context", "none", "Take a map with numbers of its own.")
    return context
