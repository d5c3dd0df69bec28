"""The evidence lower bound, its terms by name, and the tighter importance-weighted bound.

Equations: Kingma & Welling 2014 (arXiv 1312.6114) eq. 3, 7 and appendix B for the bound with one
sample and the KL in closed form; Higgins et al. 2017 (ICLR, beta-VAE) for the weight beta; Burda,
Grosse & Salakhutdinov 2016 (arXiv 1509.00519) section 3 for the importance-weighted bound;
Gulrajani et al. 2017 (PixelVAE, arXiv 1611.05013) section 3.1 for several levels; Kingma et al.
2016 (IAF, arXiv 1606.04934) eq. 15 for free bits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.distributions import DiagonalNormal, PixelDistribution

__all__ = [
    "Elbo",
    "elbo",
    "free_bits",
    "hierarchical",
    "importance_weighted",
    "log_weight",
    "ramps",
    "warmup",
]


@dataclass(frozen=True)
class Elbo:
    """The terms of the bound for each example, in nats.

    Attributes:
        log_p: log p(x|z) at one z from the posterior, ``(B,)``; minus the reconstruction error.
        kls: KL of each level, ``(B,)``, the level nearest to the picture first.
        weights: Weight of each KL in the loss; in the bound itself it is always 1.
        charges: What the loss takes in place of each KL, ``(B,)`` or 0-d; empty for the KLs.
    """

    log_p: Tensor
    kls: tuple[Tensor, ...]
    weights: tuple[float, ...]
    charges: tuple[Tensor, ...] = ()

    @property
    def kl(self) -> Tensor:
        """Sum of the levels' KLs, ``(B,)``."""
        return torch.stack(self.kls).sum(0)

    @property
    def bound(self) -> Tensor:
        """The evidence lower bound log_p - kl, ``(B,)``."""
        return self.log_p - self.kl

    @property
    def loss(self) -> Tensor:
        """What training minimises, sum_l weight_l * charge_l - log_p, ``(B,)``."""
        loss = -self.log_p
        for weight, charge in zip(self.weights, self.charges or self.kls, strict=True):
            loss = loss + weight * charge
        return loss

    def means(self) -> dict[str, Tensor]:
        """Return ``elbo``, ``reconstruction`` and ``kl``: batch means, 0-d, detached."""
        return {
            "elbo": self.bound.mean().detach(),
            "reconstruction": -self.log_p.mean().detach(),
            "kl": self.kl.mean().detach(),
        }


def elbo(
    x: Tensor,
    posterior: DiagonalNormal,
    likelihood: PixelDistribution,
    beta: float = 1.0,
    minimum: float = 0.0,
) -> Elbo:
    """Return the bound's terms for a standard normal prior, from one sample of the posterior.

    Args:
        x: Data, ``(B, ...)``.
        posterior: q(z|x), over ``(B, Z)``.
        likelihood: p(x|z) at z = ``posterior.rsample(eps)``.
        beta: Weight of the KL in the loss.
        minimum: Free bits, in nats; see :func:`free_bits`. At 0 the loss takes the plain KL.

    Example:
        >>> from gen_core.distributions import Bernoulli
        >>> posterior = DiagonalNormal(torch.ones(1, 2), torch.zeros(1, 2))
        >>> terms = elbo(torch.ones(1, 4), posterior, Bernoulli(torch.zeros(1, 4)))
        >>> round(terms.log_p.item(), 4), terms.kl.item(), round(terms.bound.item(), 4)
        (-2.7726, 1.0, -3.7726)
    """
    kl_map = posterior.kl_to_standard_map()
    return hierarchical(likelihood.log_prob(x), [kl_map], [beta], minimum)


def hierarchical(
    log_p: Tensor,
    kl_maps: Sequence[Tensor],
    weights: Sequence[float],
    minimum: float = 0.0,
    per_dimension: bool = False,
) -> Elbo:
    """Return the terms of E_q log p(x|z_1) - sum_i KL(q(z_i|x) || p(z_i|z_{i+1})).

    Gulrajani et al. 2017, section 3.1, and so the level nearest to the picture comes first.

    Args:
        log_p: log p(x|z_1) at one sample of every level, ``(B,)``.
        kl_maps: KL of each level, dimension by dimension, ``(B, ...)``.
        weights: Weight of each KL in the loss: beta, or what :func:`ramps` returns.
        minimum: Free bits, in nats; at 0 the loss takes the plain KLs.
        per_dimension: Free bits for each latent dimension, in place of each feature map.
    """
    kls = tuple(kl_map.flatten(1).sum(1) for kl_map in kl_maps)
    charges: tuple[Tensor, ...] = ()
    if minimum > 0:
        charges = tuple(free_bits(kl_map, minimum, per_dimension) for kl_map in kl_maps)
    return Elbo(log_p, kls, tuple(weights), charges)


def free_bits(kl_map: Tensor, minimum: float, per_dimension: bool = False) -> Tensor:
    """Return sum_j max(minimum, mean over the batch of KL_j), 0-d, in nats.

    Kingma et al. 2016, eq. 15: below the minimum a group j has no gradient, so that it is not
    switched off before the decoder has learned to use it. As in their code the mean over the
    batch is taken first and a group is a feature map; the bound that one reports has the plain KL.

    Args:
        kl_map: KL of each latent dimension, ``(B, Z)`` or ``(B, C, H, W)``.
        minimum: Nats that cost nothing more, lambda; 0.25 in their code, 0.1 for their best model.
        per_dimension: Every position of a map is a group of its own (variant).

    Example:
        >>> kl = torch.tensor([[0.0, 2.0], [0.4, 4.0]])
        >>> free_bits(kl, 0.5)  # max(0.5, 0.2) + max(0.5, 3)
        tensor(3.5000)
    """
    whole_maps = kl_map.dim() > 2 and not per_dimension
    groups = kl_map.flatten(2).sum(2) if whole_maps else kl_map  # (B, C) or (B, ...)
    return groups.mean(0).clamp(min=minimum).sum()


def warmup(t: int, steps: int) -> float:
    """Return the weight min(1, t / steps) of a KL that is switched on slowly.

    The alpha of the public PixelVAE code on MNIST, with ``steps`` 10 000.

    Args:
        t: Updates done.
        steps: Length of the ramp; 0 for none.

    Example:
        >>> warmup(0, 4), warmup(3, 4), warmup(9, 4), warmup(0, 0)
        (0.0, 0.75, 1.0, 1.0)
    """
    return min(1.0, t / steps) if steps else 1.0


def ramps(t: int, steps: Sequence[int]) -> tuple[float, ...]:
    """Return the KL weights of several levels, each ramp times the one below it.

    alpha_1 = min(1, (t + 1) / A_1), alpha_2 = min(1, (t + 1) / A_2) alpha_1: the public PixelVAE
    code; its A are 2000 and 10 000 for small 64-pixel pictures. The paper does not mention them.

    Args:
        t: Updates done.
        steps: Lengths A of the ramps, the level nearest to the picture first; 0 for none.

    Example:
        >>> ramps(1, (4, 8))
        (0.5, 0.125)
    """
    alphas: list[float] = []
    for length in steps:
        alphas.append(warmup(t + 1, length) * (alphas[-1] if alphas else 1.0))
    return tuple(alphas)


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
