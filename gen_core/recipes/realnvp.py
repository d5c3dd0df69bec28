"""Real NVP of Dinh, Sohl-Dickstein & Bengio 2017 on points of the plane.

The paper has pictures; its couplings, prior, optimiser and clipping are kept, and its networks are
replaced by plain ones (see :mod:`gen_core.models.realnvp`). Variants:

- ``plane``: 16 couplings, no batch normalisation;
- ``plane-batchnorm``: each coupling's output normalised by its batch (section 3.7);
- ``plane-lagged``: by running averages (appendix E).

Deviations: no weight normalisation, and so not the code's L2 term on its gains; gradients are cut
at length 1 in place of 100, and the step size decays, for modes a hundredth as wide as the plane.
"""

from dataclasses import dataclass

from torch import nn

from gen_core.models.flow import Flow
from gen_core.models.realnvp import NORMS, VectorRealNvp
from gen_core.recipes.base import register
from gen_core.recipes.plane_flow import PlaneFlowRecipe
from gen_core.recipes.settings import setting
from gen_core.training.seeding import spread_

__all__ = ["RealNvpRecipe"]

PAPER = "Dinh et al. 2017"


@register
@dataclass(frozen=True)
class RealNvpRecipe(PlaneFlowRecipe):
    """Couplings whose halves take turns, fitted by maximum likelihood."""

    stem = "realnvp"
    paper = "Dinh, Sohl-Dickstein & Bengio 2017, Density estimation using Real NVP, ICLR"
    variants = {
        "plane": {},
        "plane-batchnorm": {"norm": "batch"},
        "plane-lagged": {"norm": "lagged"},
    }

    couplings: int = setting(
        16,
        "observed on 8 thin modes: 0.2 nats above the entropy after 8000 updates, 8 layers 1.1",
        low=1,
        high=64,
        symbol="K",
        unit="layers",
        hint="Coupling layers; x and y take turns.",
    )
    width: int = setting(
        128,
        "live default",
        low=1,
        high=2048,
        unit="units",
        hint="Units of a hidden layer in each coupling's network.",
    )
    depth: int = setting(
        2, "live default", low=0, high=8, unit="layers", hint="Hidden layers of each network."
    )
    norm: str = setting(
        "none",
        f"{PAPER}, section 3.7 and appendix E; observed: the plane needs none",
        choices=NORMS,
        hint="Batch normalisation after each coupling.",
    )
    momentum: float = setting(
        0.9,
        "the public code's; the paper gives none",
        low=0.0,
        high=0.9999,
        symbol="ρ",
        hint="Share that a running average keeps at each update.",
    )

    def flow(self) -> VectorRealNvp:
        """Return the couplings, not yet initialised."""
        return VectorRealNvp(2, self.couplings, self.width, self.depth, self.norm, self.momentum)

    def initialize(self, flow: Flow, seed: int) -> nn.Module:
        """Redraw the parameters, and spread the kinks of networks that read one number."""
        return spread_(super().initialize(flow, seed), seed, "flow")
