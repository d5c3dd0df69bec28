"""Where a VAE's posteriors lie, step by step of the maps that bend them, beside the prior.

Kingma et al. 2016, IAF, arXiv 1606.04934, figures 1 and 2: samples of the prior and of each data
point's posterior, and the chain that leads from a Gaussian to them.
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor

from gen_core.bijections.base import Flip
from gen_core.bijections.posterior import FlowPosterior
from gen_core.data.image_source import ImageSource
from gen_core.distributions import Posterior
from gen_core.errors import ProbeError
from gen_core.exploration.arrays import as_array
from gen_core.exploration.base import Arrays, Settings, View, probe
from gen_core.models.iaf import IafVae
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import normal

__all__ = ["bends", "posterior_clouds"]

BATCH = 1024  # of which the probe shows the first n


def bends(recipe: object) -> bool:
    """Say whether a recipe's posterior may be a chain of maps."""
    return getattr(recipe, "stem", "") == "iaf"


def _axis(default: int) -> Setting:
    return Setting(default, "the first two", low=1, high=128, hint="Dimension along an axis.")


@probe(
    "posterior_clouds",
    settings={
        "n": Setting(
            256, "observed: clouds look full", low=1, high=BATCH, hint="Samples of each posterior."
        ),
        "pictures": Setting(4, "figure 1", low=1, high=64, hint="Test pictures, from the first."),
        "across": _axis(1),
        "up": _axis(2),
    },
    every=0.1,
    suits=bends,
)
def posterior_clouds(view: View, settings: Settings, size: int) -> Arrays:
    """Show samples of each data point's posterior after every map, and of the prior.

    A dot keeps its noise, the same for every data point and in every lane of a seed. The order of
    dimensions is that of z at every stage, so that reversals move nothing and are left out.

    Args:
        view: A lane of the IAF recipe.
        settings: ``n`` samples of each of the first ``pictures`` test pictures, along the
            dimensions ``across`` and ``up``, counted from 1.
        size: Not used.

    Returns:
        ``path`` ``(S, M, 2)``: all samples at z_0 and after each map, M = n pictures; ``z``
        ``(M, 2)``, the last of these; ``labels`` ``(M,)`` int32, the index of each sample's data
        point; ``prior`` ``(M, 2)``, as many samples of N(0, I); ``log_q`` ``(M,)`` in nats;
        ``classes`` ``(pictures,)`` int32, of the data points, all 0 without classes.

    Raises:
        ProbeError: The code has no such dimension.
    """
    vae, data = cast(IafVae, view.models["iaf"]), cast(ImageSource, view.recipe.dataset())
    axes = [settings[name] - 1 for name in ("across", "up")]
    if max(axes) >= vae.latent_dim:
        expected = f"a dimension from 1 to {vae.latent_dim}"
        raise ProbeError(expected, max(axes) + 1, "Choose one of these.")
    n, x = settings["n"], data.pictures("test", 0, settings["pictures"])
    noise = normal((BATCH, vae.latent_dim), view.seed, "probe/posterior", 0, view.device)
    prior = normal((BATCH * len(x), vae.latent_dim), view.seed, "probe/prior", 0)
    with torch.no_grad():
        posterior = vae.encode(x.to(view.device)).repeated(n)  # row k N + b is picture b
        eps = noise[:n].repeat_interleave(len(x), 0)
        path, log_q = torch.stack(_aligned(posterior, eps)), posterior.drawn(eps).log_q
    classes = data.labels("test")[: len(x)] if data.n_classes else torch.zeros(len(x))
    return {
        "path": as_array(path[:, :, axes]),
        "z": as_array(path[-1][:, axes]),
        "labels": np.tile(np.arange(len(x), dtype=np.int32), n),
        "prior": as_array(prior[: n * len(x), axes]),
        "log_q": as_array(log_q),
        "classes": classes.int().numpy(),
    }


def _aligned(posterior: Posterior, eps: Tensor) -> list[Tensor]:
    """Return the path without its reversals, all dimensions in the order of its end."""
    maps = list(posterior.flow.maps) if isinstance(posterior, FlowPosterior) else []
    found = []
    for index, z in enumerate(posterior.path(eps)):
        if index and isinstance(maps[index - 1], Flip):
            continue
        turns = sum(isinstance(part, Flip) for part in maps[index:])
        found.append(z.flip(-1) if turns % 2 else z)
    return found
