"""Ancestral sampling, plainly: one full forward pass for each value that is drawn.

x_i ~ p(x_i | x_<i) in raster order, colours inside a pixel in turn (van den Oord et al. 2016a,
section 3). Noise is handed in, so that a picture can be drawn again with one level of a model held
still: levels come by the inverse CDF at stored uniforms, Gaussian maps as mu + sigma eps.

This file is the reference; :mod:`gen_core.sampling.cached` draws the same pictures faster.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.errors import DataError, SettingError
from gen_core.nn.decoder import Decoder, Drawable

__all__ = ["Known", "Painting", "ancestral", "check", "finish", "raster", "sharpened"]


@dataclass(frozen=True)
class Known:
    """Positions that are given and shall be kept.

    Attributes:
        x: Their values, ``(B, C, H, W)`` or ``(1, C, H, W)``; elsewhere it does not matter.
        mask: Which positions are given, ``(H, W)`` bool.
    """

    x: Tensor
    mask: Tensor


@dataclass(frozen=True)
class Painting:
    """A picture on its way.

    Attributes:
        x: Values so far, ``(B, C, H, W)``; zero where nothing was drawn yet. It is the sampler's
            own buffer: copy what shall stay.
        done: Positions done, in raster order.
        total: Positions in all.
    """

    x: Tensor
    done: int
    total: int


def check(decoder: Decoder, noise: Tensor, temperature: float, known: Known | None) -> None:
    """Refuse what cannot be drawn.

    Raises:
        DataError: Noise or known values have another shape than the decoder's pictures.
        SettingError: The temperature is not above 0.
    """
    if noise.ndim != 4 or tuple(noise.shape[1:]) != decoder.shape:
        expected = f"noise of shape (B, {', '.join(map(str, decoder.shape))})"
        raise DataError(expected, tuple(noise.shape), "Draw it in that shape.")
    if not temperature > 0:
        raise SettingError("a temperature above 0", temperature, "1 is the model itself.")
    if known is not None and (
        tuple(known.x.shape[1:]) != decoder.shape or tuple(known.mask.shape) != decoder.shape[1:]
    ):
        got = f"values {tuple(known.x.shape)} and mask {tuple(known.mask.shape)}"
        raise DataError(f"known pixels of shape {decoder.shape}", got, "Resize them.")


def sharpened(distribution: Drawable, temperature: float) -> Drawable:
    """Return the distribution at a temperature; at 1 it is the model's own."""
    return distribution if temperature == 1 else distribution.tempered(temperature)


def finish(paintings: Iterator[Painting]) -> Tensor:
    """Draw to the end and return the pictures, ``(B, C, H, W)``."""
    *_, last = paintings
    return last.x


@torch.no_grad()
def ancestral(
    decoder: Decoder, noise: Tensor, temperature: float = 1.0, known: Known | None = None
) -> Iterator[Painting]:
    """Draw pictures, one full forward pass a value.

    Args:
        decoder: What is drawn from.
        noise: One number for each value, ``(B, C, H, W)``.
        temperature: 1 is the model; below, sharper.
        known: Positions that are given.

    Yields:
        The picture after each position.

    Raises:
        DataError: Shapes do not fit.
        SettingError: The temperature is not above 0.
    """
    check(decoder, noise, temperature, known)
    x = torch.zeros_like(noise)

    def draw(i: int, j: int, colour: slice) -> None:
        drawn = sharpened(decoder.distribution(x), temperature).sample(noise)
        x[:, colour, i, j] = drawn[:, colour, i, j]

    yield from raster(x, decoder.passes, draw, known)


def raster(
    x: Tensor,
    passes: int,
    draw: Callable[[int, int, slice], None],
    known: Known | None,
    given: Callable[[int, int], None] = lambda i, j: None,
) -> Iterator[Painting]:
    """Walk the positions in order, drawing what is not given.

    Args:
        x: The picture that fills.
        passes: How often a position is asked for: once for each colour, or once.
        draw: Draws the colours of a slice at a position into ``x``.
        known: Positions that are given.
        given: Told of each position that was given.
    """
    height, width = x.shape[2:]
    colours = [slice(c, c + 1) for c in range(passes)] if passes > 1 else [slice(None)]
    mask = None if known is None else known.mask.tolist()
    for i in range(height):
        for j in range(width):
            if known is not None and mask is not None and mask[i][j]:
                x[:, :, i, j] = known.x[:, :, i, j]
                given(i, j)
            else:
                for colour in colours:
                    draw(i, j, colour)
            yield Painting(x, i * width + j + 1, height * width)
