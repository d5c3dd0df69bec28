"""Hierarchical PixelVAE: two levels of latents, and every step of drawing autoregressive.

Paper: I. Gulrajani, K. Kumar, F. Ahmed, A. A. Taiga, F. Visin, D. Vazquez, A. Courville,
"PixelVAE: A Latent Variable Model for Natural Images", ICLR 2017, arXiv 1611.05013, section 3.1
and figure 3:

    p(z_2) = N(0, I),   p(z_1 | z_2) = prod_positions N(z_1,i | z_1,<i, z_2),   p(x | z_1),
    q(z_1 | x) q(z_2 | x),   log p(x) >= E_q log p(x|z_1) - E_q KL_1 - KL_2.

KL_1 is analytic between q(z_1|x) and the prior at teacher-forced samples of z_1 and a sample of
z_2. q(z_2|x) reads the deterministic features h_1 of the lower encoder, not z_1.

From the paper: the factorisation above, all channels of a position of z_1 at once, the bound.
From the public code (igul222/PixelVAE, pixelvae.py), where the paper is silent or differs:

  1. sigma = (softsign(s) + 1) / 2 in posterior and prior, the prior's mean of z_1
     2 softsign(m / 2), the floor under the prior's sigma of z_1 early in training, latents
     clipped to [-50, 50].
  2. Blocks (:mod:`gen_core.nn.residual`, :mod:`gen_core.nn.masked_residual`), a 5 x 5
     convolution before the masked blocks, a 1 x 1 block last at the latent level.

Deviations of both:
  1. One block between two changes of size, and widths of a laptop; a recipe says which.
  2. Pictures enter as 4 x - 2, the scaling of the code's ``32px_big``; no embedding of levels.
  3. z_1 has a quarter of the picture's side (half at 8 pixels): 8 x 8 at 32, as in the paper's
     section 4.2, where its appendix and the code's 64-pixel settings have 16 x 16.

>>> import torch
>>> model = HierarchicalPixelVae((3, 16, 16), top_level=31, width=6, deep_width=6).eval()
>>> posterior = model.encode(torch.zeros(2, 3, 16, 16))
>>> posterior.z1.mu.shape, posterior.z2.mu.shape
(torch.Size([2, 8, 4, 4]), torch.Size([2, 32]))
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import softsign

from gen_core.distributions import DiagonalNormal, PixelDistribution, standard_normal
from gen_core.errors import DataError, SettingError
from gen_core.models.pixelcnn import Output
from gen_core.nn.decoder import Decoder
from gen_core.nn.masked_residual import MaskedResidualNet
from gen_core.nn.residual import ResidualBlock
from gen_core.objectives.importance import LogWeight
from gen_core.training.precision import full

__all__ = ["HierarchicalPixelVae", "Posteriors", "bounded_log_sigma", "bounded_mean"]

TOP_SIDE = 4


def bounded_log_sigma(s: Tensor) -> Tensor:
    """Return log sigma of sigma = (softsign(s) + 1) / 2, in (0, 1)."""
    return torch.log1p(softsign(s)) - math.log(2)


def bounded_mean(m: Tensor) -> Tensor:
    """Return 2 softsign(m / 2), in (-2, 2); about m where m is small."""
    return 2 * softsign(0.5 * m)


def scaled(x: Tensor) -> Tensor:
    """Return levels of [0, 1] in [-2, 2], so that zero padding is mid-grey."""
    return 4 * x - 2


@dataclass(frozen=True)
class Posteriors:
    """q(z_1|x), over ``(B, C1, S, S)``, and q(z_2|x), over ``(B, Z2)``."""

    z1: DiagonalNormal
    z2: DiagonalNormal


class HierarchicalPixelVae(nn.Module):
    """Two levels of latents over pictures.

    Args:
        image_shape: Channels, height and width; the side is 8 times a power of two.
        top_level: Largest level n of pixels k / n.
        z1_channels: Channels of the latent map.
        z2_dim: Dimensions of the top latent.
        width: Maps at the picture's resolution, a multiple of the colours.
        deep_width: Maps below it.
        pixel_blocks: Gated blocks of the pixel level.
        latent_blocks: Gated 3 x 3 blocks of the latent level, before its 1 x 1 block.
        first_kernel: Side of the pixel level's first kernel.
        latent_kernel: Side of the latent level's first kernel.

    Attributes:
        z1_shape: Channels, height and width of z_1.
        z2_dim: Dimensions of z_2.

    Raises:
        SettingError: The side is no such number.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (3, 32, 32),
        top_level: int = 31,
        z1_channels: int = 8,
        z2_dim: int = 32,
        width: int = 24,
        deep_width: int = 48,
        pixel_blocks: int = 2,
        latent_blocks: int = 1,
        first_kernel: int = 5,
        latent_kernel: int = 5,
    ) -> None:
        super().__init__()
        channels, side, _ = image_shape
        if side < 8 or side & (side - 1) or image_shape[1] != image_shape[2]:
            raise SettingError("a square of side 8, 16, 32, …", image_shape[1:], "Resize it.")
        downs = 1 if side == 8 else 2
        z1_side = side >> downs
        top_downs = int(math.log2(z1_side // TOP_SIDE))
        self.image_shape = image_shape
        self.z1_shape = z1_channels, z1_side, z1_side
        self.z2_dim, self.deep_width = z2_dim, deep_width
        self.output = Output(image_shape, top_level, "softmax")
        deep = deep_width
        self.bottom_encoder = nn.Sequential(
            nn.Conv2d(channels, width, 1),
            *_downs([width, *[deep] * downs]),
            ResidualBlock(deep, deep),
        )
        self.z1_out = nn.Conv2d(deep, 2 * z1_channels, 1)
        self.top_encoder = nn.Sequential(
            ResidualBlock(deep, deep), *_downs([deep] * (top_downs + 1)), nn.Flatten()
        )
        self.z2_out = nn.Linear(deep * TOP_SIDE**2, 2 * z2_dim)
        self.top_decoder = nn.Sequential(
            nn.Linear(z2_dim, deep * TOP_SIDE**2),
            nn.Unflatten(1, (deep, TOP_SIDE, TOP_SIDE)),
            ResidualBlock(deep, deep),
            *_ups([deep] * (top_downs + 1)),
            ResidualBlock(deep, deep),
        )
        self.bottom_decoder = nn.Sequential(
            nn.Conv2d(z1_channels, deep, 1),
            ResidualBlock(deep, deep),
            *_ups([*[deep] * downs, width]),
        )
        self.latent_net = MaskedResidualNet(
            z1_channels,
            2 * z1_channels,
            deep // 2,
            [3] * latent_blocks + [1],
            latent_kernel,
            maps_dim=deep,
        )
        self.pixel_net = MaskedResidualNet(
            channels,
            self.output.out_channels,
            width,
            [3] * pixel_blocks,
            first_kernel,
            maps_dim=width,
            colours=channels,
        )

    def encode(self, x: Tensor) -> Posteriors:
        """Return q(z_1|x) and q(z_2|x).

        Args:
            x: Pictures ``(B, C, H, W)`` in [0, 1].

        Raises:
            DataError: The pictures have another shape.
        """
        self._check(x, self.image_shape, "pictures")
        h1 = self.bottom_encoder(scaled(x))
        return Posteriors(
            _posterior(full(self.z1_out(h1))), _posterior(full(self.z2_out(self.top_encoder(h1))))
        )

    def prior(self, z1: Tensor, z2: Tensor, floor: float = 0.0) -> DiagonalNormal:
        """Return p(z_1 | z_2), each position given the earlier ones of ``z1``.

        Args:
            z1: Latent maps ``(B, C1, S, S)``.
            z2: Top latents ``(B, Z2)``.
            floor: Least sigma; the code starts training at 1 and lets it fall to 0.
        """
        found = cast(DiagonalNormal, self.latent_decoder(z2).distribution(z1))
        if floor <= 0:
            return found
        return DiagonalNormal(found.mu, found.log_sigma.clamp(min=math.log(floor)))

    def likelihood(self, x: Tensor, z1: Tensor) -> PixelDistribution:
        """Return p(x | z_1), each pixel and colour given the earlier ones of ``x``.

        Args:
            x: Pictures ``(B, C, H, W)``.
            z1: Latent maps ``(B, C1, S, S)``.
        """
        return cast(PixelDistribution, self.pixel_decoder(z1).distribution(x))

    def latent_noise_shapes(self, batch: int) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of the noise of z_1 and of z_2."""
        return (batch, *self.z1_shape), (batch, self.z2_dim)

    def log_weight(self, x: Tensor, eps: Sequence[Tensor]) -> LogWeight:
        """Return importance weights; see :class:`gen_core.objectives.importance.LatentModel`."""
        n = len(eps[0]) // len(x)
        q = self.encode(x)
        q1, q2 = q.z1.repeated(n), q.z2.repeated(n)
        z1, z2 = q1.rsample(eps[0]), q2.rsample(eps[1])
        x = x.repeat(n, 1, 1, 1)  # (n B, C, H, W)
        ratio1 = q1.log_prob(z1) - self.prior(z1, z2).log_prob(z1)
        ratio2 = q2.log_prob(z2) - standard_normal(z2).log_prob(z2)
        return LogWeight(self.likelihood(x, z1).log_prob(x), (ratio1, ratio2))

    def latent_decoder(self, z2: Tensor) -> Decoder:
        """Return p(z_1 | z_2) as the samplers want it; all channels of a position at once.

        Raises:
            DataError: The latents have another shape.
        """
        self._check(z2, (self.z2_dim,), "top latents")
        maps = self.top_decoder(_clipped(z2))
        return Decoder(self.latent_net, _prior, self.z1_shape, 1, _clipped, maps=maps)

    def pixel_decoder(self, z1: Tensor) -> Decoder:
        """Return p(x | z_1) as the samplers want it; colours of a pixel in turn.

        Raises:
            DataError: The latent maps have another shape.
        """
        self._check(z1, self.z1_shape, "latent maps")
        maps = self.bottom_decoder(_clipped(z1))
        passes = self.output.passes
        return Decoder(self.pixel_net, self.output, self.image_shape, passes, scaled, maps=maps)

    def _check(self, given: Tensor, shape: tuple[int, ...], what: str) -> None:
        if tuple(given.shape[1:]) != shape:
            raise DataError(f"{what} of shape {shape}", tuple(given.shape[1:]), "Resize them.")


def _downs(widths: list[int]) -> list[nn.Module]:
    return [ResidualBlock(a, b, "down") for a, b in zip(widths, widths[1:], strict=False)]


def _ups(widths: list[int]) -> list[nn.Module]:
    return [ResidualBlock(a, b, "up") for a, b in zip(widths, widths[1:], strict=False)]


def _clipped(z: Tensor) -> Tensor:
    return z.clamp(-50, 50)


def _posterior(raw: Tensor) -> DiagonalNormal:
    mu, s = raw.chunk(2, dim=1)
    return DiagonalNormal(mu, bounded_log_sigma(s))


def _prior(raw: Tensor) -> DiagonalNormal:
    mean, s = raw.chunk(2, dim=1)
    return DiagonalNormal(bounded_mean(mean), bounded_log_sigma(s))
