"""Grey pictures served as pictures of 0 and 1.

Salakhutdinov & Murray, "On the Quantitative Analysis of Deep Belief Networks", ICML 2008, took the
grey of an MNIST pixel for the probability that it is on. Drawn anew whenever a picture is served,
that is dynamic binarisation; drawn once and kept, it is static.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.data.image_source import ImageSource, Split
from gen_core.data.pixels import binarize
from gen_core.training.seeding import uniform

__all__ = ["Binarised", "fixed_bits"]

SEED = 0
BLOCK = 500  # pictures whose noise is drawn in one go: 1.6 MB at 28 x 28


@dataclass(frozen=True, eq=False)
class Binarised(ImageSource):
    """Grey bytes in the splits, but 0 or 1 in what is served: ``top_level`` is to be 1.

    A batch takes fresh noise from its generator after its indices. `pictures` uses `fixed_bits`,
    so a test set is the same at each call.
    """

    def pictures(self, split: str, start: int = 0, stop: int | None = None) -> Tensor:
        """Return binarised pictures, fixed by index; see `ImageSource.pictures`."""
        return fixed_bits(self.split(split), split, start, stop).float()

    def _drawn(self, chosen: Tensor, generator: torch.Generator) -> Tensor:
        grey = self.splits["train"].levels.index_select(0, chosen).float() / 255
        return binarize(grey, torch.rand(grey.shape, generator=generator))


def fixed_bits(grey: Split, name: str, start: int = 0, stop: int | None = None) -> Tensor:
    """Binarise pictures with noise that is a function of split, index and `SEED` alone.

    Args:
        grey: A split of grey bytes.
        name: Its name.
        start: Index of the first picture, as in a slice.
        stop: Index after the last, as in a slice.

    Returns:
        0 or 1, ``(B, C, H, W)``, uint8.
    """
    levels = grey.levels
    first, last, _ = slice(start, stop).indices(len(levels))
    bits = [levels[:0]]
    for block in range(first // BLOCK, -(-last // BLOCK) if last > first else 0):
        low = block * BLOCK
        high = min(low + BLOCK, len(levels))
        noise = uniform((BLOCK, *levels.shape[1:]), SEED, f"binarise {name}", block)
        on = binarize(levels[low:high].float() / 255, noise[: high - low]).to(torch.uint8)
        bits.append(on[max(first - low, 0) : last - low])
    return torch.cat(bits)
