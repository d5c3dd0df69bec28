"""Walks through the noise of a generator in the plane: where a path leads its points.

Where the data are modes apart, a continuous generator has to tear its noise: a path between two
modes crosses the gap in a few steps.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.errors import DataError
from gen_core.exploration.anchors import anchors_of
from gen_core.exploration.arrays import as_array
from gen_core.exploration.plane import fixed_draws, generates
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.exploration.walk_settings import NOISE_WALK
from gen_core.exploration.walks import of_codes, points_along, weights_of
from gen_core.training.seeding import normal

__all__ = ["noise_walk"]


@dataclass(frozen=True)
class _Noise:
    """Noise of a generator."""

    shape: tuple[int, ...]
    device: torch.device

    def encode(self, x: Tensor) -> Tensor:
        raise DataError(
            "draws (s0) or coordinates (z0.5_1) as anchors", "a picture", "Choose one of these."
        )

    def draw(self, seed: int, index: int) -> Tensor:
        return normal((1, *self.shape), seed, "walk/prior", index, self.device)


@probe("noise_walk", settings=NOISE_WALK, suits=generates)
def noise_walk(view: View, settings: Settings, size: int) -> Arrays:
    """Points of the plane along a path through the generator's noise.

    Args:
        view: A lane that makes points of the plane of noise: a game's generator, or a flow.
        settings: As in `walk_settings.NOISE_WALK`; anchors are draws or coordinates.
        size: Not used.

    Returns:
        ``points`` ``(T, 2)``; ``met`` ``(K, 2)``, those of the anchors; ``data_distance``
        ``(T - 1,)`` to the next point; ``z``, ``weights``, ``anchors``, ``log_prior``, ``norm``
        and ``latent_distance`` as in `walks.walk`.
    """
    space = _Noise((view.recipe.noise_dim,), view.device)
    anchors = anchors_of(view, settings, space)
    weights = weights_of(anchors, settings)
    z = points_along(anchors, weights)
    real, _ = fixed_draws(view, 1)
    with torch.no_grad():
        points = view.recipe.generate(view.models, z, real.expand(len(z), -1))
    told = of_codes(z, weights)
    return told | {
        "points": as_array(points),
        "met": as_array(points[told["anchors"].tolist()]),
        "data_distance": as_array(points.diff(dim=0).norm(dim=1)),
    }
