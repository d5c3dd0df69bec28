"""Wasserstein losses by hand, and the penalty's gradient against critics worked out on paper."""

import math

import pytest
import torch
from torch import nn

from gen_core.errors import GenLabError
from gen_core.objectives.wasserstein import (
    critic_loss,
    critic_loss_gp,
    generator_loss,
    gradient_penalty,
    input_gradient,
    interpolate,
    slope,
)

REAL = torch.tensor([1.5, -0.5], dtype=torch.float64)
FAKE = torch.tensor([0.25, 2.0], dtype=torch.float64)


class Linear(nn.Module):
    """f(x) = w.x + b, whose input gradient is w everywhere."""

    def __init__(self, w):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w, dtype=torch.float64))
        self.b = nn.Parameter(torch.tensor(0.3, dtype=torch.float64))

    def forward(self, x):
        return x @ self.w + self.b


class Quadratic(nn.Module):
    """f(x) = k/2 |x|^2, whose input gradient is k x and whose slope is |k| |x|."""

    def __init__(self, k):
        super().__init__()
        self.k = nn.Parameter(torch.tensor(k, dtype=torch.float64))

    def forward(self, x):
        return 0.5 * self.k * x.square().sum(1)


def mlp():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
    )
    return net.double()


def points(n=6):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def test_clipped_losses_on_two_points():
    terms = critic_loss(REAL, FAKE)
    assert terms.loss.tolist() == [-1.25, 2.5]
    assert terms.estimate.tolist() == [1.25, -2.5]
    assert terms.penalty is None
    assert generator_loss(FAKE).loss.tolist() == [-0.25, -2.0]


@pytest.mark.parametrize(
    ("one_sided", "penalty"), [(False, [0.25, 4.0]), (True, [0.0, 4.0])], ids=["two", "one"]
)
def test_penalised_loss_on_two_points(one_sided, penalty):
    slopes = torch.tensor([0.5, 3.0], dtype=torch.float64)
    terms = critic_loss_gp(REAL, FAKE, slopes, weight=10.0, one_sided=one_sided)
    assert terms.penalty.tolist() == penalty
    assert terms.loss.tolist() == [-1.25 + 10 * penalty[0], 2.5 + 10 * penalty[1]]
    assert terms.estimate.tolist() == [1.25, -2.5], "the estimate must not hold the penalty"


def test_default_weight_is_the_papers_ten():
    two = torch.full((2,), 2.0, dtype=torch.float64)
    assert critic_loss_gp(REAL, FAKE, two).loss.tolist() == [8.75, 12.5]


def test_slope_of_a_linear_critic_is_its_norm_everywhere():
    assert torch.allclose(slope(Linear([3.0, -4.0]), points()), torch.full((6,), 5.0).double())


def test_slope_of_a_quadratic_critic():
    x = points()
    assert torch.allclose(slope(Quadratic(-2.0), x), 2 * x.norm(dim=1))
    assert torch.allclose(input_gradient(Quadratic(-2.0), x), -2 * x)


def test_slope_of_an_mlp_against_finite_differences():
    net, x, h = mlp(), points(), 1e-6
    columns = []
    for step in torch.eye(2, dtype=torch.float64) * h:
        columns.append((net(x + step) - net(x - step)).squeeze(1) / (2 * h))
    assert torch.allclose(input_gradient(net, x), torch.stack(columns, 1), atol=1e-7)


def test_slope_is_per_example():
    net, x = mlp(), points()
    each = torch.cat([slope(net, x[i : i + 1]) for i in range(len(x))])
    assert torch.allclose(slope(net, x), each, atol=1e-12)


def test_slope_takes_all_axes_of_a_picture():
    picture = torch.ones(3, 1, 2, 2)
    values = slope(lambda x: x.flatten(1).sum(1), picture)
    assert values.tolist() == [2.0, 2.0, 2.0]


def test_slope_leaves_the_input_and_the_parameters_alone():
    net, x = mlp(), points()
    with torch.no_grad():  # as a probe would call it
        values = slope(net, x)
    assert not x.requires_grad and not values.requires_grad
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize("norm", [0.5, 2.0])
@pytest.mark.parametrize("one_sided", [False, True])
def test_penalty_gradient_of_a_linear_critic_by_hand(norm, one_sided):
    """d (|w| - 1)^2 / dw = 2 (|w| - 1) w / |w|, and nothing below slope 1 if one-sided."""
    critic = Linear([0.6 * norm, 0.8 * norm])
    penalty = gradient_penalty(slope(critic, points(), create_graph=True), one_sided).mean()
    penalty.backward()
    excess = max(norm - 1, 0) if one_sided else norm - 1
    expected = [2 * excess * 0.6, 2 * excess * 0.8]
    assert critic.w.grad.tolist() == pytest.approx(expected, abs=1e-12)
    assert critic.b.grad is None or float(critic.b.grad) == 0.0


def test_penalty_gradient_of_a_quadratic_critic_by_hand():
    """d mean (k |x| - 1)^2 / dk = mean 2 (k |x| - 1) |x| for k > 0."""
    critic, x = Quadratic(1.7), points()
    gradient_penalty(slope(critic, x, create_graph=True)).mean().backward()
    radius = x.norm(dim=1)
    assert float(critic.k.grad) == pytest.approx(float((2 * (1.7 * radius - 1) * radius).mean()))


@pytest.mark.parametrize("one_sided", [False, True])
def test_loss_gradient_against_double_backward(one_sided):
    """Every parameter's gradient of the full loss, against differences of the plain formula."""
    net, x = mlp(), points()
    with torch.no_grad():
        net[4].weight *= 20.0  # slopes on both sides of 1
    real, fake = points(), points() + 1.0

    def loss():
        slopes = slope(net, x, create_graph=True)
        scores = net(real).squeeze(1), net(fake).squeeze(1)
        return critic_loss_gp(*scores, slopes, one_sided=one_sided).loss.mean()

    loss().backward()
    assert float(slope(net, x).min()) < 1 < float(slope(net, x).max())
    for name, parameter in net.named_parameters():
        flat = parameter.detach().view(-1)
        for i in range(0, len(flat), 7):
            h, old = 1e-6, float(flat[i])
            values = []
            for value in (old + h, old - h):
                flat[i] = value
                values.append(loss().item())
            flat[i] = old
            expected = (values[0] - values[1]) / (2 * h)
            actual = float(parameter.grad.view(-1)[i])
            assert actual == pytest.approx(expected, abs=1e-6), (name, i)


def test_a_flat_critic_has_a_finite_gradient():
    critic = Linear([0.0, 0.0])
    gradient_penalty(slope(critic, points(), create_graph=True)).mean().backward()
    assert critic.w.grad.tolist() == [0.0, 0.0]


def test_interpolation_ends_and_middle():
    real, fake = torch.tensor([[2.0, 0.0]] * 3), torch.tensor([[0.0, 4.0]] * 3)
    between = interpolate(real, fake, torch.tensor([1.0, 0.0, 0.25]))
    assert between.tolist() == [[2.0, 0.0], [0.0, 4.0], [0.5, 3.0]]


def test_interpolation_shares_epsilon_within_an_example():
    real, fake = torch.ones(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)
    between = interpolate(real, fake, torch.tensor([0.25, 0.75]))
    assert between[0].unique().tolist() == [0.25] and between[1].unique().tolist() == [0.75]


def test_the_optimal_critic_between_two_points_has_slope_one_and_finds_the_distance():
    """For one real and one generated point, f(x) = u.x with u the unit vector is optimal."""
    x, y = torch.tensor([[3.0, 4.0]]).double(), torch.zeros(1, 2).double()
    critic = Linear([0.6, 0.8])
    slopes = slope(critic, interpolate(x, y, torch.tensor([0.3]).double()))
    terms = critic_loss_gp(critic(x), critic(y), slopes)
    assert terms.estimate.item() == pytest.approx(math.hypot(3, 4))
    assert terms.penalty.item() == pytest.approx(0.0, abs=1e-20)


def test_shapes_that_would_broadcast_are_refused():
    column, vector = torch.zeros(4, 1), torch.zeros(4)
    with pytest.raises(GenLabError, match=r"got \(4,\) and \(4, 1\). Squeeze"):
        critic_loss(vector, column)
    with pytest.raises(GenLabError, match=r"got \(4,\) and \(4,\) and \(3,\)"):
        critic_loss_gp(vector, vector, torch.zeros(3))
    with pytest.raises(GenLabError, match=r"got \(4, 1\)"):
        generator_loss(column)
    with pytest.raises(GenLabError, match="one epsilon for each pair"):
        interpolate(torch.zeros(4, 2), torch.zeros(4, 2), torch.zeros(4, 2))
