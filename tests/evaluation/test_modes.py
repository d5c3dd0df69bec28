"""Modes covered and high-quality share: by hand, and against what real samples must score."""

import math

import pytest
import torch

from gen_core.data.toy2d import dataset
from gen_core.errors import DataError
from gen_core.evaluation import modes

MIXTURES = ["8gaussians", "25gaussians"]


@pytest.mark.parametrize("name", MIXTURES)
def test_reach_is_three_standard_deviations(name):
    source = dataset(name)
    step = torch.tensor([0.6, 0.8]) * source.mode_std
    x = torch.stack([source.modes[0] + 2.99 * step, source.modes[1] + 3.01 * step])
    result = modes.coverage(x, source)
    assert result.counts.tolist() == [1] + [0] * (result.total - 1)
    assert (result.covered, result.high_quality) == (1, 0.5)
    assert modes.coverage(x, source, within=4.0).covered == 2


@pytest.mark.parametrize("name", MIXTURES)
def test_a_collapsed_generator_covers_one(name):
    source = dataset(name)
    result = modes.coverage(source.modes[3].expand(500, 2), source)
    assert (result.covered, result.high_quality, int(result.counts[3])) == (1, 1.0, 500)


@pytest.mark.parametrize("name", MIXTURES)
def test_dots_between_the_modes_count_for_nothing(name):
    source = dataset(name)
    between = (source.modes[0] + source.modes[1]).expand(10, 2) / 2 + 0.2
    assert (modes.coverage(between, source).covered, modes.coverage(between, source).samples) == (
        0,
        10,
    )


@pytest.mark.parametrize("name", MIXTURES)
def test_real_samples_score_the_closed_form(name):
    source = dataset(name)
    result = modes.floor(source, 50_000, torch.Generator().manual_seed(1))
    share = modes.expected_high_quality()
    error = math.sqrt(share * (1 - share) / 50_000)
    assert result.high_quality == pytest.approx(share, abs=4 * error)
    assert result.covered == len(source.modes)


def test_few_real_samples_miss_modes_as_often_as_expected():
    source, generator = dataset("25gaussians"), torch.Generator().manual_seed(2)
    runs = [modes.floor(source, 50, generator).covered for _ in range(400)]
    assert sum(runs) / 400 == pytest.approx(modes.expected_covered(25, 50), abs=0.3)
    assert max(runs) <= 25


@pytest.mark.parametrize(("within", "share"), [(1.0, 0.3935), (2.0, 0.8647), (3.0, 0.9889)])
def test_share_is_the_chi_square_of_two_dimensions(within, share):
    assert modes.expected_high_quality(within) == pytest.approx(share, abs=1e-4)
    distance = torch.randn(100_000, 2, generator=torch.Generator().manual_seed(3)).norm(dim=1)
    assert float((distance <= within).float().mean()) == pytest.approx(share, abs=0.006)


def test_counting_like_the_ali_paper():
    """Every sample belongs to its nearest mode, however far it is."""
    source = dataset("8gaussians")
    result = modes.coverage(0.3 * source.modes, source, within=math.inf)
    assert result.counts.tolist() == [1] * 8


def test_diverged_samples_are_bad_samples():
    source = dataset("8gaussians")
    x = torch.cat([source.modes[:1], torch.tensor([[math.nan, 0.0], [math.inf, 0.0]])])
    for within in (3.0, math.inf):
        result = modes.coverage(x, source, within=within)
        assert result.high_quality == pytest.approx(1 / 3) and result.covered == 1


def test_refusals():
    with pytest.raises(DataError, match="separate modes, got swissroll, which has none. Choose"):
        modes.coverage(torch.zeros(3, 2), dataset("swissroll"))
    with pytest.raises(DataError, match="separate modes"):
        modes.floor(dataset("moons"), 10, torch.Generator())
    with pytest.raises(DataError, match=r"samples of shape \(N, 2\), got \(0, 2\)"):
        modes.coverage(torch.zeros(0, 2), dataset("8gaussians"))
