"""Samples of any model that can be drawn from: points of the plane, or pictures.

One seed, one noise: the same seed gives the same samples on the same machine. Where pixels are
painted in turn, the temperature sharpens them; elsewhere it is the standard deviation of the
latents. Pictures of models that decode a code at once are the decoder's means.
"""

from collections.abc import Iterator
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
from gen_core.sampling.cached import cached
from gen_core.sampling.levels import noise_of, paint
from gen_core.training.loop import TrainingState
from gen_core.training.seeding import generator, normal, uniform

__all__ = ["Asked", "Drawn", "draw_prior"]


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
            painted yet; the sampler's own buffer.
        share: Share of the work done.
    """

    x: Tensor
    share: float


def draw_prior(state: TrainingState, asked: Asked) -> Iterator[Drawn]:
    """Draw from a model, its parts in evaluation mode.

    Args:
        state: A loaded checkpoint.
        asked: What shall be drawn.

    Yields:
        The samples after each painted row or at once; the last are whole.

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
    if recipe.stem in ("pixelcnn", "pixelvae", "hierarchical_pixelvae"):
        yield from _painted(state, asked)
    else:
        with torch.no_grad():
            yield Drawn(_at_once(state, asked), 1.0)


def _at_once(state: TrainingState, asked: Asked) -> Tensor:
    """Draw points or pictures whose values do not wait for each other."""
    recipe, n, seed, device = cast(Any, state.recipe), asked.n, asked.seed, state.device
    if recipe.stem == "realnvp_images":
        flow = cast(RealNvpImages, state.models["flow"])
        z = normal((n, *flow.image_shape), seed, "sample/latents", 0, device)
        return flow.sample(asked.temperature * z)
    if recipe.stem == "resnet_vae":
        layered = cast(ResNetVae, state.models["resnet_vae"])
        eps = layer_noise(layered, n, seed, "sample/latents", 0, device)
        return layered.generate([asked.temperature * each for each in eps]).mean
    if recipe.stem in ("vae", "iaf"):
        vae = cast(Any, state.models[recipe.stem])
        z = normal((n, vae.latent_dim), seed, "sample/latents", 0, device)
        return cast(Tensor, vae.decode(asked.temperature * z).mean).clamp(0, 1)
    noise = recipe.sample_noise(n, generator(seed, "sample/latents", 0)).to(device)
    real = recipe.dataset().batch(n, generator(seed, "sample/real", 0)).to(device)
    return cast(Tensor, recipe.generate(state.models, asked.temperature * noise, real))


def _painted(state: TrainingState, asked: Asked) -> Iterator[Drawn]:
    """Draw pictures pixel by pixel, and yield them after each row."""
    if asked.temperature <= 0:
        raise CommandError("a temperature above 0", asked.temperature, "1 is the model itself.")
    if cast(Any, state.recipe).stem == "hierarchical_pixelvae":
        hierarchy = cast(HierarchicalPixelVae, state.models["vae"])
        sampler = partial(cached, temperature=asked.temperature)
        paintings = paint(hierarchy, noise_of(hierarchy, asked.n, asked.seed, 0), sampler)
    else:
        decoder = _decoder(state, asked)
        noise = uniform((asked.n, *decoder.shape), asked.seed, "sample/pixels", 0, state.device)
        paintings = cached(decoder, noise, asked.temperature)
    for painting in paintings:
        if painting.done % painting.x.shape[3] == 0:
            yield Drawn(painting.x, painting.done / painting.total)


def _decoder(state: TrainingState, asked: Asked) -> Decoder:
    """Return the decoder of n pictures, each with its class or its code where there are any."""
    if "pixelvae" in state.models:
        model = cast(PixelVae, state.models["pixelvae"])
        z = normal((asked.n, model.latent_dim), asked.seed, "sample/latents", 0, state.device)
        with torch.no_grad():
            return model.decoder(z)
    pixelcnn = cast(PixelCnn, state.models["pixelcnn"])
    if not pixelcnn.n_classes:
        return pixelcnn.decoder()
    if asked.label >= pixelcnn.n_classes:
        expected = f"a class from 0 to {pixelcnn.n_classes - 1}"
        raise CommandError(expected, asked.label, "Choose one of these.")
    labels = torch.arange(asked.n) % pixelcnn.n_classes
    labels = labels if asked.label < 0 else torch.full((asked.n,), asked.label)
    return pixelcnn.decoder(labels.to(state.device))
