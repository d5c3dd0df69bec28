"""A flow over pictures: samples, conceptual compression, and sheets larger than those it knows.

Dinh et al. 2017, Real NVP, arXiv 1605.08803 (numbers as in version 1): appendix C with figure 17,
appendix D with figure 22; eq. 14 is in :mod:`gen_core.exploration.flow_manifold`. All maps go
through the model in evaluation mode; test pictures are encoded with each level at the middle of
its bin.
"""

from collections.abc import Iterator
from typing import cast

import numpy as np
import torch

from gen_core.exploration.arrays import as_bytes, progress
from gen_core.exploration.held_out import held_out
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.models.realnvp_images import RealNvpImages
from gen_core.recipes.realnvp_images import RealNvpImagesRecipe
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import normal

__all__ = [
    "compression",
    "extrapolation",
    "flow_of",
    "flow_pictures",
    "of_pictures",
]

_INDEX = Setting(
    0, "an index, no quantity", low=0, high=10**6, symbol="u", hint="Which noise is drawn."
)
_TEMPERATURE = Setting(
    1.0,
    "Dinh et al. 2017: the prior itself",
    low=0.0,
    high=2.0,
    symbol="T",
    hint="Standard deviation of the latents that are drawn.",
)


def of_pictures(recipe: object) -> bool:
    """Return whether a recipe's only model is a flow over pictures."""
    return isinstance(recipe, RealNvpImagesRecipe)


def _how_many(default: int, source: str) -> Setting:
    return Setting(default, source, low=1, high=144, hint="Pictures.")


@probe(
    "flow_pictures",
    settings={
        "n": _how_many(36, "a sheet of 6 x 6"),
        "temperature": _TEMPERATURE,
        "index": _INDEX,
    },
    suits=of_pictures,
)
def flow_pictures(view: View, settings: Settings, size: int) -> Arrays:
    """Pictures drawn from the flow.

    Args:
        view: A lane of a flow over pictures.
        settings: ``n`` pictures; ``temperature``, 1 for the prior; ``index`` of the noise.
        size: Not used: the pictures have the model's own size.

    Returns:
        ``images`` ``(n, H, W)`` or ``(n, H, W, 3)`` uint8.
    """
    return _drawn(view, settings, 1)


@probe(
    "extrapolation",
    settings={
        "n": _how_many(9, "a sheet of 3 x 3"),
        "times": Setting(
            2, "Dinh et al. 2017, figure 17; 10 in figure 18", low=1, high=10, hint="Sides grow."
        ),
        "temperature": _TEMPERATURE,
        "index": _INDEX,
    },
    suits=of_pictures,
)
def extrapolation(view: View, settings: Settings, size: int) -> Arrays:
    """Pictures drawn at a multiple of the size of training.

    Appendix C: the model is convolutional, so latents of any size can be turned into pictures.

    Args:
        view: A lane of a flow over pictures.
        settings: ``n`` pictures; ``times``, by which the sides grow; ``temperature``; ``index``.
        size: Not used.

    Returns:
        ``images`` ``(n, times H, times W)`` or with 3 channels last, uint8.
    """
    return _drawn(view, settings, settings["times"])


@probe(
    "compression",
    settings={
        "n": _how_many(6, "a sheet of 6 x 5"),
        "start": Setting(0, "the first", low=0, high=9999, hint="Index of the first picture."),
        "keep": Setting(
            6.25,
            "Dinh et al. 2017, figure 22: 100, 50, 25, 12.5 and 6.25 %",
            low=0.1,
            high=100.0,
            unit="%",
            log=True,
            hint="Smallest share of latents kept; columns halve from 100 % down to it.",
        ),
        "index": _INDEX,
    },
    slow=True,
    suits=of_pictures,
)
def compression(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Test pictures from ever fewer of their latents, the coarsest; the rest is drawn anew.

    Appendix D: what the finer scales put out is replaced by N(0, 1) noise, the same in all columns
    of a picture.

    Args:
        view: A lane of a flow over pictures.
        settings: ``n`` test pictures from index ``start`` on; ``keep``, the smallest share in
            percent; ``index`` of the noise.
        size: Not used: the pictures have the model's own size.

    Yields:
        ``images`` ``(n K, H, W)`` or ``(n K, H, W, 3)`` uint8, K columns a picture from all of
        its latents to the fewest, black where nothing is made yet; ``keep`` ``(K,)``, percent;
        0-d ``progress``.
    """
    flow = flow_of(view)
    shares = [100.0]
    while shares[-1] > settings["keep"]:
        shares.append(max(shares[-1] / 2, settings["keep"]))
    with torch.no_grad():
        z = flow.latents(held_out(view, settings["start"], settings["n"]))
        noise = normal(z.shape, view.seed, "compression", settings["index"], view.device)
    columns = z.new_zeros(len(z), len(shares), *flow.image_shape)
    for index, share in enumerate(shares):
        with torch.no_grad():
            columns[:, index] = flow.sample(flow.resampled(z, share / 100, noise))
        images = {"images": as_bytes(columns.flatten(0, 1)), "keep": np.array(shares, np.float32)}
        yield progress((index + 1) / len(shares)) | images


def flow_of(view: View) -> RealNvpImages:
    """Return a lane's flow, in evaluation mode."""
    return cast(RealNvpImages, view.models["flow"]).eval()


def _drawn(view: View, settings: Settings, times: int) -> Arrays:
    flow = flow_of(view)
    channels, height, width = flow.image_shape
    shape = settings["n"], channels, times * height, times * width
    z = normal(shape, view.seed, "flow pictures", settings["index"], view.device)
    with torch.no_grad():
        return {"images": as_bytes(flow.sample(settings["temperature"] * z))}
