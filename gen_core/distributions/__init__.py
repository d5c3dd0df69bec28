"""The distributions that encoders and decoders return: frozen, per example, in nats.

Noise is always handed in, never drawn here: a training step draws it from its index, a page keeps
it to vary one level of a model while the others hold still. Every ``log_prob`` and KL sums over
all dimensions of an example and has shape ``(B,)``.

>>> posterior = DiagonalNormal(mu=torch.zeros(5, 2), log_sigma=torch.zeros(5, 2))
>>> posterior.kl_to_standard()
tensor([0., 0., 0., 0., 0.])
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gen_core.errors import DataError

__all__ = ["Bernoulli", "Binomial", "DiagonalNormal", "PixelDistribution", "standard_normal"]

LOG_2PI = math.log(2 * math.pi)


class PixelDistribution(Protocol):
    """What a decoder returns: a distribution over pictures with values in [0, 1]."""

    @property
    def mean(self) -> Tensor:
        """Expected picture, ``(B, C, H, W)``, in [0, 1]."""

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-probability of each picture in nats, ``(B,)``."""

    def sample(self, uniforms: Tensor) -> Tensor:
        """Pictures by the inverse CDF at U[0, 1) noise of the pictures' shape."""


@dataclass(frozen=True)
class DiagonalNormal:
    """N(mu, diag(sigma^2)), one Gaussian per example.

    Attributes:
        mu: Means, ``(B, ...)``.
        log_sigma: Logs of the standard deviations, like ``mu``.
    """

    mu: Tensor
    log_sigma: Tensor

    @property
    def mean(self) -> Tensor:
        """Expected value, ``(B, ...)``."""
        return self.mu

    @property
    def sigma(self) -> Tensor:
        """Standard deviations, ``(B, ...)``."""
        return self.log_sigma.exp()

    def rsample(self, eps: Tensor) -> Tensor:
        """Reparameterised sample z = mu + sigma * eps (Kingma & Welling 2014, section 2.4).

        Args:
            eps: N(0, 1) noise, like ``mu``.
        """
        return self.mu + self.sigma * _like(eps, self.mu)

    def log_prob(self, z: Tensor) -> Tensor:
        """Log-density in nats, ``(B,)``.

        Args:
            z: Points, like ``mu``.
        """
        scaled = (_like(z, self.mu) - self.mu) * (-self.log_sigma).exp()
        return _per_example(-0.5 * (scaled.square() + LOG_2PI) - self.log_sigma)

    def kl_to_standard(self) -> Tensor:
        """KL(q || N(0, I)) in nats, ``(B,)``, in closed form.

        -1/2 sum_j (1 + log sigma_j^2 - mu_j^2 - sigma_j^2): Kingma & Welling 2014, appendix B.
        """
        variance = (2 * self.log_sigma).exp()
        return _per_example(0.5 * (self.mu.square() + variance - 1) - self.log_sigma)

    def kl(self, other: "DiagonalNormal") -> Tensor:
        """KL(self || other) in nats, ``(B,)``, in closed form.

        Args:
            other: A Gaussian over the same space, such as a learned prior.
        """
        log_ratio = other.log_sigma - self.log_sigma
        distance = (self.mu - _like(other.mu, self.mu)) * (-other.log_sigma).exp()
        return _per_example(log_ratio + 0.5 * ((-2 * log_ratio).exp() + distance.square() - 1))


@dataclass(frozen=True)
class Bernoulli:
    """Independent pixels, each on with probability sigmoid(logits).

    On pixels that are 0 or 1 ``log_prob`` is a log-probability. On grey levels x in [0, 1] it is
    the expectation of that log-probability over pictures binarised with probability x: a fine
    thing to maximise, but no likelihood of the grey picture itself.

    Attributes:
        logits: Log-odds, ``(B, C, H, W)``.
    """

    logits: Tensor

    @property
    def mean(self) -> Tensor:
        """Probability of each pixel, in [0, 1]."""
        return self.logits.sigmoid()

    def log_prob(self, x: Tensor) -> Tensor:
        """Sum over pixels of x log p + (1 - x) log(1 - p), ``(B,)``.

        Args:
            x: Pictures in [0, 1], like ``logits``.
        """
        return _per_example(_cross_entropy(_like(x, self.logits), self.logits))

    def sample(self, uniforms: Tensor) -> Tensor:
        """Pictures of 0 and 1: a pixel is on where its uniform lies below its probability.

        Args:
            uniforms: U[0, 1) noise, like ``logits``.
        """
        return (_like(uniforms, self.logits) < self.mean).to(self.logits.dtype)


@dataclass(frozen=True)
class Binomial:
    """Independent pixels on the levels 0, 1/n, ..., 1: n x is Binomial(n, sigmoid(logits)).

    Exact for a grey level that counts how many of n binary cells are inked, as the levels 0..16
    of the 8 x 8 digits do; n = 1 is :class:`Bernoulli`.

    Attributes:
        logits: Log-odds of one cell, ``(B, C, H, W)``.
        n: Cells of a pixel; there are n + 1 levels.
    """

    logits: Tensor
    n: int

    @property
    def mean(self) -> Tensor:
        """Expected share of inked cells, in [0, 1]."""
        return self.logits.sigmoid()

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-probability, ``(B,)``: log C(n, k) + k log p + (n - k) log(1 - p) at k = n x.

        Args:
            x: Pictures on the levels k / n, like ``logits``.
        """
        k = self.n * _like(x, self.logits)
        ways = math.lgamma(self.n + 1) - torch.lgamma(k + 1) - torch.lgamma(self.n - k + 1)
        return _per_example(ways + self.n * _cross_entropy(x, self.logits))

    def sample(self, uniforms: Tensor) -> Tensor:
        """Pictures on the levels k / n, by the inverse CDF of each pixel.

        Args:
            uniforms: U[0, 1) noise, like ``logits``.
        """
        level = torch.arange(self.n, device=self.logits.device, dtype=self.logits.dtype)
        ways = math.lgamma(self.n + 1) - torch.lgamma(level + 1) - torch.lgamma(self.n - level + 1)
        logits = self.logits.unsqueeze(-1)  # (B, C, H, W, 1)
        log_p = ways + level * logits - self.n * softplus(logits)
        below = log_p.exp().cumsum(-1)  # (B, C, H, W, n): P(k <= level)
        reached = _like(uniforms, self.logits).unsqueeze(-1) >= below
        return reached.sum(-1).to(self.logits.dtype) / self.n


def standard_normal(like: Tensor) -> DiagonalNormal:
    """Return the prior N(0, I) over points shaped, typed and placed like ``like``."""
    zeros = torch.zeros_like(like)
    return DiagonalNormal(zeros, zeros)


def _cross_entropy(x: Tensor, logits: Tensor) -> Tensor:
    return x * logits - softplus(logits)


def _per_example(terms: Tensor) -> Tensor:
    return terms.flatten(1).sum(1)  # (B, ...) -> (B,)


def _like(x: Tensor, parameter: Tensor) -> Tensor:
    # broadcasting here would turn a wrong shape into a plausible number
    if x.shape != parameter.shape:
        raise DataError(
            f"values of shape {tuple(parameter.shape)}", tuple(x.shape), "Reshape or repeat them."
        )
    return x
