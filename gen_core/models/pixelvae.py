"""PixelVAE with one stochastic level: a VAE whose decoder is a PixelCNN given z.

Paper: I. Gulrajani, K. Kumar, F. Ahmed, A. Ali Taiga, F. Visin, D. Vazquez, A. Courville,
"PixelVAE: A Latent Variable Model for Natural Images", ICLR 2017, arXiv 1611.05013; public code
igul222/PixelVAE, mnist_pixelvae_train.py. p(x|z) = prod_i p(x_i | x_<i, z), prior p(z) = N(0, I).

Implemented, by ``conditioning``: ``"upsampling"`` (section 3, appendix E.1) takes z to feature
maps of the picture's size, which the first masked layer reads beside the picture; ``"bias"``
("without upsampling", table 1; ``cond_z_bias`` in the code) adds V^T z inside every gate.
``layers`` counts the autoregressive layers from the first, under mask A, on. 0 is the
convolutional VAE of the same parts: the picture's path and the masked layers are cut off, and the
gated 1 x 1 layers read the feature maps alone.

Deviations, and where paper and code disagree:
  1. Encoder and upsampler: see :mod:`gen_core.nn.conv_coders` (eight convolutions as in the code,
     nine in the paper's table; no padding from 7 to 8).
  2. Section 3 writes a softmax over 256 levels; MNIST's numbers come from one bit a pixel. Here
     the output follows the data's levels: one logit for bits, a softmax for more.
  3. Appendix E.1 lists 32 maps; the best published command has 16 maps, 16 latents and 12 layers
     after the first: ``width``, ``latent_dim`` and ``layers=13``.
  4. Section 4.1.2 speaks of 5 x 5 filters, of which one layer reaches 2 pixels; appendix E.1 and
     the code begin with 7 x 7. ``first_kernel`` is either.
  5. The code's posterior interleaves mu and log sigma; here they are halves: the same family.
  6. Importance samples of the likelihood (5000 in the paper, 10 in its script) are a setting of
     the evaluation, not of the model.
  7. Weight normalisation, where asked for, covers the pixel net; the code has it on the encoder's
     and the upsampler's layers too.

>>> import torch
>>> model = PixelVae((1, 8, 8), top_level=1, width=8)
>>> x = torch.zeros(5, 1, 8, 8)
>>> model.likelihood(x, model.encode(x).mean).log_prob(x).shape
torch.Size([5])
"""

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn

from gen_core.distributions import DiagonalNormal, PixelDistribution
from gen_core.errors import SettingError
from gen_core.models.pixelcnn import Output, centred
from gen_core.nn.conv_coders import ConvEncoder, Upsampler
from gen_core.nn.decoder import Decoder, PixelNet, unchanged
from gen_core.nn.gated import GatedNet
from gen_core.nn.independent import IndependentNet
from gen_core.objectives.importance import LogWeight, single_level
from gen_core.training.precision import full

__all__ = ["CONDITIONINGS", "PixelVae"]

CONDITIONINGS = ("upsampling", "bias")


class PixelVae(nn.Module):
    """Encoder q(z|x) and autoregressive decoder p(x|z).

    Args:
        image_shape: Channels, height and width.
        top_level: Largest grey level n of pixels k / n.
        latent_dim: Dimensions of z.
        conditioning: How z reaches the pixels: ``"upsampling"`` or ``"bias"``.
        layers: Autoregressive layers; 0 for a convolutional VAE.
        width: Maps of a stack.
        first_kernel: Side of the first layer's kernel.
        kernel: Side of the others'.
        coder_width: Maps of the encoder and the upsampler at the largest scale.
        maps: Feature maps that z is upsampled to.
        weight_norm: Whether the kernels of the pixel net are weight-normalised.

    Attributes:
        encoder: Network x -> (mu, log_sigma).
        upsampler: Network z -> maps; None in the bias variant.
        net: The causal network.
        output: Raw outputs to a distribution.

    Raises:
        SettingError: No such conditioning, or a bias variant without a layer to bias.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (1, 28, 28),
        top_level: int = 1,
        latent_dim: int = 2,
        conditioning: str = "upsampling",
        layers: int = 2,
        width: int = 32,
        first_kernel: int = 7,
        kernel: int = 5,
        coder_width: int = 32,
        maps: int = 32,
        weight_norm: bool = False,
    ) -> None:
        super().__init__()
        _check(conditioning, layers)
        self.image_shape = image_shape
        self.latent_dim = latent_dim
        self.output = Output(image_shape, top_level, "softmax")
        self.encoder = ConvEncoder(image_shape, 2 * latent_dim, coder_width)
        biased = conditioning == "bias"
        self.upsampler = (
            None if biased else Upsampler(latent_dim, image_shape[1:], maps, coder_width)
        )
        channels, outputs = image_shape[0], self.output.out_channels
        self.net: nn.Module = (
            GatedNet(
                channels,
                outputs,
                width,
                layers - 1,
                first_kernel,
                kernel,
                vector_dim=latent_dim if biased else 0,
                maps_dim=0 if biased else maps,
                colours=self.output.colours,
                weight_norm=weight_norm,
            )
            if layers
            else IndependentNet(maps, outputs, width, weight_norm)
        )

    def encode(self, x: Tensor) -> DiagonalNormal:
        """Return the posterior q(z|x), over ``(B, Z)``.

        Args:
            x: Pictures ``(B, C, H, W)`` in [0, 1].
        """
        mu, log_sigma = full(self.encoder(x)).chunk(2, dim=1)  # (B, 2 Z)
        return DiagonalNormal(mu, log_sigma)

    def decoder(self, z: Tensor) -> Decoder:
        """Return p(x|z) as the samplers want it.

        Args:
            z: Latents ``(B, Z)``.
        """
        return Decoder(
            cast(PixelNet, self.net),
            self.output,
            self.image_shape,
            self.output.passes,
            unchanged if self.output.top_level == 1 else centred,
            vector=z if self.upsampler is None else None,
            maps=None if self.upsampler is None else self.upsampler(z),
        )

    def likelihood(self, x: Tensor, z: Tensor) -> PixelDistribution:
        """Return p(x_i | x_<i, z) of every pixel, over ``(B, C, H, W)``.

        Args:
            x: Pictures ``(B, C, H, W)``: what came before each pixel.
            z: Latents ``(B, Z)``.
        """
        return cast(PixelDistribution, self.decoder(z).distribution(x))

    def latent_noise_shapes(self, batch: int) -> tuple[tuple[int, ...], ...]:
        """Return the shape of the only level's noise."""
        return ((batch, self.latent_dim),)

    def log_weight(self, x: Tensor, eps: Sequence[Tensor]) -> LogWeight:
        """Return importance weights; see :class:`gen_core.objectives.importance.LatentModel`."""
        return single_level(x, self.encode(x), eps, lambda x, z: self.likelihood(x, z).log_prob(x))


def _check(conditioning: str, layers: int) -> None:
    if conditioning not in CONDITIONINGS:
        known = ", ".join(CONDITIONINGS)
        raise SettingError(f"a conditioning ({known})", repr(conditioning), "Choose one.")
    if layers < 0 or (conditioning == "bias" and not layers):
        expected = "at least one autoregressive layer" if conditioning == "bias" else "0 or more"
        raise SettingError(expected, layers, "Without layers choose the upsampling variant.")
