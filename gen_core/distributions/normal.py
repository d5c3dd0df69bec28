"""Gaussians: posteriors, priors, and the latent maps of a hierarchy."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.distributions.posterior import Draw
from gen_core.distributions.terms import like, per_example, positive

__all__ = ["DiagonalNormal", "standard_normal"]

LOG_2PI = math.log(2 * math.pi)


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
        return self.mu + self.sigma * like(eps, self.mu)

    def sample(self, noise: Tensor) -> Tensor:
        """Return :meth:`rsample`, under the name that all distributions share.

        Args:
            noise: N(0, 1) noise, like ``mu``.
        """
        return self.rsample(noise)

    def drawn(self, eps: Tensor) -> Draw:
        """Return :meth:`rsample` with its log-density.

        Args:
            eps: N(0, 1) noise, like ``mu``.
        """
        z = self.rsample(eps)
        return Draw(z, self.log_prob(z))

    def path(self, eps: Tensor) -> tuple[Tensor, ...]:
        """Return the only step of a Gaussian: :meth:`rsample`.

        Args:
            eps: N(0, 1) noise, like ``mu``.
        """
        return (self.rsample(eps),)

    def repeated(self, n: int) -> "DiagonalNormal":
        """Return n copies in a row, over ``(n B, ...)``: row ``k B + b`` is example b.

        Args:
            n: How many samples of each example are wanted.
        """
        mu = self.mu.expand(n, *self.mu.shape).flatten(0, 1)
        return DiagonalNormal(mu, self.log_sigma.expand(n, *self.mu.shape).flatten(0, 1))

    def tempered(self, temperature: float) -> "DiagonalNormal":
        """Return the Gaussian with sigma times the temperature.

        Args:
            temperature: Below 1 sharper, above 1 flatter.

        Raises:
            DataError: The temperature is not above 0.
        """
        return DiagonalNormal(self.mu, self.log_sigma + math.log(positive(temperature)))

    def log_prob_map(self, z: Tensor) -> Tensor:
        """Log-density of each element in nats, like ``mu``.

        Args:
            z: Points, like ``mu``.
        """
        scaled = (like(z, self.mu) - self.mu) * (-self.log_sigma).exp()
        return -0.5 * (scaled.square() + LOG_2PI) - self.log_sigma

    def log_prob(self, z: Tensor) -> Tensor:
        """Log-density in nats, ``(B,)``.

        Args:
            z: Points, like ``mu``.
        """
        return per_example(self.log_prob_map(z))

    def kl_to_standard(self) -> Tensor:
        """KL(q || N(0, I)) in nats, ``(B,)``, in closed form.

        -1/2 sum_j (1 + log sigma_j^2 - mu_j^2 - sigma_j^2): Kingma & Welling 2014, appendix B.
        """
        return per_example(self.kl_to_standard_map())

    def kl_to_standard_map(self) -> Tensor:
        """The terms of :meth:`kl_to_standard`, one for each dimension, like ``mu``."""
        variance = (2 * self.log_sigma).exp()
        return 0.5 * (self.mu.square() + variance - 1) - self.log_sigma

    def kl_at(self, draw: Draw) -> Tensor:
        """Return :meth:`kl_to_standard_map`: the closed form needs no draw."""
        return self.kl_to_standard_map()

    def kl(self, other: "DiagonalNormal") -> Tensor:
        """KL(self || other) in nats, ``(B,)``, in closed form.

        Args:
            other: A Gaussian over the same space, such as a learned prior.
        """
        return per_example(self.kl_map(other))

    def kl_map(self, other: "DiagonalNormal") -> Tensor:
        """The terms of :meth:`kl`, one for each dimension, like ``mu``.

        Args:
            other: A Gaussian over the same space.
        """
        log_ratio = other.log_sigma - self.log_sigma
        distance = (self.mu - like(other.mu, self.mu)) * (-other.log_sigma).exp()
        return log_ratio + 0.5 * ((-2 * log_ratio).exp() + distance.square() - 1)


def standard_normal(like: Tensor) -> DiagonalNormal:
    """Return the prior N(0, I) over points shaped, typed and placed like ``like``."""
    zeros = torch.zeros_like(like)
    return DiagonalNormal(zeros, zeros)
