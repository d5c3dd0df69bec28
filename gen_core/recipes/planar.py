"""Planar and radial flows of Rezende & Mohamed 2015 as densities of points of the plane.

Deviations: the paper matches unnormalised densities (figure 3) and posteriors with RMSProp at
1e-5 and momentum 0.9, 500 000 updates; here points are fitted by maximum likelihood with Adam, for
which the chain runs from data to noise (see :mod:`gen_core.models.planar`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gen_core.models.planar import KINDS, PlanarFlow
from gen_core.recipes.base import register
from gen_core.recipes.plane_flow import PlaneFlowRecipe
from gen_core.recipes.settings import Value, setting

__all__ = ["PlanarRecipe"]

STEEP: Mapping[str, Value] = {"learning_rate": 0.01}  # few weights: observed to bear longer steps


@register
@dataclass(frozen=True)
class PlanarRecipe(PlaneFlowRecipe):
    """K planar or radial maps, fitted by maximum likelihood."""

    stem = "planar"
    paper = "Rezende & Mohamed 2015, Variational Inference with Normalizing Flows, ICML"
    variants = {"planar": STEEP, "radial": {**STEEP, "kind": "radial"}}

    kind: str = setting(
        "planar", "the variant", choices=tuple(KINDS), hint="The map of which the chain is made."
    )
    steps: int = setting(
        32,
        "Rezende & Mohamed 2015, figure 3: 2, 8 and 32",
        low=1,
        high=128,
        symbol="K",
        unit="maps",
        hint="Maps in the chain.",
    )

    def flow(self) -> PlanarFlow:
        """Return the chain, not yet initialised."""
        return PlanarFlow(2, self.steps, self.kind)
