"""The slow metrics of two-dimensional recipes, each with the floor of fresh real samples.

Generated and real samples of a measurement are fresh, from streams of their own indexed by t, so
that measuring changes no number of the training. The floor is the same measure, on as many
samples, of fresh real points in place of the generated ones: what a perfect generator scores.
"""

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from gen_core.data.base import PointSource
from gen_core.evaluation import modes, transport
from gen_core.recipes.measures import Metric, View
from gen_core.training.seeding import generator

__all__ = ["plane_metrics"]

BLOCKS = 5  # of 200 points each: W1 over 1000 points, a slice at a time
SAMPLES = 2048  # for modes and quality


class Game(Protocol):
    """What these metrics need of a recipe: data, and points generated from noise."""

    def dataset(self) -> PointSource:
        """Return the data."""

    def sample_noise(self, n: int, random: torch.Generator) -> Tensor:
        """Draw noise, ``(n, noise_dim)``."""

    def generate(self, models: Mapping[str, nn.Module], noise: Tensor, real: Tensor) -> Tensor:
        """Return generated points, ``(n, 2)``."""


def plane_metrics(recipe: Game) -> dict[str, Metric]:
    """Return W1 for any data, and modes covered and high quality where the data have modes."""
    source = recipe.dataset()
    found = {"w1": Metric("W₁ to the data", "", _w1_steps, lambda view: _w1_floor(source))}
    if source.modes is None:
        return found
    total = len(source.modes)
    found["modes"] = Metric(
        f"Modes covered, of {total}", "", _modes_steps, lambda view: _mode_floor(source).covered,
        better="high",
    )  # fmt: skip
    found["high_quality"] = Metric(
        "High quality, within 3σ",
        "%",
        _quality_steps,
        lambda view: 100 * _mode_floor(source).high_quality,
        better="high",
    )
    return found


def _pairs(view: View, n: int) -> tuple[Tensor, Tensor]:
    """Draw n fresh real and n generated points of the view's step, on the CPU."""
    recipe = cast(Game, view.recipe)
    source = recipe.dataset()
    real = source.batch(n, generator(view.seed, "metric/real", view.t))
    base = source.batch(n, generator(view.seed, "metric/base", view.t))
    noise = recipe.sample_noise(n, generator(view.seed, "metric/noise", view.t))
    with torch.no_grad():
        made = recipe.generate(view.models, noise.to(view.device), base.to(view.device))
    return real, made.cpu()


def _w1_steps(view: View) -> Iterator[float]:
    transport.prepare()
    while transport.preparing():
        yield math.nan
    real, made = _pairs(view, BLOCKS * transport.BLOCK)
    for estimate in transport.w1_steps(real, made):
        yield estimate.value


def _modes_steps(view: View) -> Iterator[float]:
    yield float(_coverage(view).covered)


def _quality_steps(view: View) -> Iterator[float]:
    yield 100 * _coverage(view).high_quality


def _coverage(view: View) -> modes.Coverage:
    source = cast(Game, view.recipe).dataset()
    return modes.coverage(_pairs(view, SAMPLES)[1], source)


@lru_cache(maxsize=16)
def _w1_floor(source: PointSource) -> float:
    return transport.floor(source, generator(0, "metric/floor", 0)).value


@lru_cache(maxsize=16)
def _mode_floor(source: PointSource) -> modes.Coverage:
    return modes.floor(source, SAMPLES, generator(0, "metric/floor", 0))
