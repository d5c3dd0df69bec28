"""The gradient penalty: by hand on linear critics, and against autograd."""

import pytest
import torch

from gen_core.models.wgan import Critic
from gen_core.recipes import wgan_fast
from gen_core.training.seeding import generator


class Sgd(torch.optim.SGD):
    """Learning rate 1: the step is the gradient."""

    def __init__(self, module):
        super().__init__(module.parameters(), lr=1.0)


def linear_critic(w):
    critic = Critic(depth=0).double()
    with torch.no_grad():
        critic.linears[0].weight.copy_(torch.tensor([w]))
        critic.linears[0].bias.fill_(0.25)
    return critic


SAME = torch.tensor([[1.0, 2.0], [-3.0, 0.5]], dtype=torch.float64)
BETWEEN = torch.tensor([0.3, 0.9], dtype=torch.float64)


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize("w", [(3.0, 4.0), (0.3, 0.4), (0.6, 0.8), (-1.0, 1.0)])
def test_the_penalty_by_hand(w, one_sided):
    """f(x) = w x + b: slope |w|, penalty (|w| - 1)^2, gradient 2 lambda (|w| - 1) w / |w|.

    Real and generated points coincide, so the penalty is all there is.
    """
    critic, norm = linear_critic(w), float(torch.tensor(w).double().norm())
    made = wgan_fast.penalised_step(
        critic, Sgd(critic), SAME, SAME, BETWEEN, penalty=10.0, one_sided=one_sided
    )
    excess = max(0.0, norm - 1) if one_sided else norm - 1
    expected = torch.tensor([[2 * 10.0 * excess * x / norm for x in w]], dtype=torch.float64)
    torch.testing.assert_close(critic.linears[0].weight.grad, expected, rtol=1e-6, atol=1e-6)
    assert critic.linears[0].bias.grad.item() == 0
    assert made["slope"].item() == pytest.approx(norm)
    assert made["penalty"].item() == pytest.approx(excess**2, abs=1e-12)
    assert made["critic_estimate"].item() == 0
    moved = critic.linears[0].weight.detach() - torch.tensor([w], dtype=torch.float64)
    torch.testing.assert_close(moved, -critic.linears[0].weight.grad)


@pytest.mark.parametrize("one_sided", [False, True])
def test_the_whole_loss_by_hand(one_sided):
    """Linear critic (3, 4): gradient mean(x~ - x) + 2 lambda (|w| - 1) w / |w|."""
    critic = linear_critic((3.0, 4.0))
    real, fake = SAME, SAME + torch.tensor([[1.0, 0.0], [3.0, -2.0]], dtype=torch.float64)
    wgan_fast.penalised_step(
        critic, Sgd(critic), real, fake, BETWEEN, penalty=0.5, one_sided=one_sided
    )
    expected = torch.tensor([[2.0 + 4 * 0.6, -1.0 + 4 * 0.8]], dtype=torch.float64)
    torch.testing.assert_close(critic.linears[0].weight.grad, expected)


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize("scale", [0.2, 1.0, 2.0])
def test_the_penalty_against_autograd(one_sided, scale):
    """Written out here once more, with autograd, apart from the reference."""
    torch.manual_seed(3)
    critic = Critic(width=12, depth=3).double()
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.mul_(3 * scale).add_(0.1 * torch.randn_like(parameter))
    real, fake = torch.randn(2, 40, 2, dtype=torch.float64)
    epsilon = torch.rand(40, dtype=torch.float64)
    x = (epsilon[:, None] * real + (1 - epsilon[:, None]) * fake).requires_grad_()
    (g,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    excess = g.square().sum(1).sqrt() - 1
    excess = torch.maximum(excess, torch.zeros_like(excess)) if one_sided else excess
    loss = critic(fake).mean() - critic(real).mean() + 10 * excess.pow(2).mean()
    expected = torch.autograd.grad(loss, list(critic.parameters()))
    wgan_fast.penalised_step(
        critic, Sgd(critic), real, fake, epsilon, penalty=10.0, one_sided=one_sided
    )
    for (name, parameter), wanted in zip(critic.named_parameters(), expected, strict=True):
        torch.testing.assert_close(
            parameter.grad, wanted, rtol=1e-10, atol=1e-10, msg=lambda m, n=name: f"{n}: {m}"
        )


def test_one_sided_leaves_a_flat_critic_alone():
    """Below slope 1 its update is that of no penalty at all; the two-sided one's is not."""

    def update(weight, one_sided):
        critic = Critic(width=12, depth=2).double()
        with torch.no_grad():
            for index, parameter in enumerate(critic.parameters()):
                drawn = torch.rand(parameter.shape, generator=generator(1, "flat", index))
                parameter.copy_(0.1 * (drawn - 0.5))
        made = wgan_fast.penalised_step(
            critic, Sgd(critic), SAME, SAME + 1, BETWEEN, penalty=weight, one_sided=one_sided
        )
        assert made["slope"] < 1
        return torch.cat([p.grad.flatten() for p in critic.parameters()])

    assert torch.equal(update(10.0, True), update(0.0, True))
    assert not torch.allclose(update(10.0, False), update(0.0, False))
