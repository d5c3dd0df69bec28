"""Real NVP on pictures: the multi-scale flow over dequantised pixels, with its exact likelihood.

Paper: L. Dinh, J. Sohl-Dickstein, S. Bengio, "Density estimation using Real NVP", ICLR 2017,
arXiv 1605.08803, sections 3.4-3.7 and 4.1, with its public code
``real_nvp_multiscale_dataset.py``. A level k of K becomes y = (k + u) / K with u ~ U[0, 1), then
v = logit(alpha + (1 - 2 alpha) y), and v a Gaussian z:

    log p(k) >= E_u [log N(f(v); 0, I) + log |det df/dv| + log |det dv/dy|] - D ln K.

Deviations:
  1. The code's symmetric margin, 0.05 + 0.9 y; the paper prints alpha + (1 - alpha) y.
  2. K is that of the data, not always 256; y divides by K as the code does.
  3. Samples invert the margin, which the code forgets; what leaves [0, 1] is cut off.
  4. Inner batch normalisation uses moving statistics for samples as for likelihoods; the code
     takes those of the batch of samples. A picture then does not depend on its neighbours.
  5. Batch normalisation between couplings is :mod:`gen_core.bijections.normalization`'s.
  6. The width doubles from scale to scale as in the paper; it is not doubled once more for
     couplings of channels, as the code does.
  7. Couplings begin near the identity: the last layer of each network is scaled down.
  8. Shares of latents that are finer than the last scale are found by further halving in the
     same order; the code stops at the last scale.

>>> import torch
>>> flow = RealNvpImages((1, 4, 4), 16, scales=1, width=4, blocks=1).eval()
>>> x = flow.sample(torch.randn(2, 1, 4, 4))
>>> x.shape, flow.log_prob(x, torch.rand(2, 1, 4, 4)).shape
(torch.Size([2, 1, 4, 4]), torch.Size([2]))
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gen_core.bijections.base import Bijection
from gen_core.bijections.coupling import Mask
from gen_core.bijections.multiscale import from_coarse, multi_scale, to_coarse
from gen_core.bijections.normalization import FlowBatchNorm
from gen_core.data.pixels import dequantize, inverse_logit, logit, quantize
from gen_core.distributions.normal import standard_normal
from gen_core.errors import SettingError
from gen_core.models.realnvp import NORMS
from gen_core.nn.coupling_net import CouplingNet

__all__ = ["NORMS", "RealNvpImages"]


class RealNvpImages(nn.Module):
    """A flow from pictures ``(B, C, H, W)`` to latents of the same shape.

    Args:
        image_shape: Channels, height and width it is trained at; see :meth:`sample` for others.
        top_level: Largest level K - 1 of a pixel.
        scales: Scales L; all but the last halve the sides.
        width: Maps of the couplings' networks at the first scale; each scale doubles them.
        blocks: Residual blocks of each network.
        alpha: Margin of the logit.
        norm: ``"none"``; ``"batch"`` normalises each coupling's output by its batch, ``"lagged"``
            by running averages (appendix E).
        batch_norm: Whether the networks have batch normalisation inside.

    Raises:
        SettingError: A side cannot be halved so often, or the settings allow no inverse.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        top_level: int,
        scales: int = 2,
        width: int = 32,
        blocks: int = 2,
        alpha: float = 0.05,
        norm: str = "none",
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        _check(image_shape, scales, alpha)
        self.image_shape = image_shape
        self.top_level = top_level
        self.alpha = alpha

        def network(read: int, made: int, scale: int, mask: Mask | None) -> nn.Module:
            maps = width << scale
            return CouplingNet(read, made, maps, blocks, batch_norm=batch_norm, mask=mask)

        def after(channels: int) -> Sequence[Bijection]:
            return () if norm == "none" else (FlowBatchNorm(channels, lagged=norm == "lagged"),)

        self.flow = multi_scale(image_shape[0], scales, network, after)

    def log_prob(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return one draw of the bound on the log-probability of levels, ``(B,)``, in nats.

        Args:
            x: Pictures ``(B, C, H, W)`` on k / top_level.
            noise: U[0, 1) like x, that spreads each level over its bin.
        """
        y, log_det = dequantize(x, self.top_level, noise)
        return self.log_density(y) + log_det

    def log_density(self, y: Tensor) -> Tensor:
        """Return the log-density of continuous pixels, ``(B,)``, in nats.

        It integrates to 1 over alpha + (1 - 2 alpha) y in (0, 1), a little more than the cube:
        what the flow puts into the margins is lost to pictures (section 4.1).

        Args:
            y: Pixels ``(B, C, H, W)``.
        """
        z, log_det = self.encode(y)
        return standard_normal(z).log_prob(z) + log_det

    def encode(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the latents ``(B, C, H, W)`` of continuous pixels and ln |det dz/dy|, ``(B,)``.

        Args:
            y: Pixels ``(B, C, H, W)``.
        """
        v, log_det = logit(y, self.alpha)
        z, more = self.flow(v)
        return z, log_det + more

    def decode(self, z: Tensor) -> Tensor:
        """Return continuous pixels, outside [0, 1] where the flow reaches into the margins.

        Args:
            z: Latents ``(B, C, H, W)``.
        """
        return inverse_logit(self.flow.inverse(z)[0], self.alpha)[0]

    def latents(self, x: Tensor) -> Tensor:
        """Return the latents of pictures, each level taken at the middle of its bin.

        Args:
            x: Pictures ``(B, C, H, W)`` on k / top_level.
        """
        return self.encode(dequantize(x, self.top_level, torch.full_like(x, 0.5))[0])[0]

    def sample(self, z: Tensor) -> Tensor:
        """Return pictures on k / top_level, like z.

        Args:
            z: N(0, 1) noise ``(B, C, H', W')``, of any size whose sides can be halved as often
                as the model halves them (appendix C: twice the size of training).
        """
        return quantize(self.decode(z).clamp(0, 1), self.top_level + 1)

    def resampled(self, z: Tensor, keep: float, noise: Tensor) -> Tensor:
        """Return latents of which the coarsest share is kept, the rest replaced (appendix D).

        Args:
            z: Latents ``(B, C, H, W)``.
            keep: Share kept, 0 to 1.
            noise: What replaces the rest, like z: N(0, 1) noise.

        Raises:
            SettingError: The share is out of range.
        """
        if not 0 <= keep <= 1:
            raise SettingError("a share of latents from 0 to 1", keep, "1 keeps all of them.")
        kept = round(keep * z[0].numel())
        flat = torch.cat((to_coarse(z)[:, :kept], to_coarse(noise)[:, kept:]), dim=1)
        return from_coarse(flat, z.shape[1:])


def _check(image_shape: tuple[int, int, int], scales: int, alpha: float) -> None:
    _, height, width = image_shape
    halvings = scales - 1
    if halvings > 0 and (height % 2**halvings or width % 2**halvings):
        raise SettingError(
            f"sides that can be halved {halvings} times for {scales} scales",
            f"{height} x {width}",
            "Choose fewer scales, or pictures of other sides.",
        )
    if not 0 < alpha < 0.5:
        raise SettingError(
            "a margin alpha above 0 and below 1/2",
            alpha,
            "0 has no inverse at black and white; Real NVP uses 0.05.",
        )
