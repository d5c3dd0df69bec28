"""Variational autoencoder with convolutional encoder and up-sampling decoder.

Papers: D. P. Kingma, M. Welling, "Auto-Encoding Variational Bayes", ICLR 2014, arXiv 1312.6114,
has the model; I. Gulrajani et al., "PixelVAE", ICLR 2017, arXiv 1611.05013, appendix E.1, the
networks: those of PixelVAE without its PixelCNN, the convolutional VAE of figure 5a.

Deviations:
  1. Encoder and upsampler: see :mod:`gen_core.nn.conv_coders`.
  2. Section 4.1.3 does not say how the compared VAE's decoder ends; here one 1 x 1 convolution
     reads the upsampled maps.
  3. The output follows the data: Bernoulli for bits, and for more levels Binomial(n, p), a softmax
     over the levels, or a discretised mixture of logistics.

>>> import torch
>>> vae = ConvVae((1, 28, 28), top_level=1, latent_dim=2, width=4)
>>> vae.decode(vae.encode(torch.rand(5, 1, 28, 28)).mean).mean.shape
torch.Size([5, 1, 28, 28])
"""

from typing import cast

from torch import Tensor, nn

from gen_core.distributions import Bernoulli, Binomial, DiagonalNormal, PixelDistribution
from gen_core.errors import SettingError
from gen_core.models.pixelcnn import OUTPUTS, Output
from gen_core.models.vae import GaussianVae
from gen_core.nn.conv_coders import ConvEncoder, Upsampler
from gen_core.training.precision import full

__all__ = ["LIKELIHOODS", "ConvVae"]

LIKELIHOODS = ("bernoulli", "binomial", *OUTPUTS)


class ConvVae(GaussianVae):
    """Encoder q(z|x) and decoder p(x|z) over the prior p(z) = N(0, I).

    Args:
        image_shape: Channels, height and width.
        top_level: Largest grey level n of pixels k / n.
        latent_dim: Dimensions of z.
        width: Maps at the two largest scales; twice as many below.
        likelihood: One of ``LIKELIHOODS``; ``"bernoulli"`` reads grey levels as probabilities.

    Attributes:
        encoder: Network x -> (mu, log_sigma).
        decoder: Network z -> raw outputs of every position.

    Raises:
        SettingError: No such likelihood.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (1, 28, 28),
        top_level: int = 1,
        latent_dim: int = 2,
        width: int = 32,
        likelihood: str = "bernoulli",
    ) -> None:
        super().__init__()
        if likelihood not in LIKELIHOODS:
            known = ", ".join(LIKELIHOODS)
            raise SettingError(f"a likelihood ({known})", repr(likelihood)[:60], "Choose one.")
        self.image_shape = image_shape
        self.latent_dim = latent_dim
        self.top_level = top_level
        self.likelihood = likelihood
        levels = likelihood in OUTPUTS
        self.output = Output(image_shape, top_level, likelihood) if levels else None
        outputs = self.output.out_channels if self.output else image_shape[0]
        self.encoder = ConvEncoder(image_shape, 2 * latent_dim, width)
        self.decoder = nn.Sequential(
            Upsampler(latent_dim, image_shape[1:], width, width), nn.Conv2d(width, outputs, 1)
        )

    def encode(self, x: Tensor) -> DiagonalNormal:
        """Return the posterior q(z|x), over ``(B, Z)``.

        Args:
            x: Pictures ``(B, C, H, W)`` in [0, 1].
        """
        mu, log_sigma = full(self.encoder(x)).chunk(2, dim=1)  # (B, 2 Z)
        return DiagonalNormal(mu, log_sigma)

    def decode(self, z: Tensor) -> PixelDistribution:
        """Return p(x|z), over ``(B, C, H, W)``.

        Args:
            z: Latents ``(B, Z)``.
        """
        raw = full(self.decoder(z))
        if self.output:
            return self.output(raw)
        if self.likelihood == "bernoulli":
            return cast(PixelDistribution, Bernoulli(raw))
        return cast(PixelDistribution, Binomial(raw, self.top_level))
