"""The evidence lower bound, its terms by name, and the tighter importance-weighted bound.

Equations: Kingma & Welling 2014 (arXiv 1312.6114) eq. 3, 7 and appendix B for the bound with one
sample and the KL in closed form; Higgins et al. 2017 (ICLR, beta-VAE) for the weight beta; Burda,
Grosse & Salakhutdinov 2016 (arXiv 1509.00519) section 3 for the importance-weighted bound.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.distributions import DiagonalNormal, PixelDistribution

__all__ = ["Elbo", "elbo", "importance_weighted", "log_weight"]


@dataclass(frozen=True)
class Elbo:
    """The terms of the bound for each example, in nats.

    Attributes:
        log_p: log p(x|z) at one z from the posterior, ``(B,)``; minus the reconstruction error.
        kl: KL(q(z|x) || p(z)), ``(B,)``.
        beta: Weight of the KL in the loss; the bound itself always has weight 1.
    """

    log_p: Tensor
    kl: Tensor
    beta: float = 1.0

    @property
    def bound(self) -> Tensor:
        """The evidence lower bound log_p - kl, ``(B,)``."""
        return self.log_p - self.kl

    @property
    def loss(self) -> Tensor:
        """What training minimises, beta * kl - log_p, ``(B,)``."""
        return self.beta * self.kl - self.log_p


def elbo(
    x: Tensor, posterior: DiagonalNormal, likelihood: PixelDistribution, beta: float = 1.0
) -> Elbo:
    """Return the bound's terms for a standard normal prior, from one sample of the posterior.

    Args:
        x: Data, ``(B, ...)``.
        posterior: q(z|x), over ``(B, Z)``.
        likelihood: p(x|z) at z = ``posterior.rsample(eps)``.
        beta: Weight of the KL in the loss.

    Example:
        >>> from gen_core.distributions import Bernoulli
        >>> posterior = DiagonalNormal(torch.ones(1, 2), torch.zeros(1, 2))
        >>> terms = elbo(torch.ones(1, 4), posterior, Bernoulli(torch.zeros(1, 4)))
        >>> round(terms.log_p.item(), 4), terms.kl.item(), round(terms.bound.item(), 4)
        (-2.7726, 1.0, -3.7726)
    """
    return Elbo(likelihood.log_prob(x), posterior.kl_to_standard(), beta)


def log_weight(log_p: Tensor, log_prior: Tensor, log_q: Tensor) -> Tensor:
    """Log of one importance weight p(x|z) p(z) / q(z|x); all of one shape.

    Args:
        log_p: log p(x|z).
        log_prior: log p(z).
        log_q: log q(z|x) at the same z.
    """
    return log_p + log_prior - log_q


def importance_weighted(log_weights: Tensor) -> Tensor:
    """Return log(1/K sum_k w_k), a lower bound of log p(x) in expectation, ``(B,)``.

    K = 1 is the ELBO; the bound tightens with K and reaches log p(x) in the limit.

    Args:
        log_weights: Logs of K importance weights per example, ``(K, B)``.

    Example:
        >>> importance_weighted(torch.tensor([[0.0], [math.log(3.0)]])).exp()
        tensor([2.])
    """
    return torch.logsumexp(log_weights, dim=0) - math.log(log_weights.shape[0])
