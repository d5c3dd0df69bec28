"""Flow batch normalisation: what it normalises by, what it remembers, and where gradients go."""

import math

import pytest
import torch

from gen_core.bijections.normalization import FlowBatchNorm
from gen_core.errors import SettingError

X = torch.tensor([[0.0, 1.0], [4.0, 1.0], [8.0, 7.0]]).double()
MEAN, VAR = X.mean(0), X.var(0, correction=0)  # (4, 3), (32/3, 8)


def norm(**settings):
    return FlowBatchNorm(2, **settings).double()


def test_training_normalises_by_the_batch():
    z, log_det = norm(eps=0.0)(X)
    torch.testing.assert_close(z.mean(0), torch.zeros(2).double())
    torch.testing.assert_close(z.var(0, correction=0), torch.ones(2).double())
    expected = -0.5 * math.log(32 / 3 * 8)
    torch.testing.assert_close(log_det, torch.full((3,), expected).double())


def test_running_averages_keep_rho_of_themselves():
    made = norm(momentum=0.75)
    made(X)
    torch.testing.assert_close(made.running_mean, 0.25 * MEAN)
    torch.testing.assert_close(made.running_var, 0.75 + 0.25 * VAR)
    made.eval()(X)
    torch.testing.assert_close(made.running_mean, 0.25 * MEAN), "looking moves nothing"


def test_evaluation_and_the_inverse_take_the_running_averages():
    made = norm()
    for _ in range(400):
        made(X)
    z = made.eval()(X)[0]
    torch.testing.assert_close(z.mean(0), torch.zeros(2).double())
    assert torch.equal(made.inverse(z)[0], made.train().inverse(z)[0])


def test_the_lagged_form_trains_on_the_mixed_statistics():
    """Equations 15 and 16: rho of the old ones, 1 - rho of the batch's."""
    made = norm(momentum=0.75, lagged=True, eps=0.0)
    z, log_det = made(X)
    mean, var = 0.25 * MEAN, 0.75 + 0.25 * VAR
    torch.testing.assert_close(z, (X - mean) / var.sqrt())
    torch.testing.assert_close(log_det, (-0.5 * var.log().sum()).expand(3))


@pytest.mark.parametrize("momentum", [0.0, 0.9, 1.0])
def test_gradients_of_the_lagged_form_go_through_the_batch_alone(momentum):
    """By hand: the old averages are constants. At rho = 1 statistics pass nothing at all."""
    made, x = norm(momentum=momentum, lagged=True, eps=0.0), X.clone().requires_grad_()
    old_mean, old_var = torch.tensor([1.0, -2.0]).double(), torch.tensor([3.0, 0.5]).double()
    made.running_mean.copy_(old_mean), made.running_var.copy_(old_var)
    weight = torch.randn(3, 2).double()
    z, log_det = made(x)
    (found,) = torch.autograd.grad((z * weight).sum() + log_det.sum(), x)
    mean = momentum * old_mean + (1 - momentum) * x.mean(0)
    var = momentum * old_var + (1 - momentum) * x.var(0, correction=0)
    loss = (weight * (x - mean) / var.sqrt()).sum() - 1.5 * var.log().sum()
    (expected,) = torch.autograd.grad(loss, x)
    torch.testing.assert_close(found, expected)
    if momentum == 1:
        torch.testing.assert_close(found, weight / old_var.sqrt())
    two = made(X)[0]  # the graph of the first batch is closed: a second one can be trained on
    assert two.requires_grad is False and not made.running_mean.requires_grad


def test_pictures_are_normalised_by_channel_and_counted_by_pixel():
    made, x = FlowBatchNorm(3, eps=0.0).double(), torch.randn(4, 3, 5, 2).double() * 3 + 1
    z, log_det = made(x)
    torch.testing.assert_close(z.mean((0, 2, 3)), torch.zeros(3).double())
    expected = -0.5 * 10 * x.var((0, 2, 3), correction=0).log().sum()
    torch.testing.assert_close(log_det, expected.expand(4))


@pytest.mark.parametrize("momentum", [-0.1, 2.0, math.nan])
def test_a_momentum_that_is_no_share_is_refused(momentum):
    with pytest.raises(SettingError, match="a share rho from 0 to 1, got"):
        norm(momentum=momentum)
