"""Test pictures for a probe, by index."""

from typing import cast

from torch import Tensor

from gen_core.exploration.registry import View

__all__ = ["held_out"]


def held_out(view: View, start: int, n: int) -> Tensor:
    """Return test pictures from an index on, ``(B, C, H, W)``; past the end, the last one.

    Args:
        view: A lane that learns from pictures.
        start: Index of the first.
        n: How many; fewer where the test set ends.
    """
    data = view.recipe.dataset()
    first = min(start, data.n_test - 1)
    return cast(Tensor, data.pictures("test", first, first + n)).to(view.device)
