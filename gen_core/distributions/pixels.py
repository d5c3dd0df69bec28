"""Independent pixels, given all that the logits depend on: Bernoulli, Binomial and Categorical.

Pictures have the levels 0, 1/n, ..., 1. Samples are drawn by the inverse of each pixel's
distribution function: the smallest level whose cumulative probability exceeds the uniform. So the
same noise gives the same picture, and noise that is held shows what the logits alone change.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from gen_core.distributions.terms import like, per_example, positive
from gen_core.errors import DataError

__all__ = ["Bernoulli", "Binomial", "Categorical", "PixelDistribution"]


class PixelDistribution(Protocol):
    """What a decoder returns: a distribution over pictures with values in [0, 1]."""

    @property
    def mean(self) -> Tensor:
        """Expected picture, ``(B, C, H, W)``, in [0, 1]."""

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-probability of each picture in nats, ``(B,)``."""

    def sample(self, uniforms: Tensor) -> Tensor:
        """Pictures by the inverse CDF at U[0, 1) noise of the pictures' shape."""

    def tempered(self, temperature: float) -> "PixelDistribution":
        """The distribution made sharper (below 1) or flatter (above 1)."""


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

    def pmf(self) -> Tensor:
        """Probabilities of 0 and 1, ``(B, C, H, W, 2)``."""
        return torch.stack([(-self.logits).sigmoid(), self.logits.sigmoid()], dim=-1)

    def log_prob_map(self, x: Tensor) -> Tensor:
        """The term x log p + (1 - x) log(1 - p) of each pixel, like ``logits``.

        Args:
            x: Pictures in [0, 1], like ``logits``.
        """
        return _cross_entropy(like(x, self.logits), self.logits)

    def log_prob(self, x: Tensor) -> Tensor:
        """Sum over pixels of x log p + (1 - x) log(1 - p), ``(B,)``.

        Args:
            x: Pictures in [0, 1], like ``logits``.
        """
        return per_example(self.log_prob_map(x))

    def sample(self, uniforms: Tensor) -> Tensor:
        """Pictures of 0 and 1: a pixel is off where its uniform lies below P(0).

        Args:
            uniforms: U[0, 1) noise, like ``logits``.
        """
        off = (-self.logits).sigmoid()
        return (like(uniforms, self.logits) >= off).to(self.logits.dtype)

    def tempered(self, temperature: float) -> "Bernoulli":
        """Return the pixels with logits divided by the temperature.

        Args:
            temperature: Below 1 sharper, above 1 flatter.

        Raises:
            DataError: The temperature is not above 0.
        """
        return Bernoulli(self.logits / positive(temperature))


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

    def pmf(self) -> Tensor:
        """Probability of each level k / n, ``(B, C, H, W, n + 1)``."""
        k = torch.arange(self.n + 1, device=self.logits.device, dtype=self.logits.dtype)
        logits = self.logits.unsqueeze(-1)  # (B, C, H, W, 1)
        log_p = k * logsigmoid(logits) + (self.n - k) * logsigmoid(-logits)
        return (_log_ways(k, self.n) + log_p).exp()

    def log_prob_map(self, x: Tensor) -> Tensor:
        """Of each pixel, log C(n, k) + k log p + (n - k) log(1 - p) at k = n x, like ``logits``.

        Args:
            x: Pictures on the levels k / n, like ``logits``.
        """
        k = self.n * like(x, self.logits)
        return _log_ways(k, self.n) + self.n * _cross_entropy(x, self.logits)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-probability, ``(B,)``: the sum of :meth:`log_prob_map`.

        Args:
            x: Pictures on the levels k / n, like ``logits``.
        """
        return per_example(self.log_prob_map(x))

    def sample(self, uniforms: Tensor) -> Tensor:
        """Pictures on the levels k / n, by the inverse CDF of each pixel.

        Args:
            uniforms: U[0, 1) noise, like ``logits``.
        """
        return _inverse_cdf(self.pmf(), like(uniforms, self.logits))

    def tempered(self, temperature: float) -> "Binomial":
        """Return the pixels with the log-odds of a cell divided by the temperature.

        Args:
            temperature: Below 1 sharper; however high, cells stay independent, so the levels tend
                to Binomial(n, 1/2) and not to equal shares.

        Raises:
            DataError: The temperature is not above 0.
        """
        return Binomial(self.logits / positive(temperature), self.n)


@dataclass(frozen=True)
class Categorical:
    """Independent pixels on K levels k / (K - 1), each level with a logit of its own.

    The softmax over levels of van den Oord et al. 2016 (PixelRNN, arXiv 1601.06759), section 2.2.

    Attributes:
        logits: Unnormalised log-probabilities, ``(B, C, H, W, K)``.
    """

    logits: Tensor

    @classmethod
    def from_raw(cls, raw: Tensor, channels: int) -> "Categorical":
        """Read a net's output: map k C + c is the logit of level k in channel c.

        Channels alternate, as the colour groups of a masked net do.

        Args:
            raw: ``(B, K C, H, W)``.
            channels: Channels C of the picture.

        Raises:
            DataError: The maps do not divide into the channels.
        """
        if raw.shape[1] % channels:
            raise DataError(f"a multiple of {channels} maps", raw.shape[1], "Change the output.")
        return cls(raw.unflatten(1, (-1, channels)).permute(0, 2, 3, 4, 1))

    @property
    def mean(self) -> Tensor:
        """Expected picture, ``(B, C, H, W)``, in [0, 1]."""
        top = self.logits.shape[-1] - 1
        levels = torch.arange(top + 1, device=self.logits.device, dtype=self.logits.dtype)
        return self.pmf() @ (levels / top)

    def pmf(self) -> Tensor:
        """Probability of each level, ``(B, C, H, W, K)``."""
        return self.logits.softmax(-1)

    def log_prob_map(self, x: Tensor) -> Tensor:
        """Log-probability of each pixel in nats, ``(B, C, H, W)``.

        Args:
            x: Pictures on the levels k / (K - 1), ``(B, C, H, W)``.
        """
        top = self.logits.shape[-1] - 1
        level = (like(x, self.logits[..., 0]) * top).round().long().unsqueeze(-1)
        chosen = self.logits.gather(-1, level).squeeze(-1)
        return chosen - self.logits.logsumexp(-1)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-probability in nats, ``(B,)``.

        Args:
            x: Pictures on the levels k / (K - 1), ``(B, C, H, W)``.
        """
        return per_example(self.log_prob_map(x))

    def sample(self, uniforms: Tensor) -> Tensor:
        """Pictures on the levels k / (K - 1), by the inverse CDF of each pixel.

        Args:
            uniforms: U[0, 1) noise, ``(B, C, H, W)``.
        """
        return _inverse_cdf(self.pmf(), like(uniforms, self.logits[..., 0]))

    def tempered(self, temperature: float) -> "Categorical":
        """Return the pixels with logits divided by the temperature.

        Args:
            temperature: Below 1 sharper, above 1 flatter.

        Raises:
            DataError: The temperature is not above 0.
        """
        return Categorical(self.logits / positive(temperature))


def _inverse_cdf(pmf: Tensor, uniforms: Tensor) -> Tensor:
    # the last level's cumulative probability is one: left out, rounding cannot fall short of it
    below = pmf[..., :-1].cumsum(-1)
    level = (uniforms.unsqueeze(-1) >= below).sum(-1)
    return level.to(pmf.dtype) / (pmf.shape[-1] - 1)


def _cross_entropy(x: Tensor, logits: Tensor) -> Tensor:
    return x * logits - softplus(logits)


def _log_ways(k: Tensor, n: int) -> Tensor:
    return math.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)  # log C(n, k)
