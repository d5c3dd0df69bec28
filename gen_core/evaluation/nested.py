"""How much of a variance each level of a hierarchy causes, from a nested design.

Draw I noises of the top level, for each of them J of the middle, for each of these K of the
pixels: a value y_ijk then follows the balanced nested random-effects model

    y_ijk = mu + a_i + b_ij + c_ijk,   Var y = s_a^2 + s_b^2 + s_c^2.

With the mean squares of the analysis of variance, MS_d = SS_d / df_d, where SS_d sums the squared
steps from the mean of level d - 1 to that of level d over all values, E MS_c = s_c^2,
E MS_b = s_c^2 + K s_b^2 and E MS_a = s_c^2 + K s_b^2 + J K s_a^2. Solved from below, these give
unbiased components (Searle, Casella & McCulloch, "Variance Components", 1992, chapter 3). The
same holds for any number of levels and any law of the effects: a_i is E[y | i] - mu, and so on.

Nesting is the ancestral order of a hierarchy: what a lower noise does may depend on what is above
it, and counts for the lower level. `alone` asks the other question, that of Gulrajani et al. 2017
(PixelVAE, Figure 6): what one level's noise does while every other noise is held.
"""

import math

import torch
from torch import Tensor

from gen_core.errors import DataError

__all__ = ["alone", "components", "explained", "variance_by_level"]


def components(values: Tensor, levels: int = 3) -> Tensor:
    """Unbiased variance component of each level; one may come out negative by chance.

    Args:
        values: ``(I, J, K, …)``: one axis a level, the top first, at least two noises each; then
            any others, which are not mixed.
        levels: How many of the axes are levels.

    Returns:
        ``(levels, …)``, float64.

    Raises:
        DataError: An axis is missing or too short.

    Example:
        >>> y = torch.tensor([[[1.0, 3.0], [5.0, 7.0]], [[9.0, 11.0], [13.0, 15.0]]])
        >>> components(y).tolist()
        [28.0, 7.0, 2.0]
    """
    counts = _counts(values, levels)
    below = torch.zeros(values.shape[levels:], dtype=torch.float64, device=values.device)
    found: list[Tensor] = []
    for level in reversed(range(levels)):
        freedom = math.prod(counts[:level]) * (counts[level] - 1)
        copies = math.prod(counts[level + 1 :])
        square = copies * _steps(values, level, levels).sum(tuple(range(level + 1))) / freedom
        found.insert(0, (square - below) / copies)
        below = square
    return torch.stack(found)


def explained(readings: Tensor, levels: int = 3) -> Tensor:
    """Share of the variance that each level causes.

    `components`, those below 0 clipped at 0, divided by their sum.

    Args:
        readings: ``(I, J, K, F)``, as in `components`.
        levels: How many of the axes are levels.

    Returns:
        Shares ``(levels, F)``, float64, that sum to 1; NaN where nothing varies.

    Raises:
        DataError: An axis is missing or too short.
    """
    found = components(readings, levels).clamp(min=0)
    return found / found.sum(0)


def alone(varied: Tensor, free: Tensor) -> Tensor:
    """Share of the variance that one level's noise causes while the other noises are held.

    E[Var(y | the other noises)] / Var(y), the total-effect index of Homma & Saltelli 1996: the
    shares of all levels sum to 1 without interactions, and to more with them.

    Args:
        varied: ``(R, N, F)``: R times all noises are drawn, then this level's N times anew.
        free: ``(M, F)``: all noises drawn anew each time.

    Returns:
        ``(F,)``, float64; both variances are unbiased. NaN where nothing varies.

    Raises:
        DataError: Fewer than two values to take a variance of.
    """
    if varied.ndim != 3 or varied.shape[1] < 2 or free.ndim != 2 or len(free) < 2:
        got = f"{tuple(varied.shape)} and {tuple(free.shape)}"
        expected = "readings (R, N, F) and (M, F) with N and M of at least 2"
        raise DataError(expected, got, "Draw more samples.")
    return varied.double().var(1).mean(0) / free.double().var(0)


def variance_by_level(pictures: Tensor, levels: int = 3, unbiased: bool = False) -> Tensor:
    """Map of the variance that each level causes, pixel by pixel.

    The law of total variance over the pictures at hand, each mean being taken over what is nested
    below:

        Var x = Var_i E[x | i] + E_i Var_j E[x | i, j] + E_ij Var_k x.

    These are population variances (divisor n), so that the maps sum to the total variance
    exactly; the price is that a level also shows the noise that its means of few samples have
    left: the middle shows s_c^2 / K too many, for instance. ``unbiased`` shows `components`
    clipped at 0 instead, which sum to the total only on average.

    Args:
        pictures: ``(I, J, K, C, H, W)``.
        levels: How many of the axes are levels.
        unbiased: Which of the two decompositions.

    Returns:
        ``(levels, H, W)``, float64, averaged over the colours.

    Raises:
        DataError: An axis is missing or too short.
    """
    _counts(pictures, levels, trailing=3)
    if unbiased:
        return components(pictures, levels).clamp(min=0).mean(1)
    maps = [
        _steps(pictures, level, levels).mean(tuple(range(level + 1))).mean(0)
        for level in range(levels)
    ]
    return torch.stack(maps)


def _steps(values: Tensor, level: int, levels: int) -> Tensor:
    """Squared steps from the mean of the level above to that of this, ``(n_0, …, n_level, …)``."""
    inner = tuple(range(level + 1, levels))
    means = values.double().mean(inner) if inner else values.double()
    return (means - means.mean(level, keepdim=True)).square()


def _counts(values: Tensor, levels: int, trailing: int = 0) -> tuple[int, ...]:
    counts = tuple(values.shape[:levels])
    if len(values.shape) < levels + trailing or min(counts) < 2:
        expected = f"{levels} levels with at least 2 noises each, then {trailing or 'other'} axes"
        raise DataError(expected, tuple(values.shape), "Draw more noises of each level.")
    return counts
