"""Samples of any model that can be drawn from: points of the plane, or pictures.

One seed, one noise: the same seed gives the same samples on the same machine. Where pixels are
painted in turn, the temperature sharpens them; elsewhere it is the standard deviation of the
latents. Pictures of models that decode a code at once are the decoder's means.

The noise is drawn for all samples together, and they are made of it slice by slice: many of them
need no more room than their noise and themselves, and how large a slice is changes no number.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor

from gen_core.errors import CommandError
from gen_core.models.hierarchical_pixelvae import HierarchicalPixelVae
from gen_core.models.pixelcnn import PixelCnn
from gen_core.models.pixelvae import PixelVae
from gen_core.models.realnvp_images import RealNvpImages
from gen_core.models.resnet_vae import ResNetVae
from gen_core.nn.decoder import Decoder
from gen_core.recipes.resnet_vae import layer_noise
from gen_core.sampling.ancestral import Painting
from gen_core.sampling.cached import cached
from gen_core.sampling.levels import LEVELS, LevelNoise, noise_of, paint
from gen_core.training.loop import TrainingState
from gen_core.training.seeding import generator, normal, uniform

__all__ = ["SLICE", "Asked", "Drawn", "draw_prior"]

SLICE = 256
"""Most pictures that are made at once; layers need up to some megabytes for each."""

_POINTS = 1 << 14  # points that are made at once
_PAINTED = ("pixelcnn", "pixelvae", "hierarchical_pixelvae")


@dataclass(frozen=True)
class Asked:
    """What shall be drawn.

    Attributes:
        n: How many samples.
        seed: Seed of their noise.
        temperature: 1 is the model itself.
        label: Class of a model that knows classes; -1 for each in turn.
    """

    n: int
    seed: int = 0
    temperature: float = 1.0
    label: int = -1


@dataclass(frozen=True)
class Drawn:
    """Samples on their way.

    Attributes:
        x: Points ``(N, 2)``, or pictures ``(N, C, H, W)`` in [0, 1], zero where nothing is
            made yet; on the CPU, the sampler's own buffer.
        share: Share of the work done.
    """

    x: Tensor
    share: float


@dataclass(frozen=True)
class _Source:
    """What samples are made of, ``(N, …)`` each, and how: pictures or points on their way."""

    noise: Sequence[Tensor]
    make: Callable[..., Iterator[tuple[Tensor, float]]]
    most: int = SLICE


def draw_prior(state: TrainingState, asked: Asked, most: int = 0) -> Iterator[Drawn]:
    """Draw from a model, its parts in evaluation mode.

    Args:
        state: A loaded checkpoint.
        asked: What shall be drawn.
        most: How many samples are made at once; 0 for :data:`SLICE` pictures, or more points.

    Yields:
        The samples after each painted row or slice; the last are whole.

    Raises:
        CommandError: The model has no classes or no temperature, or not that class.
    """
    recipe = cast(Any, state.recipe)
    for model in state.models.values():
        model.eval()
    if asked.label >= 0 and not getattr(recipe, "conditional", False):
        got, remedy = f"{recipe.stem} {recipe.variant}", "Leave out --class."
        raise CommandError("a model that was trained with classes", got, remedy)
    if recipe.stem in ("gan", "wgan") and asked.temperature != 1:
        expected = "temperature 1 for a generator, whose noise has no other"
        raise CommandError(expected, asked.temperature, "Leave out --temperature.")
    source = (_painted if recipe.stem in _PAINTED else _decoded)(state, asked)
    slices = math.ceil(asked.n / (most or source.most))
    size = math.ceil(asked.n / slices)  # of one size: sums over a few rows round otherwise
    whole = torch.zeros(0)
    for first in range(0, asked.n, size):
        part = slice(first, first + size)
        for x, share in source.make(*(each[part].to(state.device) for each in source.noise)):
            if not len(whole):
                whole = torch.zeros(asked.n, *x.shape[1:])
            whole[part] = x
            yield Drawn(whole, (first + share * len(x)) / asked.n)


def _decoded(state: TrainingState, asked: Asked) -> _Source:
    """Make points or pictures whose values do not wait for each other."""
    recipe, n, seed, heat = cast(Any, state.recipe), asked.n, asked.seed, asked.temperature
    if recipe.stem == "realnvp_images":
        flow = cast(RealNvpImages, state.models["flow"])
        z = normal((n, *flow.image_shape), seed, "sample/latents", 0)
        return _Source([z], _at_once(lambda z: flow.sample(heat * z)))
    if recipe.stem == "resnet_vae":
        layered = cast(ResNetVae, state.models["resnet_vae"])
        eps = layer_noise(layered, n, seed, "sample/latents", 0, torch.device("cpu"))
        mean = _at_once(lambda *eps: layered.generate([heat * each for each in eps]).mean)
        return _Source(eps, mean)
    if recipe.stem in ("vae", "iaf"):
        vae = cast(Any, state.models[recipe.stem])
        z = normal((n, vae.latent_dim), seed, "sample/latents", 0)
        return _Source([z], _at_once(lambda z: vae.decode(heat * z).mean.clamp(0, 1)))
    noise = recipe.sample_noise(n, generator(seed, "sample/latents", 0))
    real = recipe.dataset().batch(n, generator(seed, "sample/real", 0))
    points = _at_once(lambda noise, real: recipe.generate(state.models, heat * noise, real))
    return _Source([noise, real], points, _POINTS)


def _at_once(decode: Callable[..., Tensor]) -> Callable[..., Iterator[tuple[Tensor, float]]]:
    def make(*noise: Tensor) -> Iterator[tuple[Tensor, float]]:
        with torch.no_grad():
            x = decode(*noise)
        yield x, 1.0

    return make


def _painted(state: TrainingState, asked: Asked) -> _Source:
    """Make pictures pixel by pixel; they are seen after each row."""
    if asked.temperature <= 0:
        raise CommandError("a temperature above 0", asked.temperature, "1 is the model itself.")
    sampler = partial(cached, temperature=asked.temperature)
    if cast(Any, state.recipe).stem == "hierarchical_pixelvae":
        hierarchy = cast(HierarchicalPixelVae, state.models["vae"])
        held = noise_of(hierarchy, asked.n, asked.seed, 0)
        of_levels = [getattr(held, level) for level in LEVELS]
        return _Source(of_levels, lambda *e: _rows(paint(hierarchy, LevelNoise(*e), sampler)))
    given, decoder, shape = _conditions(state, asked)
    pixels = uniform((asked.n, *shape), asked.seed, "sample/pixels", 0)
    return _Source([*given, pixels], lambda *e: _rows(sampler(decoder(*e[:-1]), e[-1])))


def _rows(paintings: Iterator[Painting]) -> Iterator[tuple[Tensor, float]]:
    for painting in paintings:
        if painting.done % painting.x.shape[3] == 0:
            yield painting.x, painting.done / painting.total


def _conditions(
    state: TrainingState, asked: Asked
) -> tuple[list[Tensor], Callable[..., Decoder], tuple[int, ...]]:
    """Return what each picture is given, a class or a code if any, the decoder, and its shape."""
    if "pixelvae" in state.models:
        model = cast(PixelVae, state.models["pixelvae"])
        z = normal((asked.n, model.latent_dim), asked.seed, "sample/latents", 0)
        return [z], torch.no_grad()(model.decoder), model.image_shape
    pixelcnn = cast(PixelCnn, state.models["pixelcnn"])
    if not pixelcnn.n_classes:
        return [], pixelcnn.decoder, pixelcnn.image_shape
    if asked.label >= pixelcnn.n_classes:
        expected = f"a class from 0 to {pixelcnn.n_classes - 1}"
        raise CommandError(expected, asked.label, "Choose one of these.")
    labels = torch.arange(asked.n) % pixelcnn.n_classes
    labels = labels if asked.label < 0 else torch.full((asked.n,), asked.label)
    return [labels], pixelcnn.decoder, pixelcnn.image_shape
