"""Bedrooms drawn by a program from known factors: pictures whose causes can be asked for.

They stand in for LSUN bedrooms (Yu et al. 2015, arXiv:1506.03365), on which Gulrajani et al. 2017
(PixelVAE, ICLR, section 4.2) look at what each level of a hierarchy models; with known factors
the same can be measured. `gen_core.data.rooms_factors` lists the factors.

A picture is a function of its factors and of its grain noise, and of nothing else:

    x = q(paint(geometry, palette) * (1 + hatch) * (1 - shading) + grain * noise),

q rounding to the levels k / 31. The noise is N(0, 1) for each pixel, the same for its three
colours, and drawn from the picture's index: no factor names it, only its amount is a factor.
32 levels, because a step of 1 / 31 is finer than the eye sees in these pictures, and a softmax
or a logistic mixture over 32 levels trains on a CPU; the grain never falls below 0.3 levels, so
that no flat surface of exactly one level makes a likelihood unbounded or its bands visible.

>>> room = draw(torch.full((1, 20), 0.5).round(), 16)
>>> room.shape, bool((room * TOP_LEVEL == (room * TOP_LEVEL).round()).all())
(torch.Size([1, 3, 16, 16]), True)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
from torch import Tensor

from gen_core.data.image_source import ImageSource, Split
from gen_core.data.rooms_drawing import colours, edge_shadow, layers, paint, stripes
from gen_core.data.rooms_factors import check, named, sample
from gen_core.errors import DataError
from gen_core.training.seeding import generator, normal

__all__ = ["SIZES", "TOP_LEVEL", "Rooms", "draw", "grain", "load"]

TOP_LEVEL = 31
SIZES = {16: (20_000, 2_000), 32: (20_000, 2_000), 64: (8_000, 2_000)}
"""Training and test pictures of each size; at 64 pixels fewer, for they take 100 MB as bytes."""

BLOCK = 100
"""Pictures that are drawn at once, and whose grain one generator gives."""

FEW = 4
"""Blocks of a split that are drawn for themselves where no more than these are asked for."""


def draw(factors: Tensor, size: int, noise: Tensor | None = None) -> Tensor:
    """Draw rooms.

    Args:
        factors: ``(B, F)``, in the order and the ranges of `rooms_factors.FACTORS`.
        size: Pixels along a side.
        noise: What the grain multiplies, ``(B, 1, S, S)``; None draws without grain.

    Returns:
        Pictures ``(B, 3, S, S)``, float32, on the levels k / 31. A picture does not depend on
        the others of its batch.

    Raises:
        DataError: Factors or noise have another shape, or a factor leaves its range.
    """
    check(factors)
    shape = (len(factors), 1, size, size)
    if noise is not None and noise.shape != shape:
        got = tuple(noise.shape)
        raise DataError(f"noise of shape {shape}", got, "Give one number a pixel.")
    values = named(factors)
    shapes = layers(values, size)
    picture, wall = paint(shapes, colours(values), size)
    light = 1 + values["hatch"].float()[:, None] * wall * stripes(values, size)
    light = light * (1 - values["shading"].float()[:, None] * edge_shadow(shapes, size))
    picture = picture * light
    if noise is not None:
        picture = picture + values["grain"].float()[:, None] / TOP_LEVEL * noise
    return (picture.clamp(0, 1) * TOP_LEVEL).round() / TOP_LEVEL


def grain(split: str, size: int, block: int) -> Tensor:
    """Noise of the pictures ``block * BLOCK`` to ``(block + 1) * BLOCK - 1`` of a split."""
    return normal((BLOCK, 1, size, size), 0, f"rooms-{size}/{split}/grain", block)


@dataclass(frozen=True, eq=False)
class Rooms(ImageSource):
    """Rooms of one size, whose factors are known. A split is drawn when it is first asked for."""

    @property
    def size(self) -> int:
        """Pixels along a side."""
        return int(self.name.removeprefix("rooms-"))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        return 3, self.size, self.size

    @property
    def n_train(self) -> int:
        """Pictures to train on."""
        return SIZES[self.size][0]

    @property
    def n_test(self) -> int:
        """Held-out pictures."""
        return SIZES[self.size][1]

    def pictures(self, split: str, start: int = 0, stop: int | None = None) -> Tensor:
        """Return pictures of a split; the first blocks are drawn alone, without the rest.

        See :meth:`gen_core.data.image_source.ImageSource.pictures`.
        """
        if stop is None or not 0 <= start < stop <= FEW * BLOCK:
            return super().pictures(split, start, stop)
        first, last = start // BLOCK, (stop - 1) // BLOCK
        levels = torch.cat([_block(self.size, split, i) for i in range(first, last + 1)])
        return self._values(levels[start - first * BLOCK : stop - first * BLOCK])

    def picked(self, split: str, indices: Tensor) -> Tensor:
        """Return some rooms, drawn alone, without the rest of their blocks.

        See :meth:`gen_core.data.image_source.ImageSource.picked`.
        """
        rows = _factors(self.size, split).index_select(0, indices)
        noise = {i: grain(split, self.size, i) for i in (indices // BLOCK).unique().tolist()}
        own = torch.stack([noise[i // BLOCK][i % BLOCK] for i in indices.tolist()])
        return self._values(_levels(rows, self.size, own))

    def factors(self, split: str) -> Tensor:
        """True factors of the pictures of a split, ``(N, F)``, float32; see `rooms_factors`.

        Raises:
            DataError: Rooms have no such split.
        """
        return _factors(self.size, split)


class _Drawn(Mapping[str, Split]):
    """Splits that are drawn when they are first asked for: a page that only looks needs none."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __getitem__(self, split: str) -> Split:
        return _split(self._size, split)

    def __iter__(self) -> Iterator[str]:
        return iter(("train", "test"))

    def __len__(self) -> int:
        return 2


@cache
def load(size: int) -> Rooms:
    """Return the rooms of a size; the same object at each call.

    Args:
        size: 16, 32 or 64 pixels.

    Raises:
        DataError: There are no rooms of this size.
    """
    if size not in SIZES:
        raise DataError(f"a size of rooms ({', '.join(map(str, SIZES))})", size, "Choose one.")
    return Rooms(f"rooms-{size}", TOP_LEVEL, _Drawn(size))


@cache
def _factors(size: int, split: str) -> Tensor:
    if split not in ("train", "test"):
        raise DataError("a split of rooms (train, test)", repr(split), "Name one of these.")
    n = SIZES[size][split == "test"]
    return sample(n, generator(0, f"rooms/{split}/factors", 0))


@cache
def _split(size: int, split: str) -> Split:
    if split not in ("train", "test"):
        raise KeyError(split)
    blocks = range(len(_factors(size, split)) // BLOCK)
    return Split(torch.cat([_block(size, split, block) for block in blocks]))


@lru_cache(maxsize=2 * FEW)
def _block(size: int, split: str, block: int) -> Tensor:
    rows = _factors(size, split)[block * BLOCK : (block + 1) * BLOCK]
    return _levels(rows, size, grain(split, size, block))


def _levels(factors: Tensor, size: int, noise: Tensor) -> Tensor:
    return (draw(factors, size, noise) * TOP_LEVEL).round().byte()
