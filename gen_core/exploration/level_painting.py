"""What the looks at a hierarchical PixelVAE share: its model, painting in slices, pictures."""

from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor

from gen_core.exploration.arrays import as_bytes, progress
from gen_core.exploration.registry import Arrays, View
from gen_core.models.hierarchical_pixelvae import HierarchicalPixelVae
from gen_core.sampling.ancestral import Painting
from gen_core.sampling.cached import cached

__all__ = ["is_hierarchy", "model_of", "paced", "paint_map", "shown"]

SLICES = 32  # looks at the clock while pictures are painted


def is_hierarchy(recipe: object) -> bool:
    """Say whether a recipe's model has levels of latents."""
    return getattr(recipe, "stem", "") == "hierarchical_pixelvae"


def paint_map(model: HierarchicalPixelVae, z1: Tensor, noise: Tensor) -> Iterator[Painting]:
    """Paint pictures below given latent maps; see :func:`gen_core.sampling.levels.paint`."""
    with torch.no_grad():
        return cached(model.pixel_decoder(z1), noise)


def model_of(view: View) -> HierarchicalPixelVae:
    """Return the model of a lane, at rest."""
    return cast(HierarchicalPixelVae, view.models["vae"]).eval()


def paced(paintings: Iterator[Painting]) -> Iterator[Painting]:
    """Pass on as many moments of a painting as there are slices, the last among them."""
    for painting in paintings:
        every = max(1, painting.total // SLICES)
        if painting.done % every == 0 or painting.done == painting.total:
            yield painting


def shown(x: Tensor, share: float) -> Arrays:
    """Return pictures as bytes ``(N, H, W)`` or ``(N, H, W, 3)``, with the share done."""
    return progress(share) | {"images": as_bytes(x)}
