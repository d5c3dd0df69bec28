"""The distributions that encoders and decoders return: frozen, per example, in nats.

Noise is always handed in, never drawn here: a training step draws it from its index, a page keeps
it to vary one level of a model while the others hold still. Every ``log_prob`` and KL sums over
all dimensions of an example and has shape ``(B,)``; ``..._map`` gives the terms of that sum.

>>> import torch
>>> posterior = DiagonalNormal(mu=torch.zeros(5, 2), log_sigma=torch.zeros(5, 2))
>>> posterior.kl_to_standard()
tensor([0., 0., 0., 0., 0.])
"""

from gen_core.distributions.logistic_mixture import LogisticMixture
from gen_core.distributions.normal import DiagonalNormal, standard_normal
from gen_core.distributions.pixels import Bernoulli, Binomial, Categorical, PixelDistribution
from gen_core.distributions.posterior import Draw, Posterior

__all__ = [
    "Bernoulli",
    "Binomial",
    "Categorical",
    "DiagonalNormal",
    "Draw",
    "LogisticMixture",
    "PixelDistribution",
    "Posterior",
    "standard_normal",
]
