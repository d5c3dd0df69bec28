"""A VAE of one code whose posterior is as flexible as one likes: inverse autoregressive flow.

Paper: D. P. Kingma, T. Salimans, R. Jozefowicz, X. Chen, I. Sutskever, M. Welling, "Improved
Variational Inference with Inverse Autoregressive Flow", NIPS 2016, arXiv 1606.04934; public code
openai/iaf. The encoder says mu_0, sigma_0 and a context h; a chain of maps that depend on h bends
z_0 = mu_0 + sigma_0 eps into z (equations 9-14, algorithm 1). The prior is N(0, I).

Posteriors: ``diagonal``, no map; ``linear``, z = L(x) z_0, any Gaussian (appendix A); ``iaf``,
steps of MADE with the order reversed after each (section 4); ``planar`` and ``radial``, the maps
of Rezende & Mohamed 2015 (arXiv 1505.05770), amortised. Networks: ``resnet`` (appendix B, MNIST),
and ``mlp`` for the toy of figure 1, of which the paper tells only its prior and its four points.

Deviations, and where the paper disagrees with itself or its code:
  1. Section 6.1 reverses the order "between every other transformation", section 4 after each
     step; after each here.
  2. A "2-layer MADE" is read as two layers of weights around one hidden layer of ``flow_width``
     units; ``flow_layers`` gives more. Its weights are not normalised.
  3. The gate's bias is +1.5, between the paper's +1 and +2. ``form="code"`` is the public code's
     (z - m / 10) exp(-s / 10), which has no gate. That code has no MADE: App. B is rebuilt here.
  4. The size of h is not stated: ``context_dim``, one linear map of the 450 features.
  5. Weights that make mu_0, sigma_0 and a step's outputs begin at a tenth of the house's law: a
     posterior begins near the prior, and a step near its gate's bias.
  6. Grey levels k / n: Binomial(n, p) on k, which is Bernoulli for bits.
  7. See :mod:`gen_core.nn.resnet_coders` for the networks.

>>> import torch
>>> vae = IafVae((1, 28, 28), latent_dim=4, width=4, features=20, flow_width=8)
>>> vae.encode(torch.zeros(5, 1, 28, 28)).drawn(torch.zeros(5, 4)).log_q.shape
torch.Size([5])
"""

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from gen_core.bijections.amortised import ContextPlanar, ContextRadial
from gen_core.bijections.autoregressive import IafStep, LinearIaf, Made, iaf_chain
from gen_core.bijections.base import Chain
from gen_core.bijections.posterior import FlowPosterior, LinearPosterior
from gen_core.distributions import (
    Bernoulli,
    Binomial,
    DiagonalNormal,
    PixelDistribution,
    Posterior,
)
from gen_core.errors import one_of
from gen_core.nn.resnet_coders import ResNetDecoder, ResNetEncoder
from gen_core.objectives.importance import LogWeight, single_level
from gen_core.training.precision import full

__all__ = ["NETWORKS", "POSTERIORS", "IafVae"]

POSTERIORS = ("diagonal", "linear", "iaf", "planar", "radial")
NETWORKS = ("resnet", "mlp")


class IafVae(nn.Module):
    """Encoder q(z|x) with a chain of maps, and decoder p(x|z).

    Args:
        image_shape: Channels, height and width.
        top_level: Largest native grey level n; 1 for bits.
        latent_dim: Dimensions of z.
        network: ``"resnet"`` or ``"mlp"``.
        width: Maps at the two largest scales, or units of a hidden layer.
        depth: Hidden layers of an ``mlp``.
        features: Units of a ResNet's fully connected layer.
        posterior: One of ``POSTERIORS``.
        steps: Maps T of the chain.
        flow_width: Units of a hidden layer of each MADE.
        flow_layers: Hidden layers of each MADE.
        form: ``"gated"`` or ``"code"``, of a step.
        gate_bias: What is added to s before the gate.
        context_dim: Size of h.

    Attributes:
        encoder: Network x -> features.
        head: Features -> (mu_0, log sigma_0).
        context: Features -> h; None for a diagonal posterior.
        flow: The maps; empty for a diagonal posterior.
        decoder: Network z -> logits.

    Raises:
        SettingError: Network or posterior is unknown.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (1, 28, 28),
        top_level: int = 1,
        latent_dim: int = 32,
        network: str = "resnet",
        width: int = 16,
        depth: int = 2,
        features: int = 450,
        posterior: str = "iaf",
        steps: int = 2,
        flow_width: int = 320,
        flow_layers: int = 1,
        form: str = "gated",
        gate_bias: float = 1.5,
        context_dim: int = 64,
    ) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.top_level = top_level
        self.latent_dim = latent_dim
        self.posterior = one_of(posterior, POSTERIORS)
        pixels = math.prod(image_shape)
        if one_of(network, NETWORKS) == "mlp":
            features = width
            self.encoder: nn.Module = nn.Sequential(
                nn.Flatten(), *_elu_layers(pixels, width, depth)
            )
            self.decoder: nn.Module = nn.Sequential(
                *_elu_layers(latent_dim, width, depth),
                nn.Linear(width, pixels),
                nn.Unflatten(1, image_shape),
            )
        else:
            self.encoder = ResNetEncoder(image_shape, features, width)
            self.decoder = ResNetDecoder(latent_dim, image_shape, features, width)
        self.head = nn.Linear(features, 2 * latent_dim)
        bent = posterior != "diagonal"
        self.context = nn.Linear(features, context_dim) if bent else None
        if posterior == "iaf":
            size = (latent_dim, steps, flow_width, flow_layers)
            self.flow = iaf_chain(*size, context_dim=context_dim, form=form, bias=gate_bias)
        elif posterior == "linear":
            self.flow = Chain([LinearIaf(latent_dim, context_dim)])
        else:
            kind = ContextPlanar if posterior == "planar" else ContextRadial
            self.flow = Chain([kind(latent_dim, context_dim) for _ in range(steps if bent else 0)])

    def encode(self, x: Tensor) -> Posterior:
        """Return the posterior q(z|x), over ``(B, Z)``.

        Args:
            x: Pictures ``(B, C, H, W)`` in [0, 1].
        """
        features = full(self.encoder(x))
        mu, log_sigma = full(self.head(features)).chunk(2, dim=1)  # (B, 2 Z)
        base = DiagonalNormal(mu, log_sigma)
        if self.context is None:
            return base
        kind = LinearPosterior if self.posterior == "linear" else FlowPosterior
        return kind(base, self.flow, full(self.context(features)))

    def decode(self, z: Tensor) -> PixelDistribution:
        """Return p(x|z), over ``(B, C, H, W)``.

        Args:
            z: Latents ``(B, Z)``.
        """
        logits = full(self.decoder(z))
        return Binomial(logits, self.top_level) if self.top_level > 1 else Bernoulli(logits)

    def latent_noise_shapes(self, batch: int) -> tuple[tuple[int, ...], ...]:
        """Return the shape of the only level's noise."""
        return ((batch, self.latent_dim),)

    def log_weight(self, x: Tensor, eps: Sequence[Tensor]) -> LogWeight:
        """Return importance weights; see :class:`gen_core.objectives.importance.LatentModel`."""
        return single_level(x, self.encode(x), eps, lambda x, z: self.decode(z).log_prob(x))

    @torch.no_grad()
    def calm_(self, share: float = 0.1) -> "IafVae":
        """Scale the weights of the head and of the maps' numbers: both begin by saying little.

        The posterior then begins close to the prior, and the chain changes it little.

        Args:
            share: What is left of them.
        """
        self.head.weight.mul_(share)
        for index, part in enumerate(self.flow.maps):
            if isinstance(part, ContextPlanar):
                part.calm_(share, index % self.latent_dim)
            elif isinstance(part, ContextRadial):
                part.calm_(share)
            elif isinstance(part, IafStep):
                for layer in cast(Made, part.network).outputs():
                    layer.weight.mul_(share)
            elif isinstance(part, LinearIaf):
                for entries in part.parameters():
                    entries.mul_(share)
        return self


def _elu_layers(in_dim: int, width: int, depth: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for fan_in in [in_dim, *[width] * (depth - 1)]:
        layers += [nn.Linear(fan_in, width), nn.ELU()]
    return layers
