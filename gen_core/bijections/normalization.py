"""Batch normalisation as one layer of a flow, with its log-determinant.

Dinh et al. 2017, Real NVP, arXiv 1605.08803, section 3.7 and appendix E: each feature of a
coupling's output is centred and scaled to unit variance, without gain or offset,

    z = (x - m) / sqrt(v + eps),    log |det dz/dx| = -1/2 sum of log(v + eps),

m and v are those of the batch while it trains, and running averages afterwards. The paper's own
variant, ``lagged``, trains on the running averages too (appendix E),

    m <- rho m + (1 - rho) m_batch,    v <- rho v + (1 - rho) v_batch,

of which gradients reach the batch's part alone: smaller batches then disturb less.

Deviations:
  1. The whole output of a coupling is normalised, as the paper says; the public code normalises
     only the part that the coupling changed, and counts the zeros of a checkerboard's other half.
  2. The paper gives no rho; 0.9 and eps = 1e-4 are the code's.

>>> norm = FlowBatchNorm(2)
>>> z, log_det = norm(torch.tensor([[0.0, 0.0], [2.0, 20.0]]))
>>> z.round()
tensor([[-1., -1.],
        [ 1.,  1.]])
>>> log_det  # -ln 10: the spread of the first feature is 1 already
tensor([-2.3026, -2.3026])
"""

import torch
from torch import Tensor

from gen_core.bijections.base import Bijection
from gen_core.errors import SettingError

__all__ = ["FlowBatchNorm"]


class FlowBatchNorm(Bijection):
    """Centre and scale each feature of axis 1.

    While it trains, ``forward`` moves the running averages; ``inverse`` always takes them as they
    are, since the statistics of a batch that is yet to be made are unknown.

    Args:
        features: Size of axis 1: dimensions of vectors, channels of pictures.
        momentum: rho, the share that a running average keeps at each update.
        lagged: Whether training normalises by the running averages, not by the batch alone.
        eps: Added to each variance.

    Attributes:
        running_mean: ``(features,)``, 0 at first.
        running_var: ``(features,)``, 1 at first.

    Raises:
        SettingError: The momentum is no share.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self, features: int, *, momentum: float = 0.9, lagged: bool = False, eps: float = 1e-4
    ) -> None:
        super().__init__()
        if not 0 <= momentum <= 1:
            raise SettingError("a share rho from 0 to 1", momentum, "The public code has 0.9.")
        self.momentum = momentum
        self.lagged = lagged
        self.eps = eps
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the normalised x; its log-determinant is the same for all examples."""
        mean, var = self._statistics(x)
        shape = (1, -1, *[1] * (x.ndim - 2))
        scale = (var + self.eps).rsqrt()
        return (x - mean.view(shape)) * scale.view(shape), self._log_det(x, var)

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x = m + z sqrt(v + eps) with the running averages."""
        shape = (1, -1, *[1] * (z.ndim - 2))
        scale = (self.running_var + self.eps).sqrt()
        x = z * scale.view(shape) + self.running_mean.view(shape)
        return x, -self._log_det(z, self.running_var)

    def _log_det(self, x: Tensor, var: Tensor) -> Tensor:
        positions = x[0].numel() // x.shape[1]
        total = -0.5 * positions * (var + self.eps).log().sum()
        return total.expand(len(x))

    def _statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean and the variance to normalise by, and move the running ones."""
        if not self.training:
            return self.running_mean, self.running_var
        axes = [axis for axis in range(x.ndim) if axis != 1]
        var, mean = torch.var_mean(x, dim=axes, correction=0)
        rho = self.momentum
        mixed = (
            self.running_mean * rho + (1 - rho) * mean,
            self.running_var * rho + (1 - rho) * var,
        )
        with torch.no_grad():
            self.running_mean.copy_(mixed[0])
            self.running_var.copy_(mixed[1])
        return mixed if self.lagged else (mean, var)
