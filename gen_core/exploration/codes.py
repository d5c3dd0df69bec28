"""What a VAE's code says: pictures at a point, of the prior and back, and its live dimensions."""

from typing import cast

import numpy as np
import torch
from torch import Tensor

from gen_core.data.image_source import ImageSource
from gen_core.errors import ProbeError
from gen_core.exploration.arrays import as_bytes
from gen_core.exploration.base import Arrays, Settings, View, probe
from gen_core.exploration.held_out import held_out
from gen_core.models.vae import GaussianVae
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import normal

__all__ = ["decode", "is_vae", "live_dimensions", "mean_reconstructions", "mean_samples"]

ALIVE = 0.01
"""Nats of mean KL above which a dimension counts as live.

A dimension that the decoder does not use is pulled to the prior, where its KL is 0.
"""

MOST = 10_000
_PICTURES = Setting(
    1000,
    "observed: 0.2 s at 28 x 28; all of the digits",
    low=1,
    high=MOST,
    hint="Test pictures, from the first on.",
)


def is_vae(recipe: object) -> bool:
    """Whether a recipe trains a VAE with one Gaussian code."""
    return getattr(recipe, "stem", "") == "vae"


def _reconstructs(recipe: object) -> bool:
    return getattr(recipe, "stem", "") in ("vae", "iaf")


def _axis(default: int) -> Setting:
    return Setting(default, "the first two", low=1, high=64, hint="Dimension along an axis.")


def _place(symbol: str) -> Setting:
    return Setting(0.0, "the prior's mean", low=-10.0, high=10.0, symbol=symbol, hint="Where.")


@probe(
    "decode",
    settings={
        "x": _place("z_i"),
        "y": _place("z_j"),
        "across": _axis(1),
        "up": _axis(2),
        "picture": Setting(
            -1, "the prior's mean", low=-1, high=MOST - 1, hint="Test picture of the other z."
        ),
    },
    suits=is_vae,
)
def decode(view: View, settings: Settings, size: int) -> Arrays:
    """Mean of the decoder at one point of a plane through the latent space.

    Args:
        view: A lane of a VAE.
        settings: ``x`` and ``y``, the point's values of the dimensions ``across`` and ``up``,
            counted from 1; the others keep the posterior mean of the test picture ``picture``,
            or 0 for -1. A code of one dimension takes ``x`` alone.
        size: Not used.

    Returns:
        ``images`` ``(1, H, W)`` or ``(1, H, W, 3)`` uint8; ``z`` ``(1, Z)``.

    Raises:
        ProbeError: The model has no such dimension, or the data no such picture.
    """
    vae = cast(GaussianVae, view.models["vae"])
    with torch.no_grad():
        z = _base(view, vae, settings["picture"])
        z[0, _dimension(settings["across"], vae) - 1] = settings["x"]
        if vae.latent_dim > 1:
            z[0, _dimension(settings["up"], vae) - 1] = settings["y"]
        images = as_bytes(vae.decode(z).mean)
    return {"images": images, "z": z.cpu().numpy()}


def _base(view: View, vae: GaussianVae, picture: int) -> Tensor:
    if picture < 0:
        return torch.zeros(1, vae.latent_dim, device=view.device)
    data: ImageSource = view.recipe.dataset()
    if picture >= data.n_test:
        expected = f"a test picture from 0 to {data.n_test - 1}"
        raise ProbeError(expected, picture, "Choose one of these.")
    x = data.pictures("test", picture, picture + 1).to(view.device)
    return vae.encode(x).mu.clone()


def _dimension(number: int, vae: GaussianVae) -> int:
    if number > vae.latent_dim:
        expected = f"a dimension from 1 to {vae.latent_dim}"
        raise ProbeError(expected, number, "Choose one of these.")
    return number


@probe("live_dimensions", settings={"pictures": _PICTURES}, every=1.0, suits=is_vae)
def live_dimensions(view: View, settings: Settings, size: int) -> Arrays:
    """KL of each latent dimension over test pictures, and which dimensions are live.

    Args:
        view: A lane of a VAE.
        settings: ``pictures``, how many test pictures at most.
        size: Not used.

    Returns:
        ``kl`` ``(Z,)``, mean KL(q(z_j|x) || p(z_j)) in nats, which sums to the bound's KL;
        ``variance`` ``(Z,)``, of the posterior means: the active units of Burda, Grosse &
        Salakhutdinov 2016, section 5.2, have more than 0.01; ``live`` ``(Z,)`` uint8, whether
        ``kl`` exceeds ``threshold`` ``(1,)``; ``count`` ``(1,)`` int32, how many do.
    """
    vae = cast(GaussianVae, view.models["vae"])
    x = held_out(view, 0, settings["pictures"])
    with torch.no_grad():
        posterior = vae.encode(x)
        kl = posterior.kl_to_standard_map().mean(0).cpu()
        variance = posterior.mu.var(0, unbiased=False).cpu()
    live = kl > ALIVE
    return {
        "kl": kl.contiguous().numpy(),
        "variance": variance.contiguous().numpy(),
        "live": live.to(torch.uint8).numpy(),
        "count": live.sum(0, keepdim=True).int().numpy(),
        "threshold": np.array([ALIVE], dtype=np.float32),
    }


@probe(
    "mean_samples",
    settings={
        "n": Setting(36, "a sheet of 6 x 6", low=1, high=144, hint="Pictures."),
        "index": Setting(0, "an index, no quantity", low=0, high=10**6, symbol="u", hint="Noise."),
    },
    suits=_reconstructs,
)
def mean_samples(view: View, settings: Settings, size: int) -> Arrays:
    """Means of the decoder at draws of the prior.

    Args:
        view: A lane of a VAE, whatever its posterior.
        settings: ``n`` pictures; ``index`` of the noise.
        size: Not used: the pictures have the model's own size.

    Returns:
        ``images`` ``(n, H, W)`` or ``(n, H, W, 3)`` uint8.
    """
    vae = cast(GaussianVae, view.models[view.recipe.stem])
    shape = settings["n"], vae.latent_dim
    z = normal(shape, view.seed, "mean samples", settings["index"], view.device)
    with torch.no_grad():
        return {"images": as_bytes(vae.decode(z).mean)}


@probe(
    "mean_reconstructions",
    settings={
        "pictures": Setting(20, "two rows of ten pairs", low=1, high=200, hint="Test pictures."),
        "start": Setting(0, "the first", low=0, high=MOST - 1, hint="Index of the first."),
    },
    suits=_reconstructs,
)
def mean_reconstructions(view: View, settings: Settings, size: int) -> Arrays:
    """Test pictures, each beside the decoder's mean at the middle of its posterior.

    The alternating columns of Gulrajani et al. 2017, figure 10.

    Args:
        view: A lane of a VAE, whatever its posterior.
        settings: ``pictures``, how many; ``start``, the first.
        size: Not used.

    Returns:
        ``images`` ``(2 N, H, W)`` or ``(2 N, H, W, 3)`` uint8: picture, reconstruction, picture.
    """
    vae = cast(GaussianVae, view.models[view.recipe.stem])
    x = held_out(view, settings["start"], settings["pictures"])
    with torch.no_grad():
        mean = vae.decode(vae.encode(x).mu).mean
    return {"images": as_bytes(torch.stack([x, mean], dim=1).flatten(0, 1))}
