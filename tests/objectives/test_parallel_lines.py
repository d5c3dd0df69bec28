"""The closed form of the parallel lines, against samples and histograms."""

import math

import pytest
import torch

from gen_core.evaluation.transport import w1
from gen_core.objectives.parallel_lines import parallel_lines


def test_values():
    lines = parallel_lines(torch.tensor([-1.0, -0.25, 0.0, 0.5]))
    assert lines.w1.tolist() == [1.0, 0.25, 0.0, 0.5]
    assert lines.js.tolist() == pytest.approx([math.log(2)] * 2 + [0.0] + [math.log(2)])
    assert lines.kl.tolist() == [math.inf, math.inf, 0.0, math.inf]
    assert lines.total_variation.tolist() == [1.0, 1.0, 0.0, 1.0]


def test_only_w1_has_a_slope():
    theta = torch.tensor([-0.5, 0.5], requires_grad=True)
    lines = parallel_lines(theta)
    lines.w1.sum().backward()
    assert theta.grad.tolist() == [-1.0, 1.0]
    assert not lines.js.requires_grad


@pytest.mark.parametrize("theta", [-0.7, 0.2])
def test_w1_of_points_on_the_lines(theta):
    height = torch.linspace(0, 1, 50)
    here = torch.stack((torch.zeros(50), height), 1)
    there = torch.stack((torch.full((50,), theta), height), 1)
    expected = float(parallel_lines(torch.tensor(theta)).w1)
    assert w1(here, there) == pytest.approx(expected, abs=1e-6)
