"""Layer gradients and weight histograms, by hand."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from gen_core.errors import ProbeError
from gen_core.exploration.base import run_probe
from gen_core.exploration.layers import activation_gradients


def constant_network(relu, width, depth, weight):
    """Every weight equal, biases 1, so that every unit is positive where weights are too."""
    critic = relu(width, depth)
    with torch.no_grad():
        for layer in critic.layers:
            layer.weight.fill_(weight)
            layer.bias.fill_(100.0)
    return critic


@pytest.mark.parametrize("weight", [1e-3, 0.5])
def test_gradient_shrinks_or_grows_by_width_times_weight(weight, view_of, relu):
    """All units on, all weights w, width H: |dD/da_l| = sqrt(H) w (H w)^(L-1-l) by hand."""
    width = 4
    critic = constant_network(relu, width, 3, weight)
    got = run_probe(view_of(critic), "layer_gradients")["log10_norm"]
    expected = [math.log10(math.sqrt(width) * weight * (width * weight) ** k) for k in (2, 1, 0)]
    np.testing.assert_allclose(got, [*expected, 0.0], atol=1e-4)


def test_twelve_layers_give_thirteen_points(view_of, relu):
    critic = relu(8, 12)
    assert run_probe(view_of(critic), "layer_gradients")["log10_norm"].shape == (13,)


def test_deep_decay_is_not_lost_in_the_square(view_of, relu):
    """1e-27 squared is 0 in float32; the figure's axis goes down to -20."""
    critic = constant_network(relu, 2, 9, 5e-4)
    got = run_probe(view_of(critic), "layer_gradients")["log10_norm"]
    expected = [3 * k + 3 + math.log10(2) / 2 for k in range(8, -1, -1)]
    np.testing.assert_allclose(got, [*(-np.array(expected)), 0], atol=1e-3)


def test_dead_layers_read_the_floor(view_of, relu):
    critic = relu(3)
    with torch.no_grad():
        critic.layers[1].weight.zero_()
    got = run_probe(view_of(critic), "layer_gradients")["log10_norm"]
    assert got[0] == pytest.approx(-45, abs=0.2) and got[1] == 0


def test_norm_does_not_depend_on_the_number_of_points(view_of, relu):
    """A critic that is linear where the points are has the same gradient at each of them."""
    view = view_of(constant_network(relu, 4, 1, 0.1))
    few = run_probe(view, "layer_gradients", {"n": 16})["log10_norm"]
    many = run_probe(view, "layer_gradients", {"n": 1024})["log10_norm"]
    np.testing.assert_allclose(few, many, atol=1e-5)


def test_activation_gradients_against_one_example_alone(relu):
    critic, x = relu(5, 2), torch.randn(3, 2)
    together = activation_gradients(critic, x)
    for i in range(3):
        seen = critic.activations(x[i : i + 1])
        alone = torch.autograd.grad(seen[-1].squeeze(), seen)
        for layer, expected in zip(together, alone, strict=True):
            torch.testing.assert_close(layer[i : i + 1], expected)
    assert all(parameter.grad is None for parameter in critic.parameters())


def test_critic_without_activations(view_of):
    with pytest.raises(ProbeError, match=r"a critic with activations\(\), got Formula"):
        run_probe(view_of(lambda x: x[:, 0]), "layer_gradients")


def test_histogram_by_hand(view_of):
    model = nn.Linear(5, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[-1.0, -1.0, 0.0, 0.5, 1.0]]))
        model.bias.fill_(0.2)
    view = view_of(lambda x: x[:, 0], generator=model)
    made = run_probe(view, "weight_histogram", {"model": "generator", "bins": 5})
    np.testing.assert_allclose(made["edges"], [-1, -0.6, -0.2, 0.2, 0.6, 1], atol=1e-6)
    np.testing.assert_array_equal(made["counts"], [2, 0, 1, 1, 1])
    both = run_probe(
        view, "weight_histogram", {"model": "generator", "bins": 5, "parameters": "all"}
    )
    assert both["counts"].sum() == 6


def test_clipped_weights_pile_up_at_the_ends(view_of, relu):
    critic = relu(64, 2)
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.clamp_(-0.01, 0.01)
    made = run_probe(view_of(critic), "weight_histogram")
    np.testing.assert_allclose(made["edges"][[0, -1]], [-0.01, 0.01], rtol=1e-6)
    assert made["counts"][0] + made["counts"][-1] > 0.8 * made["counts"].sum()
    assert made["counts"].sum() == 2 * 64 + 64 * 64 + 64


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_histogram_of_a_dead_or_exploded_model(value, view_of, relu):
    critic = relu(4)
    with torch.no_grad():
        for layer in critic.layers:
            layer.weight.fill_(value)
    made = run_probe(view_of(critic), "weight_histogram")
    assert np.isfinite(made["edges"]).all() and (np.diff(made["edges"]) > 0).all()
    assert made["counts"].sum() == (12 if value == 0 else 0)


def test_histogram_of_an_unknown_model(network_view):
    with pytest.raises(ProbeError, match=r"a model \(critic, generator\), got 'decoder'"):
        run_probe(network_view, "weight_histogram", {"model": "decoder"})
