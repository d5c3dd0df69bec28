"""Two parallel lines: the closed forms of W1 and JS over theta, and what training has found.

Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017, example 1 and figure 1. JS carries the factor
1/2; see :mod:`gen_core.objectives.parallel_lines`.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from gen_core.exploration.plane import fixed_batch, points, scores_of
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.objectives import parallel_lines as closed

__all__ = ["parallel_lines"]

COARSE = torch.arange(-20, 21, dtype=torch.float64) / 20  # 0 is a node, and exactly 0
NOTCH = torch.tensor([-1e-6, 1e-6], dtype=torch.float64)  # JS falls to 0 at 0 alone


@runtime_checkable
class LineGame(Protocol):
    """A game in the plane whose generator may hold a line at theta."""

    theta: float
    moves: bool
    measures: str

    def generate(self, models: Mapping[str, nn.Module], noise: Tensor, real: Tensor) -> Tensor:
        """Return ``(B, 2)`` fakes."""

    def estimate(self, real_score: Tensor, fake_score: Tensor) -> Tensor:
        """Return the distance as the opponent's scores have it, 0-d."""


def on_lines(recipe: object) -> bool:
    """Say whether theta places the recipe's fakes, and its opponent estimates a distance."""
    return isinstance(recipe, LineGame) and recipe.moves and recipe.measures in ("w1", "js")


@probe("parallel_lines", settings={"n": points(1024)}, suits=on_lines)
def parallel_lines(view: View, settings: Settings, size: int) -> Arrays:
    """Show the distance of two parallel lines as theta moves, and the opponent's estimate of it.

    Returns:
        ``theta`` ``(43,)`` from -1 to 1 and there, in closed form, ``w1`` in units of theta and
        ``js`` in nats; ``now`` ``(1,)``, the present theta; ``estimate`` ``(1,)``, what the
        opponent's scores of the first n fixed points say of its own distance.
    """
    scores = scores_of(view)
    real, fake = fixed_batch(view, settings["n"])
    with torch.no_grad():
        found = view.recipe.estimate(scores(real), scores(fake))
    theta = torch.cat((COARSE, NOTCH)).sort().values
    exact = closed.parallel_lines(theta)
    return {
        "theta": theta.float().numpy(),
        "w1": exact.w1.float().numpy(),
        "js": exact.js.float().numpy(),
        "now": np.array([view.recipe.theta], np.float32),
        "estimate": np.array([float(found)], np.float32),
    }
