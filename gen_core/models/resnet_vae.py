"""The ResNet VAE: many layers of latents between a way up and a way down of residual units.

Paper: D. P. Kingma, T. Salimans, R. Jozefowicz, X. Chen, I. Sutskever, M. Welling, "Improved
Variational Inference with Inverse Autoregressive Flow", NIPS 2016, arXiv 1606.04934, section 6.2
and appendix C; public code openai/iaf, ``tf_train.py``. With z_1 nearest to the picture,

    p(x, z) = p(x | z_1..L) p(z_L) prod_l p(z_l | z_>l),
    q(z | x) = prod_l q(z_l | z_>l, x)  (bidirectional)  or  prod_l q(z_l | z_<l, x)  (bottom-up),
    log p(x) >= E_q log p(x|z) - sum_l E_q [log q(z_l | .) - log p(z_l | z_>l)].

A 5 x 5 convolution of stride 2 leads to the first layer, a transposed one back to the picture;
between them stand the layers (:mod:`gen_core.models.resnet_layer`) at one or more sizes, and on
top a learned vector, tiled. Each layer has its own posterior: a diagonal Gaussian, or one moved
by one step of masked convolutions (:mod:`gen_core.bijections.conv_made`). Pixels are logistics,
discretised; prior and posterior need no inverse of any flow.

Deviations, and where paper and code disagree:
  1. One learned log-scale per channel, as in appendix C.5; the code has one for everything. It
     begins at -1 on pixels in [-1, 1], where the code's begins at log 2: a short training would
     spend its time on that number alone.
  2. The bins at both ends are open, so that the masses of all levels sum to one; means are not
     clipped. Paper and code leave the tails out, and the code adds 1e-7 to every mass.
  3. The KL of a diagonal bidirectional layer is taken in closed form; the code takes log q - log p
     at one sample, as is done here for a flow, and for bottom-up inference, where p(z_l | z_>l)
     depends on what was drawn after z_l.
  4. Initial weights are the house's law, without the data-dependent pass; what makes means and log
     sigmas begins at a tenth of it, so that all Gaussians begin near N(0, I).
  5. The weights of a moving average, which the code evaluates, are not kept.
  6. The way up ends in the top layer's posterior; the code's unit has a branch that nothing reads.
  7. Transposed convolutions are normalised by output channel (see :mod:`gen_core.nn.normed`).

>>> import torch
>>> vae = ResNetVae((1, 8, 8), 16, blocks=3, width=8, z_channels=2)
>>> eps = [torch.zeros(shape) for shape in vae.latent_noise_shapes(5)]
>>> vae.generate(eps).mean.shape, len(vae.infer(torch.zeros(5, 1, 8, 8), eps).levels)
(torch.Size([5, 1, 8, 8]), 3)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import elu

from gen_core.distributions import LogisticMixture
from gen_core.errors import DataError, SettingError, one_of
from gen_core.models.resnet_layer import Level, StochasticLayer
from gen_core.nn.normed import NormedConv2d
from gen_core.objectives.importance import LogWeight
from gen_core.training.precision import full

__all__ = ["INFERENCES", "POSTERIORS", "Inferred", "ResNetVae"]

INFERENCES = ("bidirectional", "bottom-up")
POSTERIORS = ("diagonal", "iaf")
FIRST_LOG_SCALE = -1.0


@dataclass(frozen=True)
class Inferred:
    """What the posterior made of pictures.

    Attributes:
        levels: Latents of every layer, the one nearest to the picture first.
        likelihood: p(x | z), over ``(B, C, H, W)``.
    """

    levels: tuple[Level, ...]
    likelihood: LogisticMixture


class ResNetVae(nn.Module):
    """A VAE with a layer of latents in every residual unit.

    Args:
        image_shape: Channels, height and width; sides can be halved ``scales`` times.
        top_level: Largest level n of pixels k / n.
        scales: Sizes at which layers stand, each half of the one before.
        blocks: Layers at each size; there are L = scales * blocks.
        width: Maps of the streams.
        z_channels: Channels of each layer's latents.
        inference: ``"bidirectional"`` or ``"bottom-up"``.
        posterior: ``"diagonal"`` or ``"iaf"``.
        flow_layers: Hidden layers of each step's network.

    Attributes:
        layers: The layer nearest to the picture first.
        top: What the way down begins with, at every position, ``(width,)``.
        log_scale: Of each channel's logistics, less where it begins, ``(C,)``.

    Raises:
        SettingError: A name is unknown, or sides or width do not fit.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (3, 32, 32),
        top_level: int = 255,
        scales: int = 1,
        blocks: int = 4,
        width: int = 32,
        z_channels: int = 4,
        inference: str = "bidirectional",
        posterior: str = "diagonal",
        flow_layers: int = 1,
    ) -> None:
        super().__init__()
        channels, rows, columns = image_shape
        if rows % 2**scales or columns % 2**scales:
            expected = f"sides that can be halved {scales} times"
            raise SettingError(expected, f"{rows} x {columns}", "Resize it, or take fewer sizes.")
        bottom_up = one_of(inference, INFERENCES) == "bottom-up"
        depth = flow_layers if one_of(posterior, POSTERIORS) == "iaf" else None
        self.image_shape, self.top_level, self.z_channels = image_shape, top_level, z_channels
        self.blocks = blocks
        self.first = NormedConv2d(channels, width, 2, side=5)
        self.layers = nn.ModuleList(
            StochasticLayer(
                width,
                z_channels,
                bottom_up=bottom_up,
                flow_layers=depth,
                halves=index > 0 and index % blocks == 0,
                highest=index == scales * blocks - 1,
            )
            for index in range(scales * blocks)
        )
        self.last = NormedConv2d(width, channels, up=True, side=5)
        self.top = nn.Parameter(torch.zeros(width))
        self.log_scale = nn.Parameter(torch.zeros(channels))

    def infer(self, x: Tensor, eps: Sequence[Tensor]) -> Inferred:
        """Draw every layer from the posterior, and decode.

        Args:
            x: Pictures ``(B, C, H, W)`` in [0, 1].
            eps: N(0, 1) noise of each layer; see :meth:`latent_noise_shapes`.

        Raises:
            DataError: The pictures have another shape.
        """
        if tuple(x.shape[1:]) != self.image_shape:
            expected = f"pictures of shape {self.image_shape}"
            raise DataError(expected, tuple(x.shape[1:]), "Resize them.")
        a, founds = full(self.first(2 * x - 1)), []
        for layer, noise in zip(self._layers(), eps, strict=True):
            a, found = layer.up(a, noise)
            founds.append(found)
        h, levels = self._tiled(eps[-1]), list[Level]()
        for layer, found, noise in reversed(list(zip(self._layers(), founds, eps, strict=True))):
            h, level = layer.down(h, found, noise)
            levels.append(level)
        return Inferred(tuple(reversed(levels)), self._pixels(h))

    def generate(self, eps: Sequence[Tensor]) -> LogisticMixture:
        """Draw every layer from the prior, the top one first, and decode.

        Args:
            eps: N(0, 1) noise of each layer; see :meth:`latent_noise_shapes`.
        """
        h = self._tiled(eps[-1])
        for layer, noise in reversed(list(zip(self._layers(), eps, strict=True))):
            h = layer.generate(h, noise)
        return self._pixels(h)

    def latent_noise_shapes(self, batch: int) -> tuple[tuple[int, ...], ...]:
        """Return the shape of each layer's noise, the layer nearest to the picture first."""
        rows, columns = self.image_shape[1:]
        halvings = [1 + index // self.blocks for index in range(len(self.layers))]
        return tuple((batch, self.z_channels, rows >> n, columns >> n) for n in halvings)

    def log_weight(self, x: Tensor, eps: Sequence[Tensor]) -> LogWeight:
        """Return importance weights; see :class:`gen_core.objectives.importance.LatentModel`."""
        x = x.repeat(len(eps[0]) // len(x), 1, 1, 1)  # (n B, C, H, W)
        found = self.infer(x, eps)
        ratios = tuple(level.log_ratio for level in found.levels)
        return LogWeight(found.likelihood.log_prob(x), ratios)

    def calm_(self, share: float = 0.1) -> "ResNetVae":
        """Scale what makes means and log sigmas: all Gaussians begin by saying little.

        Args:
            share: What is left of those weights.
        """
        for layer in self._layers():
            layer.calm_(share)
        return self

    def _layers(self) -> list[StochasticLayer]:
        return cast(list[StochasticLayer], list(self.layers))

    def _tiled(self, noise: Tensor) -> Tensor:
        """Return the learned vector at every position of the top layer."""
        batch, _, rows, columns = noise.shape
        return self.top.view(1, -1, 1, 1).expand(batch, -1, rows, columns)

    def _pixels(self, h: Tensor) -> LogisticMixture:
        log_scale = (FIRST_LOG_SCALE + self.log_scale).view(-1, 1, 1)
        return LogisticMixture.single(full(self.last(elu(h))), log_scale, self.top_level)
