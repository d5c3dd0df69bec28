"""Real NVP on vectors: couplings whose halves take turns.

Paper: L. Dinh, J. Sohl-Dickstein, S. Bengio, "Density estimation using Real NVP", ICLR 2017,
arXiv 1605.08803: the coupling of section 3.2, alternating as in section 3.5, with batch
normalisation of section 3.7 and appendix E after each coupling where it is asked for.

The paper has pictures only. For vectors:

Deviations:
  1. The halves are those of the vector; networks are plain ReLU ones of two hidden layers, without
     weight or batch normalisation inside.
  2. Eight couplings of 2 x 128 units unless asked otherwise; they take turns from the first on.
  3. ``scale`` (see :mod:`gen_core.bijections.coupling`) starts at 1, as for the code's
     couplings of channels.
  4. Batch normalisation is off unless asked for.

>>> import torch
>>> flow = VectorRealNvp(width=16)
>>> x = flow.sample(torch.randn(5, 2))
>>> x.shape, flow.log_prob(x).shape
(torch.Size([5, 2]), torch.Size([5]))
"""

from gen_core.bijections.alternating import AlternatingCouplings
from gen_core.bijections.normalization import FlowBatchNorm
from gen_core.errors import SettingError
from gen_core.models.flow import Flow

__all__ = ["NORMS", "VectorRealNvp"]

NORMS = ("none", "batch", "lagged")


class VectorRealNvp(Flow):
    """Couplings over ``(B, D)`` that keep the first half and the second half in turn.

    Args:
        dim: Dimensions D, at least 2.
        couplings: How many.
        width: Units of a hidden layer in each network.
        depth: Hidden layers in each network.
        norm: ``"none"``; ``"batch"`` normalises each coupling's output by its batch, ``"lagged"``
            by running averages (appendix E).
        momentum: rho of the running averages.

    Raises:
        SettingError: ``dim`` is below 2: a coupling needs two parts.
    """

    def __init__(
        self,
        dim: int = 2,
        couplings: int = 8,
        width: int = 128,
        depth: int = 2,
        norm: str = "none",
        momentum: float = 0.9,
    ) -> None:
        if dim < 2:
            raise SettingError("at least two dimensions to couple", dim, "Choose other data.")
        norms = [
            FlowBatchNorm(dim, momentum=momentum, lagged=norm == "lagged")
            for _ in range(couplings if norm != "none" else 0)
        ]
        super().__init__(AlternatingCouplings(dim, couplings, width, depth, norms), dim)
