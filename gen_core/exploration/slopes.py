"""Is the critic 1-Lipschitz? Its slope along lines from a real point to a generated one.

Two measures on each line, of the fixed batches (Gulrajani et al. 2017, Alg. 1):

- the *slope* |D(x) - D(y)| / ||x - y|| of its ends: at most 1 for a 1-Lipschitz critic;
- the *gradient norm* ||grad D|| at a point drawn uniformly on the line: what the gradient penalty
  pulls to 1. The norm may be 1 all along a line whose slope is less.

Pairs are by index, as in the penalty; the probe ``coupling`` looks along optimal pairs.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gen_core.exploration.plane import fixed_batch, in_plane, point_gradients, points, scores_of
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import uniform

__all__ = ["BINS", "TOP", "line_gradients", "line_slopes", "slopes", "summary"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
AROUND_ONE = (0.9, 1.1)
BINS = Setting(40, "0.05 wide up to 2", low=4, high=400, hint="Number of equal bins")
TOP = Setting(
    2.0,
    "twice the slope that the penalty asks for",
    low=0.01,
    high=1000.0,
    log=True,
    hint="Upper end of the histogram; its last bin holds all that is steeper",
)


def line_slopes(scores: Callable[[Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    """Return |D(x) - D(y)| / ||x - y|| for each pair of points, ``(B,)``.

    A pair that coincides has no slope and reads 0.

    Args:
        scores: A map ``(B, 2) -> (B,)``.
        x: Points, ``(B, 2)``.
        y: Points, ``(B, 2)``.

    Example:
        >>> line_slopes(lambda x: 3 * x[:, 0], torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]))
        tensor([1.8000])
    """
    with torch.no_grad():
        rise = (scores(x) - scores(y)).abs()
        run = (x - y).norm(dim=1)
    return torch.where(run > 0, rise / run.where(run > 0, torch.ones_like(run)), 0.0)


def line_gradients(
    scores: Callable[[Tensor], Tensor], x: Tensor, y: Tensor, epsilon: Tensor
) -> Tensor:
    """Return ||grad D|| at epsilon * x + (1 - epsilon) * y for each pair, ``(B,)``.

    Args:
        scores: A map ``(B, 2) -> (B,)``.
        x: Points, ``(B, 2)``.
        y: Points, ``(B, 2)``.
        epsilon: Places on the lines, ``(B,)`` in [0, 1].
    """
    middle = epsilon[:, None] * x + (1 - epsilon[:, None]) * y
    return point_gradients(scores, middle).norm(dim=1)


@probe(
    "slopes",
    every=1.0,
    settings={"n": points(512), "bins": BINS, "top": TOP},
    suits=in_plane,
)
def slopes(view: View, settings: Settings, size: int) -> Arrays:
    """Show whether the critic is 1-Lipschitz: its slopes along lines from real to generated.

    Returns:
        Of the slopes: ``counts`` ``(bins,)`` int32, ``edges`` ``(bins + 1,)`` from 0 to top (the
        last bin holds all that is steeper), ``mean`` 0-d, ``quantiles`` ``(5,)`` at 5, 25, 50, 75
        and 95 %, ``share`` 0-d within [0.9, 1.1]. Of the gradient norms on the lines the same,
        named ``gradient_counts``, ``gradient_mean``, ``gradient_quantiles``, ``gradient_share``.
    """
    scores = scores_of(view)
    real, fake = fixed_batch(view, settings["n"])
    epsilon = uniform((len(real),), view.seed, "probe/line", 0, view.device)
    edges = np.linspace(0, settings["top"], settings["bins"] + 1)
    along = summary(line_slopes(scores, real, fake), edges)
    steep = summary(line_gradients(scores, real, fake, epsilon), edges)
    return {
        "edges": edges.astype(np.float32),
        **along,
        **{f"gradient_{name}": array for name, array in steep.items()},
    }


def summary(slopes: Tensor, edges: np.ndarray) -> Arrays:
    """Return what a histogram panel shows of numbers that should be 1.

    Args:
        slopes: Numbers ``(B,)``; those that are not finite are in no bin.
        edges: ``(bins + 1,)``; the last bin holds all that is larger.

    Returns:
        ``counts`` ``(bins,)`` int32, ``mean`` 0-d, ``quantiles`` ``(5,)`` at 5, 25, 50, 75 and
        95 %, ``share`` 0-d within [0.9, 1.1].
    """
    values = slopes.detach().cpu().double().numpy()
    finite = values[np.isfinite(values)]
    counts, _ = np.histogram(np.minimum(finite, edges[-1]), bins=edges)
    low, high = AROUND_ONE
    share = ((values >= low) & (values <= high)).mean()
    return {
        "counts": counts.astype(np.int32),
        "mean": np.asarray(values.mean(), np.float32),
        "quantiles": np.quantile(values, QUANTILES).astype(np.float32),
        "share": np.asarray(share, np.float32),
    }
