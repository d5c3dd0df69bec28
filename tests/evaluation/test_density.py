"""How near a model comes to a density that is known."""

import dataclasses
import math

import pytest
import torch

from gen_core.data.base import PointSource
from gen_core.data.toy2d import dataset
from gen_core.evaluation.density import density, fresh_points


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
