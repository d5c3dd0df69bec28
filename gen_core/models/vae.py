"""Variational autoencoder with fully connected encoder and decoder.

Paper: D. P. Kingma, M. Welling, "Auto-Encoding Variational Bayes", ICLR 2014, arXiv 1312.6114.
Implemented: the Gaussian encoder of equation 9 (mean and log-deviation from one network), the
decoder of appendix C.1 (Bernoulli) and the reparameterisation of section 2.4.

Deviations:
  1. The encoder predicts log sigma where appendix C.2 predicts log sigma^2: the same family.
  2. Pictures here have grey levels k / n, not bits. ``levels=n`` puts Binomial(n, p) on k, which
     is a likelihood of the grey picture and sums to one over its levels; ``levels=0`` is the
     paper's Bernoulli, on grey levels read as probabilities.
  3. Any number of hidden tanh layers (``depth``); the paper has one, of 500 units on MNIST and 200
     on Frey Face, pictures of 560 pixels.
  4. Initial weights are torch's here; recipes redraw them. The paper draws from N(0, 0.01).

>>> import torch
>>> vae = Vae(latent_dim=2, width=50)
>>> posterior = vae.encode(torch.rand(5, 1, 8, 8))
>>> vae.decode(posterior.mean).mean.shape
torch.Size([5, 1, 8, 8])
"""

import math
from abc import abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn

from gen_core.distributions import (
    Bernoulli,
    Binomial,
    DiagonalNormal,
    PixelDistribution,
)
from gen_core.objectives.importance import LogWeight, single_level

__all__ = ["GaussianVae", "Vae"]


class GaussianVae(nn.Module):
    """What every VAE with one Gaussian code over the prior N(0, I) can do.

    Attributes:
        image_shape: Channels, height and width.
        latent_dim: Dimensions of z.
        encoder: Network of :meth:`encode`.
        decoder: Network of :meth:`decode`.
    """

    image_shape: tuple[int, int, int]
    latent_dim: int
    encoder: nn.Module
    decoder: nn.Module

    @abstractmethod
    def encode(self, x: Tensor) -> DiagonalNormal:
        """Return the posterior q(z|x), over ``(B, Z)``."""

    @abstractmethod
    def decode(self, z: Tensor) -> PixelDistribution:
        """Return p(x|z), over ``(B, C, H, W)``."""

    def latent_noise_shapes(self, batch: int) -> tuple[tuple[int, ...], ...]:
        """Return the shape of the only level's noise."""
        return ((batch, self.latent_dim),)

    def log_weight(self, x: Tensor, eps: Sequence[Tensor]) -> LogWeight:
        """Return importance weights; see :class:`gen_core.objectives.importance.LatentModel`."""
        return single_level(x, self.encode(x), eps, lambda x, z: self.decode(z).log_prob(x))


class Vae(GaussianVae):
    """Encoder q(z|x) and decoder p(x|z) over the prior p(z) = N(0, I).

    Args:
        image_shape: Channels, height and width.
        latent_dim: Dimensions of z.
        width: Units of a hidden layer.
        depth: Hidden layers of the encoder and of the decoder.
        levels: Largest native grey level n, for Binomial(n, p) pixels; 0 for Bernoulli pixels.

    Attributes:
        encoder: Network x -> (mu, log_sigma).
        decoder: Network z -> logits.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (1, 8, 8),
        latent_dim: int = 2,
        width: int = 200,
        depth: int = 1,
        levels: int = 16,
    ) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.latent_dim = latent_dim
        self.levels = levels
        pixels = math.prod(image_shape)
        self.encoder = _tanh_network(pixels, width, depth, 2 * latent_dim)
        self.decoder = _tanh_network(latent_dim, width, depth, pixels)

    def encode(self, x: Tensor) -> DiagonalNormal:
        """Return the posterior q(z|x), over ``(B, Z)``.

        Args:
            x: Pictures ``(B, C, H, W)`` in [0, 1].
        """
        mu, log_sigma = self.encoder(x.flatten(1)).chunk(2, dim=1)  # (B, 2 Z)
        return DiagonalNormal(mu, log_sigma)

    def decode(self, z: Tensor) -> Binomial | Bernoulli:
        """Return p(x|z), over ``(B, C, H, W)``.

        Args:
            z: Latents ``(B, Z)``.
        """
        logits = self.decoder(z).unflatten(1, self.image_shape)
        return Binomial(logits, self.levels) if self.levels else Bernoulli(logits)


def _tanh_network(in_dim: int, width: int, depth: int, out_dim: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in in [in_dim, *[width] * (depth - 1)]:
        layers += [nn.Linear(fan_in, width), nn.Tanh()]
    return nn.Sequential(*layers, nn.Linear(width, out_dim))
