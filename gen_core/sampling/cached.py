"""Cached sampling: only what a new pixel needs is computed, from what the layers saw before.

Same pictures as :mod:`gen_core.sampling.ancestral` for the same noise. A full forward pass costs
H W positions for each of H W draws; here each position of each layer is computed once
(Ramachandran et al. 2017, "Fast Generation for Convolutional Autoregressive Models", arXiv
1704.06001). On CUDA the work of a row is captured (:mod:`gen_core.sampling.captured`).
"""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from gen_core.nn.decoder import Decoder
from gen_core.sampling.ancestral import Known, Painting, check, raster, sharpened
from gen_core.sampling.captured import Drawings

__all__ = ["cached", "positions", "raw_outputs"]

_DRAWINGS = Drawings()


@torch.no_grad()
def cached(
    decoder: Decoder, noise: Tensor, temperature: float = 1.0, known: Known | None = None
) -> Iterator[Painting]:
    """Draw pictures as :func:`gen_core.sampling.ancestral.ancestral` does, faster.

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
    walk = partial(positions, temperature)
    if noise.device.type == "cuda":
        yield from _DRAWINGS.draw(walk, decoder, noise, known, temperature)
    else:
        yield from walk(decoder, noise, known)


@torch.no_grad()
def positions(
    temperature: float, decoder: Decoder, noise: Tensor, known: Known | None = None
) -> Iterator[Painting]:
    """Draw as :func:`cached` does, position by position, on any device."""
    x = torch.zeros_like(noise)
    batch, _, height, width = noise.shape
    stepper = decoder.net.stepper(batch, height, width, decoder.vector, decoder.maps)

    def enter(i: int, j: int) -> None:
        pixel = decoder.prepare(x[:, :, i : i + 1, j : j + 1])
        stepper.write(i, j, pixel[:, :, 0, 0])

    def draw(i: int, j: int, colour: slice) -> None:
        there = sharpened(decoder.output(stepper.raw(i, j)[:, :, None, None]), temperature)
        drawn = there.sample(noise[:, :, i : i + 1, j : j + 1])
        x[:, colour, i, j] = drawn[:, colour, 0, 0]
        enter(i, j)

    def given(i: int, j: int) -> None:
        enter(i, j)
        stepper.raw(i, j)  # deeper layers keep this position for later ones

    yield from raster(x, decoder.passes, draw, known, given)


@torch.no_grad()
def raw_outputs(decoder: Decoder, x: Tensor) -> Tensor:
    """Return what the cached walk computes for given pictures, ``(B, out, H, W)``.

    For comparison with ``decoder.net`` itself.
    """
    batch, _, height, width = x.shape
    stepper = decoder.net.stepper(batch, height, width, decoder.vector, decoder.maps)
    prepared = decoder.prepare(x)
    rows = []
    for i in range(height):
        row = []
        for j in range(width):
            stepper.write(i, j, prepared[:, :, i, j])
            row.append(stepper.raw(i, j))
        rows.append(torch.stack(row, 2))  # (B, out, W)
    return torch.stack(rows, 2)
