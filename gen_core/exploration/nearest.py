"""The training pictures that are nearest to given ones: has the model learnt them by heart?"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.data.image_source import ImageSource

__all__ = ["Nearest", "nearest_training"]

CHUNK = 5000  # training pictures between two looks at the clock: 16 MB at 28 x 28


@dataclass(frozen=True)
class Nearest:
    """The nearest of the training pictures that were looked at so far.

    Attributes:
        index: Of each picture's nearest one, ``(B,)``, int64.
        distance: Root of the mean squared difference of its pixels, ``(B,)``.
        share: Of the training pictures, looked at.
    """

    index: Tensor
    distance: Tensor
    share: float


@torch.no_grad()
def nearest_training(x: Tensor, data: ImageSource) -> Iterator[Nearest]:
    """Look for the training picture nearest to each of some pictures, part by part.

    Args:
        x: Pictures ``(B, C, H, W)`` in [0, 1].
        data: Where the model learnt from.

    Yields:
        The nearest so far; the last is of all training pictures. Of equals the first counts.
    """
    wanted = x.cpu().float().flatten(1)
    best = torch.full((len(x),), torch.inf)
    index = torch.zeros(len(x), dtype=torch.int64)
    picture = torch.zeros_like(wanted)
    for start in range(0, data.n_train, CHUNK):
        known = data.pictures("train", start, start + CHUNK).flatten(1)
        squared, own = _squared(wanted, known).min(1)
        nearer = squared < best
        best, index = torch.where(nearer, squared, best), torch.where(nearer, own + start, index)
        picture = torch.where(nearer.unsqueeze(1), known[own], picture)
        found = (wanted - picture).square().mean(1).sqrt()  # again, without cancellation
        yield Nearest(index, found, min(1.0, (start + CHUNK) / data.n_train))


def _squared(a: Tensor, b: Tensor) -> Tensor:
    """Squared distances between all rows, up to a term of each row of ``a``."""
    return b.square().sum(1) - 2 * a @ b.T
