"""The slope measure, checked on critics whose Lipschitz constant is known by hand."""

import itertools
import math

import numpy as np
import pytest
import torch

from gen_core.exploration.base import View, run_probe
from gen_core.exploration.slopes import line_gradients, line_slopes
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train


def unit_plane(x):
    return 0.6 * x[:, 0] + 0.8 * x[:, 1]


def cone(x):
    return x.norm(dim=1)


def fold(x):
    return x[:, 0].abs()


@pytest.mark.parametrize("factor", [1.0, 2.0, 0.01])
@pytest.mark.parametrize("critic", [unit_plane, cone, fold])
def test_one_lipschitz_critics(critic, factor, view_of):
    """Gradient norm 1 almost everywhere, slope never above 1; both scale with the critic."""
    view = view_of(lambda x: factor * critic(x))
    made = run_probe(view, "slopes", {"n": 1024, "top": 4.0})
    np.testing.assert_allclose(made["gradient_quantiles"], factor, rtol=1e-5)
    assert float(made["gradient_mean"]) == pytest.approx(factor, rel=1e-5)
    assert float(made["gradient_share"]) == (1.0 if factor == 1 else 0.0)
    assert made["quantiles"].max() <= factor * (1 + 1e-4)
    assert made["counts"].sum() == made["gradient_counts"].sum() == 1024


def test_slope_by_hand():
    """From (0, 0) to (3, 4) the fold rises by 3 over a way of 5."""
    x, y = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
    assert float(line_slopes(fold, x, y)) == pytest.approx(0.6)
    assert float(line_slopes(cone, x, y)) == pytest.approx(1.0)
    assert float(line_slopes(unit_plane, x, y)) == pytest.approx(1.0)
    assert float(line_slopes(lambda x: 2 * unit_plane(x), x, y)) == pytest.approx(2.0)


def test_slope_of_a_random_direction(view_of):
    """With y = x + unit Gaussian noise a unit plane's slope is |cos| of a uniform angle."""
    made = run_probe(view_of(unit_plane), "slopes", {"n": 1024})
    assert float(made["mean"]) == pytest.approx(2 / math.pi, abs=0.04)
    assert float(made["quantiles"][2]) == pytest.approx(math.cos(math.pi / 4), abs=0.06)
    share = 2 / math.pi * math.acos(0.9)
    assert float(made["share"]) == pytest.approx(share, abs=0.05)


def test_coinciding_points_have_no_slope():
    x = torch.ones(3, 2)
    assert line_slopes(cone, x, x).tolist() == [0, 0, 0]


def test_gradient_is_taken_on_the_line():
    """D = x^2 / 2 has gradient norm |x|: at epsilon of the way from (0, 0) to (2, 0)."""
    x, y = torch.tensor([[2.0, 0.0]] * 3), torch.zeros(3, 2)
    epsilon = torch.tensor([0.0, 0.25, 1.0])
    norms = line_gradients(lambda p: p[:, 0] ** 2 / 2, x, y, epsilon)
    torch.testing.assert_close(norms, torch.tensor([0.0, 0.5, 2.0]))


def test_steeper_lines_fall_into_the_last_bin(view_of):
    made = run_probe(view_of(lambda x: 50 * unit_plane(x)), "slopes", {"bins": 8})
    assert made["gradient_counts"].tolist() == [0] * 7 + [512]
    np.testing.assert_allclose(made["edges"], np.linspace(0, 2, 9))


def test_exploded_critics_are_shown_as_such(view_of):
    made = run_probe(view_of(lambda x: x[:, 0] * float("nan")), "slopes")
    assert made["counts"].sum() == 0 and np.isnan(made["mean"]) and float(made["share"]) == 0


def test_a_column_of_scores_is_a_list_of_scores(view_of, relu):
    """Networks return (B, 1): a difference of columns must not spread to (B, B)."""
    network = relu(8)
    column = run_probe(view_of(network), "slopes")
    flat = run_probe(view_of(lambda x: network(x).squeeze(1)), "slopes")
    assert column["counts"].sum() == 512
    for name in column:
        np.testing.assert_array_equal(column[name], flat[name])


def test_penalty_keeps_the_critic_near_one_and_clipping_does_not():
    """Seed 7, 300 critic steps against the fixed generator: observed means 1.02 and 0.0001."""
    size = {"fixed_generator": True, "width": 64, "depth": 3, "data": "swissroll"}
    seen = {}
    for variant in ("clip", "gp"):
        state = TrainingState.start(make("wgan", variant, size), 7)
        for _ in itertools.islice(train(state), 300):
            pass
        seen[variant] = run_probe(View.of(state), "slopes")
    assert 0.95 < float(seen["gp"]["gradient_mean"]) < 1.1
    assert float(seen["gp"]["gradient_share"]) > 0.7
    assert float(seen["clip"]["gradient_mean"]) < 0.01
    assert float(seen["clip"]["gradient_share"]) == 0
