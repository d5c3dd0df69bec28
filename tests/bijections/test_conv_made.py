"""Masked convolutions: their order by gradients, and the laws of the step that they make."""

import itertools

import pytest
import torch

from gen_core.bijections.autoregressive import FORMS, IafStep
from gen_core.bijections.conv_made import ConvMade
from gen_core.errors import SettingError
from tests.bijections.laws import (
    Given,
    assert_bijection,
    assert_every_parameter_learns,
    randomized,
)


def step(layers, form="code", channels=2):
    context = torch.randn(3, 6, 3, 2).double() if layers else None
    return Given(randomized(IafStep(ConvMade(channels, 6, layers), form)), context)


@pytest.mark.parametrize("layers, form", [(0, "code"), (1, "code"), (2, "code"), (1, "gated")])
def test_a_step_is_a_bijection_whose_every_parameter_learns(layers, form):
    assert form in FORMS
    made, x = step(layers, form), torch.randn(3, 2, 3, 2).double()
    assert_bijection(made, x)
    assert_every_parameter_learns(made, x)


@pytest.mark.parametrize("layers", [0, 1, 2])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_variable_hears_of_the_earlier_ones_alone(channels, layers):
    network = randomized(ConvMade(channels, 6, layers))
    z = torch.randn(1, channels, 3, 3).double().requires_grad_()
    m, s = network(z, torch.randn(1, 6, 3, 3).double())
    places = network.places_of(z)
    heard = 0
    for c, i, j in itertools.product(range(channels), range(3), range(3)):
        value = m[0, c, i, j] + s[0, c, i, j]
        (grad,) = torch.autograd.grad(value, z, retain_graph=True)
        found = grad[0] != 0
        assert not (found & (places >= places[c, i, j])).any(), (c, i, j)
        heard += found.sum().item()
    assert sorted(places.flatten().tolist()) == list(range(9 * channels))
    assert heard >= {1: 20, 3: 120}[channels], "an order that lets nothing through says nothing"


def test_the_step_of_the_public_code_by_hand():
    """z' = (z - m / 10) / exp(s / 10), and log q gains s / 10."""
    made, z = step(1), torch.randn(3, 2, 3, 2).double()
    m, s = made.of.network(z, made.context)
    moved, log_sigma = made.of.moved(z, made.context)
    torch.testing.assert_close(moved, (z - 0.1 * m) / (0.1 * s).exp())
    torch.testing.assert_close(log_sigma, -0.1 * s)


def test_maps_that_the_channels_cannot_share_are_refused():
    with pytest.raises(SettingError, match="channels that 4 colours can share, got 6"):
        ConvMade(4, 6)
