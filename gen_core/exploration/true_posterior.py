"""The true posterior of a linear-Gaussian VAE, beside the one that an encoder has found.

Kingma et al. 2016, IAF, arXiv 1606.04934, appendix A: linear IAF is a Gaussian of any covariance,
so that it can be the true one; see :mod:`gen_core.models.linear_gaussian`.
"""

import math
from typing import cast

import numpy as np
import torch
from torch import Tensor

from gen_core.data.image_source import ImageSource
from gen_core.exploration.arrays import as_array
from gen_core.exploration.base import Arrays, Settings, View, probe
from gen_core.models.linear_gaussian import LinearGaussianVae
from gen_core.recipes.settings import Setting

__all__ = ["true_posterior"]

RADIUS = 2.0
"""Standard deviations that an outline stands at: it holds 86 % of a Gaussian of the plane."""
ORDER = 16


def _knows(recipe: object) -> bool:
    return getattr(recipe, "network", "") == "linear"


@probe(
    "true_posterior",
    settings={
        "nodes": Setting(
            65, "observed: an outline looks smooth", low=4, high=513, hint="Nodes of an outline."
        )
    },
    every=0.1,
    suits=_knows,
)
def true_posterior(view: View, settings: Settings, size: int) -> Arrays:
    """Outline the true posterior of each data point and the one found, and measure the gap.

    The gap log p(x) - ELBO = KL(q(z|x) || p(z|x)) is a mean over the noise of q, taken by
    Gauss-Hermite quadrature: exact where q is a Gaussian, whose integrand is a quadratic.

    Args:
        view: A lane of the IAF recipe with a linear network.
        settings: ``nodes`` of each outline, the last of them the first again.
        size: Not used.

    Returns:
        ``truth`` ``(pictures, nodes, 2)``, where the true posterior has two standard deviations;
        ``own`` of the same shape, where the posterior found carries noise of length 2, which for
        a Gaussian is the same; ``gap`` ``(pictures,)`` and ``log_p`` ``(pictures,)``, in nats.
    """
    vae, data = (
        cast(LinearGaussianVae, view.models["iaf"]),
        cast(ImageSource, view.recipe.dataset()),
    )
    x = data.pictures("test").to(view.device)
    angle = torch.linspace(0, 2 * math.pi, settings["nodes"], device=view.device)
    circle = RADIUS * torch.stack((angle.cos(), angle.sin()), 1)  # (P, 2)
    with torch.no_grad():
        lower = torch.linalg.cholesky(vae.posterior_covariance)
        truth = vae.posterior_mean(x)[:, None] + circle @ lower.T
        own = vae.encode(x).repeated(len(circle)).drawn(circle.repeat_interleave(len(x), 0)).z
        log_p = vae.log_likelihood(x)
        gap = log_p - _bound(vae, x)
    return {
        "truth": as_array(truth),
        "own": as_array(own.unflatten(0, (len(circle), len(x))).transpose(0, 1)),
        "gap": as_array(gap),
        "log_p": as_array(log_p),
    }


def _bound(vae: LinearGaussianVae, x: Tensor) -> Tensor:
    """Return the ELBO of each picture, ``(B,)``."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(ORDER)
    share = torch.as_tensor(weights / weights.sum(), dtype=x.dtype, device=x.device)
    along = torch.as_tensor(nodes, dtype=x.dtype, device=x.device)
    eps = torch.cartesian_prod(along, along)  # (n, 2)
    log_weight = vae.log_weight(x, [eps.repeat_interleave(len(x), 0)]).total
    return torch.cartesian_prod(share, share).prod(1) @ log_weight.unflatten(0, (len(eps), len(x)))
