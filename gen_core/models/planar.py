"""Planar and radial flows as density estimators.

Paper: D. J. Rezende, S. Mohamed, "Variational Inference with Normalizing Flows", ICML 2015, arXiv
1505.05770, section 4.1: a chain of K planar or radial maps.

Deviations:
  1. The paper's chains turn noise into latents of which an unnormalised density is known, by the
     bound of its equation 20. Here they are fitted to points by maximum likelihood, so they run
     the other way: data to noise. Densities are exact and cheap; sampling inverts each map
     (planar: by bisection), which the paper never needs.
  2. A chain through data cannot tear the plane: at equal K it fits worse than a coupling.

>>> import torch
>>> flow = PlanarFlow(steps=4)
>>> flow.log_prob(flow.sample(torch.randn(5, 2))).shape
torch.Size([5])
"""

from gen_core.bijections.base import Chain
from gen_core.bijections.planar import Planar, Radial
from gen_core.errors import one_of
from gen_core.models.flow import Flow

__all__ = ["KINDS", "PlanarFlow"]

KINDS = {"planar": Planar, "radial": Radial}


class PlanarFlow(Flow):
    """K maps of one kind over ``(B, D)``.

    Args:
        dim: Dimensions D.
        steps: K.
        kind: ``"planar"`` or ``"radial"``.

    Raises:
        SettingError: The kind is unknown.
    """

    def __init__(self, dim: int = 2, steps: int = 32, kind: str = "planar") -> None:
        made = KINDS[one_of(kind, tuple(KINDS))]
        super().__init__(Chain([made(dim) for _ in range(steps)]), dim)
