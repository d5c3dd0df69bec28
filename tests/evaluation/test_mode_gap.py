"""The parts of a divergence over separated modes: by hand, and against the divergence itself."""

import math

import pytest
import torch

from gen_core.data.mixtures import GaussianMixture
from gen_core.evaluation.figures import Estimate
from gen_core.evaluation.mode_gap import mode_gap, parts
from gen_core.training.seeding import generator

PAIR = GaussianMixture(name="pair", modes=torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), mode_std=0.02)
N = 40_000


def last(steps):
    *_, found = steps
    assert found.share == 1
    return found.result


def of_points(x, whole=None):
    return last(mode_gap(lambda n, t: x[4096 * t :][:n], PAIR, len(x), whole))


def misplaced(wide=1.0):
    """Model points: a fifth between the modes, three fifths left, one right; as wide as asked."""
    random = generator(3, "test", 0)
    which = torch.multinomial(torch.tensor([0.6, 0.2, 0.2]), N, True, generator=random)
    centres = torch.tensor([[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    return centres[which] + wide * PAIR.mode_std * torch.randn(N, 2, generator=random)


def test_the_parts_are_those_worked_out_by_hand():
    found = of_points(misplaced())
    between, shares = math.log(5 / 4), 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert abs(found.between.value - between) < 5 * found.between.error
    assert abs(found.shares.value - shares) < 5 * found.shares.error
    assert found.points == N


def test_the_parts_make_up_the_divergence_where_modes_are_right_inside():
    # q = p_k within each mode, so that KL(p || q) = E_p[log p - log q] is both parts and no more
    x = PAIR.batch(20_000, generator(4, "test", 0)).double()
    left = x[:, 0] < 0
    log_q = PAIR.log_density(x) + torch.where(left, math.log(0.6 / 0.5), math.log(0.2 / 0.5))
    gap = (PAIR.log_density(x) - log_q).mean()
    found = of_points(misplaced())
    error = math.hypot(found.between.error, found.shares.error)
    assert found.between.value + found.shares.value == pytest.approx(float(gap), abs=5 * error)


def test_what_is_left_of_the_divergence_is_that_of_the_modes_outlines():
    # modes r = 3/2 as wide as the data's: centred Gaussians differ by log r^2 + 1 / r^2 - 1
    outlines = math.log(2.25) + 1 / 2.25 - 1
    centres = -0.5 * math.log(2 * 0.6) - 0.5 * math.log(2 * 0.2)
    found = of_points(misplaced(wide=1.5), Estimate(centres + outlines, 0.003))
    # beyond five deviations, where wide modes count as between, lies exp(-25 / 4.5) of them
    assert found.inside.value == pytest.approx(outlines, abs=5 * found.inside.error + 0.004)
    error = math.hypot(0.003, found.between.error, found.shares.error)
    assert found.inside.error == pytest.approx(error)
    assert found.figures()["gap_inside"].estimate == found.inside
    assert "gap_inside" not in of_points(misplaced()).figures(), "the whole is not known"


def test_data_have_neither_part():
    found = of_points(PAIR.batch(N, generator(5, "test", 0)))
    assert found.between.value < 1e-3 and found.shares.value < 1e-3


def test_the_errors_are_what_repeated_counts_scatter_by():
    random = torch.Generator().manual_seed(6)
    chances = torch.tensor([0.5, 0.3, 0.2])
    found = []
    for _ in range(400):
        which = torch.multinomial(chances, 1000, True, generator=random)
        found.append(parts(torch.bincount(which, minlength=3)[:2], 1000))
    for name in ("between", "shares"):
        values = torch.tensor([getattr(each, name).value for each in found])
        errors = torch.tensor([getattr(each, name).error for each in found])
        assert float(errors.mean()) == pytest.approx(float(values.std()), rel=0.15)


def test_an_empty_mode_costs_much_but_not_everything():
    found = parts(torch.tensor([1000, 0]), 1000)
    assert 2 < found.shares.value < 4
    assert math.isfinite(found.shares.error)
