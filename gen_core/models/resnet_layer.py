"""One layer of a ResNet VAE: a residual unit upwards, one downwards, and latents between them.

D. P. Kingma et al., "Improved Variational Inference with Inverse Autoregressive Flow", NIPS 2016,
arXiv 1606.04934, appendix C.1 to C.3 and figure 6; public code: openai/iaf, ``tf_train.py`` for
bidirectional inference, ``models.py`` for bottom-up. With a the way up, h the way down and all
residual branches scaled by a tenth:

    bidirectional  q(z | a, h): moments of both ways added, contexts too; z is drawn going down,
    bottom-up      q(z | a): z is drawn going up, and enters the branch that goes on upwards,
    both           p(z | h) going down, where z enters the branch that goes on downwards.

See :mod:`gen_core.models.resnet_vae` for the whole and its deviations.
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, interpolate

from gen_core.bijections.autoregressive import IafStep
from gen_core.bijections.conv_made import ConvMade
from gen_core.distributions import DiagonalNormal
from gen_core.nn.normed import NormedConv2d
from gen_core.training.precision import full

__all__ = ["Found", "Level", "StochasticLayer"]

SHARE = 0.1
"""What a residual branch is multiplied by before it joins the stream."""


@dataclass(frozen=True)
class Found:
    """What a layer's way up found, for its way down.

    Attributes:
        moments: Mean and log sigma of the posterior's Gaussian so far, ``(B, 2 Z, H, W)``.
        context: Maps that its flow sees, ``(B, width, H, W)``; None where it sees none.
        z: The latents, where they are drawn on the way up, ``(B, Z, H, W)``.
        log_q: log q of each of them, like z.
    """

    moments: Tensor
    context: Tensor | None
    z: Tensor | None = None
    log_q: Tensor | None = None


@dataclass(frozen=True)
class Level:
    """A layer's latents, drawn from their posterior.

    Attributes:
        z: ``(B, Z, H, W)``.
        log_q: log q(z|x) of each latent given those drawn before it, like z.
        log_p: log p(z) of each given the layers above, like z.
        kl: Of each, a term whose mean over draws is that of log q - log p, like z: the KL in
            closed form where there is one, else that difference itself.
        prior: p(z) given the layers above.
    """

    z: Tensor
    log_q: Tensor
    log_p: Tensor
    kl: Tensor
    prior: DiagonalNormal

    @property
    def noise(self) -> Tensor:
        """The N(0, 1) noise of which the prior makes these very latents, like z."""
        return (self.z - self.prior.mu) / self.prior.sigma

    @property
    def log_ratio(self) -> Tensor:
        """Sum of log q - log p at the draw, ``(B,)``."""
        return (self.log_q - self.log_p).flatten(1).sum(1)


class StochasticLayer(nn.Module):
    """Both ways through one layer.

    Args:
        width: Maps of the streams.
        z_channels: Channels Z of the latents.
        bottom_up: Whether latents are drawn going up.
        flow_layers: Hidden layers of the posterior's flow; None for a diagonal posterior.
        halves: Whether the way up halves the sides.
        highest: Whether there is no layer above, and the way up ends here.
    """

    def __init__(
        self,
        width: int,
        z_channels: int,
        *,
        bottom_up: bool = False,
        flow_layers: int | None = None,
        halves: bool = False,
        highest: bool = False,
    ) -> None:
        super().__init__()
        context = width if flow_layers else 0
        asked = 2 * z_channels + context  # of the posterior
        self.z_channels, self.width, self.bottom_up = z_channels, width, bottom_up
        self.halves = halves
        self.up_in = NormedConv2d(width, asked + (0 if highest else width), 2 if halves else 1)
        self.up_out: NormedConv2d | None = None
        if not highest:
            self.up_out = NormedConv2d(width + (z_channels if bottom_up else 0), width)
        self.down_in = NormedConv2d(width, 2 * z_channels + (0 if bottom_up else asked) + width)
        self.down_out = NormedConv2d(width + z_channels, width, up=halves)
        self.flow: IafStep | None = None
        if flow_layers is not None:
            self.flow = IafStep(ConvMade(z_channels, width, flow_layers), "code")

    def up(self, a: Tensor, eps: Tensor) -> tuple[Tensor, Found]:
        """Go up.

        Args:
            a: The stream, ``(B, width, H, W)``.
            eps: N(0, 1) noise of the latents, ``(B, Z, H', W')``; read by bottom-up inference.

        Returns:
            The stream above, ``(B, width, H', W')``, and what the way down needs. Where no
            layer is above, the stream is as it came.
        """
        asked, h = self._cut(self.up_in(elu(a)), own=self.up_out is not None)
        found = Found(*self._posterior(asked))
        if self.bottom_up:
            z, log_q = self._drawn(found.moments, found.context, eps)
            found = Found(found.moments, found.context, z, log_q)
            h = torch.cat((z, h), 1)
        if self.up_out is None:
            return a, found
        kept = a[:, :, ::2, ::2] if self.halves else a
        return kept + SHARE * full(self.up_out(elu(h))), found

    def down(self, h: Tensor, found: Found, eps: Tensor) -> tuple[Tensor, Level]:
        """Go down through the posterior's latents.

        Args:
            h: The stream, ``(B, width, H', W')``.
            found: From the way up.
            eps: The same noise; read by bidirectional inference.

        Returns:
            The stream below, ``(B, width, H, W)``, and the latents.
        """
        asked, deterministic = self._cut(self.down_in(elu(h)))
        prior, own = _gaussian(asked[:, : 2 * self.z_channels]), asked[:, 2 * self.z_channels :]
        z, log_q, moments = found.z, found.log_q, found.moments
        if z is None or log_q is None:
            more, context = self._posterior(own)
            moments = moments + more
            if context is not None and found.context is not None:
                context = context + found.context
            z, log_q = self._drawn(moments, context, eps)
        log_p = prior.log_prob_map(z)
        closed = self.flow is None and not self.bottom_up
        kl = _gaussian(moments).kl_map(prior) if closed else log_q - log_p
        return self._merged(h, z, deterministic), Level(z, log_q, log_p, kl, prior)

    def generate(self, h: Tensor, eps: Tensor) -> Tensor:
        """Go down through the prior's latents; return the stream below.

        Args:
            h: The stream, ``(B, width, H', W')``.
            eps: N(0, 1) noise, ``(B, Z, H', W')``.
        """
        asked, deterministic = self._cut(self.down_in(elu(h)))
        prior = _gaussian(asked[:, : 2 * self.z_channels])
        return self._merged(h, prior.rsample(eps), deterministic)

    @torch.no_grad()
    def calm_(self, share: float) -> None:
        """Scale what makes means and log sigmas, so that all Gaussians begin near N(0, 1)."""
        for made, parts in ((self.up_in, 1), (self.down_in, 1 if self.bottom_up else 2)):
            cast(nn.Parameter, made.gain)[: 2 * self.z_channels * parts].mul_(share)

    def _cut(self, made: Tensor, own: bool = True) -> tuple[Tensor, Tensor]:
        """Part what a convolution made: what Gaussians and flows ask for, and the unit's own."""
        made = full(made)
        rest = made.shape[1] - (self.width if own else 0)
        return made[:, :rest], made[:, rest:]

    def _posterior(self, asked: Tensor) -> tuple[Tensor, Tensor | None]:
        """Part moments, and the flow's context where it has one."""
        moments, context = asked[:, : 2 * self.z_channels], asked[:, 2 * self.z_channels :]
        return moments, context if context.shape[1] else None

    def _drawn(
        self, moments: Tensor, context: Tensor | None, eps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return latents and their log q, element by element."""
        base = _gaussian(moments)
        z = base.rsample(eps)
        log_q = base.log_prob_map(z)
        if self.flow is None:
            return z, log_q
        z, log_sigma = self.flow.moved(z, context)
        return full(z), log_q - full(log_sigma)

    def _merged(self, h: Tensor, z: Tensor, deterministic: Tensor) -> Tensor:
        branch = full(self.down_out(elu(torch.cat((z, deterministic), 1))))
        return (interpolate(h, scale_factor=2) if self.halves else h) + SHARE * branch


def _gaussian(moments: Tensor) -> DiagonalNormal:
    mu, log_sigma = moments.chunk(2, dim=1)
    return DiagonalNormal(mu, log_sigma)
