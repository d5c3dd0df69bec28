"""Drawing from a hierarchy with the noise of each level held apart.

Gulrajani et al. 2017 (PixelVAE), figures 6 and 11: z_2 = its noise; each position of z_1 is
mean + sigma * eps_1 of that position; pixels come by the inverse CDF at stored uniforms. To vary
one level, its *noise* is drawn anew and the others' is held. What is held is never a value: with
another z_2 the same eps_1 gives another z_1.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gen_core.errors import DataError, SettingError
from gen_core.models.hierarchical_pixelvae import HierarchicalPixelVae
from gen_core.nn.decoder import Decoder
from gen_core.sampling.ancestral import Painting, finish
from gen_core.sampling.cached import cached
from gen_core.training.seeding import normal, uniform

__all__ = ["LEVELS", "LevelNoise", "draw", "latent_map", "noise_of", "paint"]

LEVELS = ("top", "middle", "pixels")
"""The levels of a hierarchy, the farthest from the picture first."""

Sampler = Callable[[Decoder, Tensor], Iterator[Painting]]


@dataclass(frozen=True)
class LevelNoise:
    """The noise of a batch of pictures, level by level.

    Attributes:
        top: N(0, 1), ``(B, Z2)``.
        middle: N(0, 1), ``(B, C1, S, S)``.
        pixels: U[0, 1), ``(B, C, H, W)``.
    """

    top: Tensor
    middle: Tensor
    pixels: Tensor

    def varied(self, level: str, other: "LevelNoise") -> "LevelNoise":
        """Return this noise with one level's taken from another.

        Args:
            level: One of `LEVELS`.
            other: As many examples, or this noise has one, which is then repeated.

        Raises:
            SettingError: There is no such level.
        """
        if level not in LEVELS:
            raise SettingError(f"a level ({', '.join(LEVELS)})", repr(level)[:60], "Choose one.")
        return replace(self.repeated(len(other.top)), **{level: getattr(other, level)})

    def repeated(self, n: int) -> "LevelNoise":
        """Return n examples of this noise, which has n of them already, or one."""
        held = (getattr(self, each) for each in LEVELS)
        return LevelNoise(*(each.expand(n, *each.shape[1:]) for each in held))

    def picked(self, rows: Tensor | slice) -> "LevelNoise":
        """Return some of the examples."""
        return LevelNoise(self.top[rows], self.middle[rows], self.pixels[rows])


def noise_of(model: HierarchicalPixelVae, n: int, seed: int, index: int) -> LevelNoise:
    """Draw the noise of n pictures, the same at each call of one (seed, index).

    Args:
        model: What shall be drawn from.
        n: Pictures.
        seed: The run's seed.
        index: Which noise.
    """
    like = next(model.parameters())
    top = normal((n, model.z2_dim), seed, "levels/top", index).to(like)
    middle = normal((n, *model.z1_shape), seed, "levels/middle", index).to(like)
    pixels = uniform((n, *model.image_shape), seed, "levels/pixels", index).to(like)
    return LevelNoise(top, middle, pixels)


@torch.no_grad()
def latent_map(
    model: HierarchicalPixelVae, z2: Tensor, eps: Tensor, sampler: Sampler = cached
) -> Tensor:
    """Draw z_1 ~ p(z_1 | z_2) at given noise, ``(B, C1, S, S)``."""
    return finish(sampler(model.latent_decoder(z2), eps))


@torch.no_grad()
def paint(
    model: HierarchicalPixelVae, noise: LevelNoise, sampler: Sampler = cached
) -> Iterator[Painting]:
    """Draw pictures from the top down; yields the pictures after each pixel.

    The model shall be in ``eval()``: with batch statistics a picture depends on its batch.

    Args:
        model: The hierarchy.
        noise: One noise for each level.
        sampler: :func:`~gen_core.sampling.cached.cached`, or the plain
            :func:`~gen_core.sampling.ancestral.ancestral`.

    Raises:
        DataError: The levels hold different numbers of examples, or have another shape.
    """
    counts = [len(getattr(noise, each)) for each in LEVELS]
    if len(set(counts)) > 1:
        raise DataError("as many noises of each level", counts, "Draw them together.")
    z1 = latent_map(model, noise.top, noise.middle, sampler)
    yield from sampler(model.pixel_decoder(z1), noise.pixels)


def draw(model: HierarchicalPixelVae, noise: LevelNoise, sampler: Sampler = cached) -> Tensor:
    """Draw pictures to the end, ``(B, C, H, W)``; see :func:`paint`."""
    return finish(paint(model, noise, sampler))
