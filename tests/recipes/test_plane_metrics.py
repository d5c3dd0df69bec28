"""Slow metrics that can be trusted: a perfect generator scores the floor, a wrong one does not."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from gen_core.data.toy2d import dataset
from gen_core.exploration.base import View
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState
from gen_core.training.seeding import generator
from gen_core.training.snapshot import take

CPU = torch.device("cpu")


class Oracle(nn.Module):
    """Returns fresh real points, moved by a shift; `only` keeps it at some of the modes."""

    def __init__(self, data, shift=0.0, only=None):
        super().__init__()
        self.source, self.shift, self.only = dataset(data), shift, only

    def forward(self, noise):
        if self.only is not None:
            return self.source.modes[: self.only].repeat(len(noise), 1)[: len(noise)]
        index = int(noise.double().abs().sum() * 1e6)  # fresh points for fresh noise
        drawn = self.source.batch(len(noise), generator(123, "oracle", index))
        return drawn + torch.tensor([self.shift, 0.0])


def view_of(made, data="8gaussians", seed=7, t=5):
    recipe = make("wgan", "gp", {"data": data})
    return View(recipe, seed, CPU, t, {"critic": nn.Identity(), "generator": made})


def measured(view, name):
    metric = view.recipe.metrics()[name]
    return list(metric.steps(view))[-1], metric.floor(view)


@pytest.mark.parametrize("data", ["8gaussians", "25gaussians", "swissroll", "rings"])
def test_a_perfect_generator_scores_the_floor(data):
    """In the mean over steps: one value of five blocks has a standard error of about 0.025."""
    values = [measured(view_of(Oracle(data), data, t=t), "w1") for t in range(6)]
    floor = values[0][1]
    assert floor > 0.1, "finite samples of one law are apart: the floor is not 0"
    assert np.mean([value for value, _ in values]) == pytest.approx(floor, rel=0.25)
    assert {other for _, other in values} == {floor}, "one floor for the data"


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_a_shifted_generator_scores_its_shift(shift):
    """W1 of a translation is its length (and bias adds no more than the floor)."""
    value, floor = measured(view_of(Oracle("8gaussians", shift)), "w1")
    assert shift - 0.05 < value < shift + floor + 0.05
    assert value > 3 * floor


@pytest.mark.parametrize("data, total", [("8gaussians", 8), ("25gaussians", 25)])
def test_modes_and_quality_of_a_perfect_generator(data, total):
    view = view_of(Oracle(data), data)
    assert measured(view, "modes") == (total, total)
    quality, floor = measured(view, "high_quality")
    assert quality == pytest.approx(floor, abs=1.0) and floor == pytest.approx(98.9, abs=0.7)


def test_lost_modes_and_bad_samples_are_counted():
    assert measured(view_of(Oracle("8gaussians", only=3)), "modes")[0] == 3
    shifted = view_of(Oracle("8gaussians", shift=5.0))
    assert measured(shifted, "high_quality")[0] < 5
    assert measured(shifted, "modes")[0] <= 2


def test_modes_are_measured_only_where_there_are_modes():
    assert set(make("wgan", "", {"data": "moons"}).metrics()) == {"w1"}
    assert set(make("gan", "minimax").metrics()) == {"w1", "modes", "high_quality"}


def test_the_figures_generator_is_about_as_far_as_its_noise():
    """Real + N(0, I): W1 is at most sqrt(pi / 2) = 1.2533, and far above the floor."""
    recipe = make("wgan", "gp-figure")
    view = View(recipe, 7, CPU, 0, {"critic": nn.Identity()})
    value, floor = measured(view, "w1")
    assert 2 * floor < value < 1.2533 + floor


def test_w1_comes_in_slices_whose_last_is_the_value():
    view = view_of(Oracle("8gaussians"))
    slices = list(view.recipe.metrics()["w1"].steps(view))
    assert len(slices) == 5 and all(np.isfinite(slices))


def test_measures_are_indexed_too():
    """Equal seed and step: equal value; the next step has fresh points."""

    def value(seed, t):
        return measured(view_of(Oracle("8gaussians"), seed=seed, t=t), "w1")[0]

    class Witness(Oracle):
        """Keeps the noise that it was given."""

        def forward(self, noise):
            self.noise = noise
            return super().forward(noise)

    seen = []
    for t in (5, 5, 6):
        measured(view_of(made := Witness("8gaussians"), t=t), "w1")
        seen.append(made.noise)
    assert torch.equal(seen[0], seen[1]) and not torch.isin(seen[2], seen[0]).any()
    assert value(7, 5) == value(7, 5)
    assert len({value(7, 5), value(7, 6), value(8, 5)}) == 3


def test_measuring_changes_no_generator_and_no_weight():
    state = TrainingState.start(make("wgan", "gp", {"width": 8, "batch": 16}), 7)
    before = take(state)
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].tolist()
    python_state = random.getstate()
    for name in state.recipe.metrics():
        value, floor = measured(View.of(state), name)
        assert np.isfinite(value) and np.isfinite(floor)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.random.get_state()[1].tolist() == numpy_state
    assert random.getstate() == python_state
    assert take(state) == before
    assert all(p.grad is None for m in state.models.values() for p in m.parameters())
