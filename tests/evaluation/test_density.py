"""Densities against their entropies: exact ones, estimated ones, and a model that is known."""

import dataclasses
import math

import pytest
import torch

from gen_core.data.base import PointSource
from gen_core.data.toy2d import dataset, names
from gen_core.evaluation.density import density, entropy, fresh_points

DENSE = sorted(set(names()) - {"line"})


@pytest.mark.parametrize("name", DENSE)
def test_the_entropy_of_a_source_is_that_of_its_samples(name):
    """Within four standard errors of the mean of -log p over 20 000 points."""
    source = dataset(name)
    truth = -source.log_density(fresh_points(source, 20_000).double())
    error = float(truth.std()) / math.sqrt(len(truth))
    assert error < 0.01 and entropy(source).error == 0
    assert abs(float(truth.mean()) - entropy(source).value) <= 4 * error + 1e-9


def test_a_source_that_knows_no_entropy_is_sampled_and_a_line_has_none():
    """That of N(0, I) is 1 + ln 2 pi = 2.837877."""
    found = entropy(Normal("normal"))
    assert 0 < found.error < 0.005
    assert found.value == pytest.approx(2.837877, abs=4 * found.error)
    assert entropy(dataset("line")) is None


@dataclasses.dataclass(frozen=True, eq=False)
class Normal(PointSource):
    """N(0, I)."""

    def batch(self, n, generator):
        return torch.randn(n, 2, generator=generator)

    def log_density(self, x):
        return -0.5 * x.square().sum(1) - math.log(2 * math.pi)


def test_the_gap_is_the_kl_divergence():
    """KL(N(0, I) || N(0, 4 I)) = 2 ln 2 - 3/4 = 0.636294."""
    source = Normal("normal")

    def wide(x):
        return -x.square().sum(1) / 8 - math.log(8 * math.pi)

    points = fresh_points(source, 10_000)
    *_, last = density(wide, points, source)
    gap, nll = last.result.gap, last.result.nll
    assert last.share == 1 and last.result.points == 10_000
    assert gap.value == pytest.approx(2 * math.log(2) - 0.75, abs=4 * gap.error)
    entropy_of_normal = 1 + math.log(2 * math.pi)
    assert nll.value == pytest.approx(entropy_of_normal + 0.636294, abs=4 * nll.error)
    *_, same = density(source.log_density, points, source)
    assert same.result.gap.value == pytest.approx(0, abs=1e-6)


def test_test_points_are_nobody_elses():
    source = dataset("moons")
    assert torch.equal(fresh_points(source, 50), fresh_points(source, 50))
    assert not torch.equal(fresh_points(source, 50), fresh_points(source, 50, seed=1))
