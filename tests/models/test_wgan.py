"""The networks of the toy figures: sizes, parameter counts, and nothing that mixes examples."""

import pytest
import torch

from gen_core.models.wgan import Critic, Generator


def count(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    "network, parameters",
    [
        (Critic(), 384 + 2 * 16512 + 129),  # 3 x 128, the live default
        (Critic(width=512), 1536 + 2 * 262656 + 513),  # gan_toy.py
        (Critic(width=1024, depth=2), 3072 + 1049600 + 1025),  # the script of figure 1a
        (Generator(), 384 + 2 * 16512 + 258),
        (Generator(width=4, depth=1, noise_dim=5), 24 + 10),
        (Critic(width=8, depth=0), 3),
    ],
)
def test_sizes(network, parameters):
    assert count(network) == parameters


def test_shapes():
    assert Critic(width=8)(torch.zeros(5, 2)).shape == (5, 1)
    assert Generator(width=8, noise_dim=3)(torch.zeros(5, 3)).shape == (5, 2)


def test_twelve_layers_are_twelve_relus():
    """Figure 1b's critic, as read here: 12 hidden layers and the linear output."""
    assert len(Critic(width=4, depth=12).linears) == 13


@pytest.mark.parametrize("build", [Critic, Generator])
def test_train_and_eval_agree_and_nothing_normalises(build):
    network, x = build(width=8), torch.randn(6, 2)
    expected = network(x)
    assert torch.equal(network.eval()(x), expected)
    assert not list(network.buffers())
    torch.testing.assert_close(network(x[2:3]), expected[2:3])


def test_a_critic_has_no_sigmoid():
    """Scores go as far as the weights take them, on either side of 0."""
    critic = Critic(width=8)
    x = 1e4 * torch.randn(500, 2)
    assert critic(x).min() < -10 and critic(x).max() > 10 or critic(x).abs().max() > 100


def test_a_save_and_reload_gives_the_same_scores():
    first, second = Critic(width=8), Critic(width=8)
    second.load_state_dict(first.state_dict())
    x = torch.randn(4, 2)
    assert torch.equal(first(x), second(x))
