"""Real NVP of Dinh, Sohl-Dickstein & Bengio 2017 on points of the plane.

The paper has pictures; its couplings, prior, optimiser and clipping are kept, and its networks are
replaced by plain ones (see :mod:`gen_core.models.realnvp`). Variants:

- ``plane``: eight couplings, no batch normalisation;
- ``plane-batchnorm``: each coupling's output normalised by its batch (section 3.7);
- ``plane-lagged``: by running averages (appendix E).

Deviations: no weight normalisation, and so not the code's L2 term on its gains.
"""

from dataclasses import dataclass

from gen_core.models.realnvp import NORMS, VectorRealNvp
from gen_core.recipes.base import register
from gen_core.recipes.plane_flow import PlaneFlowRecipe
from gen_core.recipes.settings import setting

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
        8,
        "observed: enough for 25 modes; the paper counts 6 at each scale",
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
