"""Pictures drawn from a PixelVAE, row by row: samples of the prior, and reconstructions.

The noise of the code and that of the pixels are two streams, each with an index of its own, so
that one is held while the other changes (Gulrajani et al. 2017, section 4.2: what a level of the
model decides is what changes when its noise alone is redrawn).
"""

from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from torch import Tensor

from gen_core.distributions import PixelDistribution
from gen_core.exploration.arrays import as_bytes, progress
from gen_core.exploration.base import Arrays, Settings, View, probe
from gen_core.exploration.held_out import held_out
from gen_core.models.pixelcnn import PixelCnn
from gen_core.models.pixelvae import PixelVae
from gen_core.nn.decoder import Decoder
from gen_core.recipes.settings import Setting
from gen_core.sampling.cached import cached
from gen_core.training.seeding import normal, uniform

__all__ = ["pixel_samples", "pixelvae_reconstructions"]

_HOW_MANY = Setting(36, "a sheet of 6 x 6", low=1, high=144, hint="Pictures.")
_PIXELS = Setting(
    0, "an index, no quantity", low=0, high=10**6, symbol="u", hint="Which noise the pixels get."
)
_SHOW = Setting(
    "draws",
    "Gulrajani et al. 2017 print probabilities (their public code)",
    choices=("draws", "probabilities"),
    hint="Drawn pixels, or the expected value of each, given the drawn ones before it.",
)


def _is_pixelvae(recipe: object) -> bool:
    return getattr(recipe, "stem", "") == "pixelvae"


def _draws(recipe: object) -> bool:
    """Whether nothing but noise is needed to draw: no class is to be chosen."""
    plain = getattr(recipe, "stem", "") == "pixelcnn" and not getattr(recipe, "conditional", True)
    return plain or _is_pixelvae(recipe)


@probe(
    "pixel_samples",
    settings={
        "n": _HOW_MANY,
        "code": Setting(
            0, "an index, no quantity", low=0, high=10**6, symbol="ε", hint="Which noise z gets."
        ),
        "pixels": _PIXELS,
        "hold": Setting(
            "nothing",
            "what a sheet shares: nothing, one code, or one noise of the pixels",
            choices=("nothing", "code", "pixels"),
            hint="What all pictures of the sheet share.",
        ),
        "show": _SHOW,
    },
    slow=True,
    suits=_draws,
)
def pixel_samples(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Pictures drawn from the prior, painted row by row.

    A PixelCNN has no code: there the pixels' noise alone acts.

    Args:
        view: A lane of a PixelVAE, or of a PixelCNN without classes.
        settings: ``n`` pictures; ``code`` and ``pixels``, indices of the two noises; ``hold``,
            which of them all pictures share; ``show``, draws or probabilities.
        size: Not used: the pictures have the model's own size.

    Yields:
        ``images`` ``(n, H, W)`` or ``(n, H, W, 3)`` uint8, black where nothing is drawn yet;
        0-d ``progress``.
    """
    n, held = settings["n"], settings["hold"]
    decoder = _of_noise(view, n, settings["code"], held == "code")
    noise = _noise(view, decoder, n, settings["pixels"], held == "pixels")
    for images, share in _painted(decoder, noise, settings["show"]):
        yield progress(share) | {"images": images}


@probe(
    "pixelvae_reconstructions",
    settings={
        "n": Setting(18, "figure 10: columns of pairs", low=1, high=72, hint="Test pictures."),
        "start": Setting(0, "the first", low=0, high=9000, hint="Index of the first picture."),
        "pixels": _PIXELS,
        "show": _SHOW,
    },
    slow=True,
    suits=_is_pixelvae,
)
def pixelvae_reconstructions(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Test pictures beside what the decoder draws from their posterior means.

    Gulrajani et al. 2017, figure 10. z is the posterior's mean, the pixels are drawn.

    Args:
        view: A lane of a PixelVAE.
        settings: ``n`` pictures from index ``start`` on; ``pixels``, index of the pixels' noise;
            ``show``, draws or probabilities.
        size: Not used: the pictures have the model's own size.

    Yields:
        ``images`` ``(2 n, H, W)`` or ``(2 n, H, W, 3)`` uint8, each original before its
        reconstruction; 0-d ``progress``.
    """
    model = cast(PixelVae, view.models["pixelvae"])
    x = held_out(view, settings["start"], settings["n"])
    originals = as_bytes(x)
    with torch.no_grad():
        decoder = model.decoder(model.encode(x).mean)
    noise = _noise(view, decoder, len(x), settings["pixels"], False)
    for drawn, share in _painted(decoder, noise, settings["show"]):
        pairs = np.stack((originals, drawn), axis=1)  # (n, 2, H, W)
        images = np.ascontiguousarray(pairs.reshape(-1, *originals.shape[1:]))
        yield progress(share) | {"images": images}


def _of_noise(view: View, n: int, index: int, shared: bool) -> Decoder:
    if view.recipe.stem == "pixelcnn":
        return cast(PixelCnn, view.models["pixelcnn"]).decoder()
    model = cast(PixelVae, view.models["pixelvae"])
    z = normal((n, model.latent_dim), view.seed, "sheet code", index, view.device)
    with torch.no_grad():
        return model.decoder(z[:1].expand(n, -1) if shared else z)


def _noise(view: View, decoder: Decoder, n: int, index: int, shared: bool) -> Tensor:
    noise = uniform((n, *decoder.shape), view.seed, "sheet pixels", index, view.device)
    return noise[:1].expand(n, -1, -1, -1) if shared else noise


def _painted(decoder: Decoder, noise: Tensor, show: str) -> Iterator[tuple[np.ndarray, float]]:
    """Paint, and yield the sheet and the share done after each row of the pictures."""
    columns = decoder.shape[2]
    for painting in cached(decoder, noise):
        if painting.done % columns == 0 and painting.done < painting.total:
            yield as_bytes(painting.x), painting.done / painting.total
    x = painting.x
    if show == "probabilities":
        with torch.no_grad():
            x = cast(PixelDistribution, decoder.distribution(x)).mean
    yield as_bytes(x), 1.0
