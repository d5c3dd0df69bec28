"""The discriminator is the critic's network; the games differ in their objective alone."""

import torch

from gen_core.models.gan import Discriminator, Generator
from gen_core.models.wgan import Critic
from gen_core.models.wgan import Generator as WganGenerator


def test_the_networks_are_those_of_wgan():
    assert Generator is WganGenerator
    discriminator, critic = Discriminator(width=8, depth=2), Critic(width=8, depth=2)
    shapes = [{n: p.shape for n, p in m.named_parameters()} for m in (discriminator, critic)]
    assert shapes[0] == shapes[1]
    discriminator.load_state_dict(critic.state_dict())
    x = torch.randn(5, 2)
    assert torch.equal(discriminator(x), critic(x))


def test_a_discriminator_returns_logits():
    """Not probabilities: far away they leave [0, 1]."""
    scores = Discriminator(width=8)(1e3 * torch.randn(200, 2))
    assert scores.shape == (200, 1) and (scores.abs() > 1).any()
