"""Walks through a latent space: the pictures along a path, and what is measured on the way.

Radford, Metz & Chintala 2016 (DCGAN, arXiv 1511.06434), section 6.1: sharp transitions on a walk
tell of memorisation, smooth ones of a learnt space. So beside the pictures stand how far
neighbours are from each other in pixels and in z, how likely the prior finds each point, and the
training picture that is nearest to each.

The same settings give the same arrays; see :mod:`gen_core.exploration.walk_settings` for them.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from gen_core.data.image_forms import form_of
from gen_core.data.image_source import ImageSource
from gen_core.distributions import standard_normal
from gen_core.exploration.anchors import anchors_of, drawn_top_level
from gen_core.exploration.arrays import as_array, as_bytes, progress
from gen_core.exploration.latent_spaces import draws_at_once, has_latent_space, space_of
from gen_core.exploration.nearest import nearest_training
from gen_core.exploration.paths import path_weights
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.exploration.walk_settings import PLACE, WALK

__all__ = ["drawing_form", "of_codes", "points_along", "walk", "walk_point", "weights_of"]

PAINTED = 0.6  # of the progress, where the nearest training pictures are looked for afterwards


@probe("walk", settings=WALK, slow=True, suits=has_latent_space)
def walk(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Pictures along a path through the latent space, with what is measured on the way.

    Args:
        view: A lane whose model has a latent space.
        settings: As in `walk_settings.WALK`.
        size: Not used: the pictures have the model's own size.

    Yields:
        ``images`` ``(T, H, W)`` or ``(T, H, W, 3)`` uint8, black where nothing is made yet;
        ``z`` ``(T, d)``, the codes, flat; ``weights`` ``(T, K)``, what each takes of the anchors;
        ``anchors`` ``(K,)`` int32, the steps at which they are met; ``log_prior`` ``(T,)``, the
        log density of N(0, I) per dimension, in nats; ``norm`` ``(T,)``, of z over sqrt(d), near 1
        for draws; ``latent_distance`` ``(T - 1,)`` to the next code; ``pixel_distance`` ``(T -
        1,)``, root of the mean squared difference to the next picture; with ``nearest``, as far
        as the training pictures are looked at, ``nearest_index`` ``(T,)`` int32,
        ``nearest_distance`` ``(T,)``, and ``nearest_images`` like ``images``; 0-d ``progress``.
    """
    space = space_of(view, settings)
    anchors = anchors_of(view, settings, space)
    weights = weights_of(anchors, settings)
    z = points_along(anchors, weights)
    held = of_codes(z, weights)
    painted = PAINTED if settings["nearest"] else 1.0
    with torch.no_grad():
        for x, share in space.pictures(z):
            yield progress(painted * share) | held | _of_pictures(x)
    if settings["nearest"]:
        data: ImageSource = view.recipe.dataset()
        done = held | _of_pictures(x)
        for found in nearest_training(x, data):
            yield (
                progress(painted + (1 - painted) * found.share)
                | done
                | {
                    "nearest_index": found.index.int().numpy(),
                    "nearest_distance": as_array(found.distance),
                    "nearest_images": as_bytes(data.picked("train", found.index)),
                }
            )


@probe("walk_point", settings=PLACE, suits=draws_at_once)
def walk_point(view: View, settings: Settings, size: int) -> Arrays:
    """One picture of a walk, at any share of the way: it follows a pointer.

    Between two steps it lies on the straight line from one to the other.

    Args:
        view: A lane whose model makes a picture in one pass.
        settings: As in `walk_settings.PLACE`.
        size: Not used: the picture has the model's own size.

    Returns:
        ``images`` ``(1, H, W)`` or ``(1, H, W, 3)`` uint8; ``z`` ``(1, d)``; ``weights``
        ``(1, K)``, what it takes of each anchor; ``log_prior`` ``(1,)`` in nats per dimension.
    """
    space = space_of(view, settings)
    anchors = anchors_of(view, settings, space)
    steps = weights_of(anchors, settings)
    if settings["closed"]:
        steps = torch.cat((steps, steps[:1]))
    place = settings["at"] * (len(steps) - 1)
    step = min(int(place), len(steps) - 2)
    weights = torch.lerp(steps[step : step + 1], steps[step + 1 : step + 2], place - step)
    z = points_along(anchors, weights)
    with torch.no_grad():
        ((x, _),) = space.pictures(z)
    told = of_codes(z, weights)
    return {"images": as_bytes(x)} | {name: told[name] for name in ("z", "weights", "log_prior")}


@probe("drawing_form", suits=has_latent_space)
def drawing_form(view: View, settings: Settings, size: int) -> Arrays:
    """What a person may draw for a model to encode.

    Args:
        view: A lane whose model has a latent space of pictures.
        settings: None.
        size: Not used.

    Returns:
        ``form`` ``(3,)`` int32: height, width, and the largest level of a drawing. That is 0 where
        nothing can be drawn: pictures with colours are not, nor those too large for a setting.
    """
    form = form_of(view.recipe.data)
    channels, height, width = form.image_shape
    top = drawn_top_level(form) if channels == 1 else 0
    return {"form": np.array([height, width, top], np.int32)}


def weights_of(anchors: Tensor, settings: Settings) -> Tensor:
    """Return what the steps of the walk that settings ask for take of its anchors."""
    asked = {name: settings[name] for name in ("closed", "even")}
    return path_weights(anchors, settings["path"], settings["steps"], **asked)


def points_along(anchors: Tensor, weights: Tensor) -> Tensor:
    """Return the points of a path, ``(T, ...)``; a point that is an anchor is that very anchor.

    Args:
        anchors: ``(K, ...)``.
        weights: What each point takes of each anchor, ``(T, K)``.
    """
    flat = anchors.flatten(1)
    z = (weights.to(flat.device) @ flat.double()).to(flat)
    return z.unflatten(1, anchors.shape[1:])


def of_codes(z: Tensor, weights: Tensor) -> Arrays:
    """Return what a walk tells of its codes ``(T, *shape)``, whatever they stand for.

    Args:
        z: The codes.
        weights: What each takes of each anchor, ``(T, K)``.
    """
    flat = z.flatten(1)
    dims = flat.shape[1]
    return {
        "z": as_array(flat),
        "weights": as_array(weights),
        "anchors": weights.eq(1).int().argmax(0).int().numpy(),
        "log_prior": as_array(standard_normal(flat).log_prob(flat) / dims),
        "norm": as_array(flat.norm(dim=1) / dims**0.5),
        "latent_distance": as_array(flat.diff(dim=0).norm(dim=1)),
    }


def _of_pictures(x: Tensor) -> Arrays:
    """What is told of pictures ``(T, C, H, W)``."""
    apart = x.diff(dim=0).square().flatten(1).mean(1).sqrt()
    return {"images": as_bytes(x), "pixel_distance": as_array(apart)}
