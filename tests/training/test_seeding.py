"""Indexed randomness: a draw is a function of (seed, stream, t) and of nothing else."""

import itertools
import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gen_core.models.gan import Discriminator
from gen_core.models.wgan import Critic, Generator
from gen_core.nn.mlp import Mlp
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import (
    generator,
    index_seed,
    initialize_,
    normal,
    spread_,
    uniform,
)

CPU = torch.device("cpu")
INDEX = (7, "data", 3)
OTHERS = ((8, "data", 3), (7, "noise", 3), (7, "data", 4))


@pytest.mark.parametrize("draw", [normal, uniform])
def test_a_draw_depends_on_its_index_alone(draw):
    first = draw((64,), *INDEX)
    draw((1000,), 1, "something", 5)
    torch.manual_seed(5)
    assert torch.equal(draw((64,), *INDEX), first)
    for other in OTHERS:
        assert not torch.isin(draw((64,), *other), first).any()


@given(st.integers(0, 2**63 - 1), st.text(max_size=8), st.integers(0, 2**40))
def test_an_index_seed_is_a_fresh_63_bit_number(seed, stream, t):
    made = index_seed(seed, stream, t)
    assert 0 <= made < 2**63
    assert made == index_seed(seed, stream, t)
    near = {
        index_seed(seed + 1, stream, t),
        index_seed(seed, stream, t + 1),
        index_seed(seed, stream + "x", t),
    }
    assert made not in near and len(near) == 3


def test_digits_do_not_run_together():
    """Seed 1 at step 12 is not seed 11 at step 2, nor is a stream that ends in a digit."""
    seeds = {
        index_seed(1, "a", 12),
        index_seed(11, "a", 2),
        index_seed(1, "a1", 2),
        index_seed(1, "a/1", 2),
        index_seed(1, "a", 2),
    }
    assert len(seeds) == 5


def test_the_hash_is_the_same_on_every_machine_and_day():
    """A changed hash would change every run and every shipped recording: notice it."""
    assert index_seed(7, "data", 0) == 2078364974355179966


def test_no_global_generator_is_touched():
    network = Critic(width=5, depth=2)
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    normal((9,), *INDEX), uniform((9,), *INDEX), generator(*INDEX).seed()
    initialize_(network, 7, "critic")
    assert torch.equal(torch.get_rng_state(), states[0]), "torch"
    assert np.random.get_state()[1].tolist() == states[1], "numpy"
    assert random.getstate() == states[2], "random"


@pytest.mark.parametrize("stem", ["wgan", "gan"])
def test_no_number_comes_from_a_global_generator(stem):
    """Whatever the global generator holds at build and between updates, the weights agree."""
    made = []
    for salt in (1, 2):
        torch.manual_seed(salt)
        state = TrainingState.start(make(stem, overrides={"width": 6, "batch": 8}), 7)
        for _ in itertools.islice(train(state), 7):
            torch.rand(salt)
        made.append([p for model in state.models.values() for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*made, strict=True))


def test_the_laws_of_the_draws():
    n, u = normal((200_000,), *INDEX), uniform((200_000,), *INDEX)
    assert n.dtype == u.dtype == torch.float32
    assert n.mean().abs() < 0.01 and abs(n.std() - 1) < 0.01
    assert u.min() >= 0 and u.max() < 1
    assert abs(u.mean() - 0.5) < 0.005 and abs(u.var() - 1 / 12) < 0.001


def test_a_draw_lands_on_its_device_with_the_numbers_of_the_cpu(device):
    torch.testing.assert_close(
        normal((5,), *INDEX, device).cpu(), normal((5,), *INDEX), rtol=0, atol=0
    )


def parameters(stem, seed=7, **overrides):
    models = make(stem, overrides={"width": 8, **overrides}).build(seed, CPU)
    return {
        f"{name.replace('discriminator', 'critic')}.{key}": value.detach()
        for name, model in models.items()
        for key, value in model.named_parameters()
    }


@pytest.mark.parametrize("stem, depth", [("wgan", 3), ("wgan", 1), ("gan", 3), ("gan", 5)])
def test_lanes_share_every_parameter_of_equal_name_and_shape(stem, depth):
    mine, theirs = parameters("wgan", depth=3), parameters(stem, depth=depth)
    shared = [key for key in mine if key in theirs and mine[key].shape == theirs[key].shape]
    assert {"critic.layers.0.weight", "generator.layers.0.weight"} <= set(shared)
    for key in shared:
        assert torch.equal(mine[key], theirs[key]), key


def test_other_seeds_names_and_shapes_get_other_values():
    mine, other = parameters("wgan"), parameters("wgan", seed=8)
    for key in mine:
        assert key.endswith("bias") or not torch.isin(mine[key], other[key]).any(), key
    wide = parameters("wgan", width=16)
    assert not torch.isin(wide["critic.layers.0.weight"], mine["critic.layers.0.weight"]).any()
    assert not torch.equal(mine["critic.layers.1.weight"], mine["critic.layers.2.weight"])
    assert not torch.equal(mine["critic.layers.1.weight"], mine["generator.layers.1.weight"])


def test_what_a_model_held_before_does_not_matter():
    first, second = Generator(width=6, depth=2), Generator(width=6, depth=2)
    nn.init.constant_(second.layers[1].bias, 3.0)
    initialize_(first, 1, "generator"), initialize_(second, 1, "generator")
    for (key, a), b in zip(first.named_parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b), key


@pytest.mark.parametrize("build", [Critic, Discriminator])
def test_initial_deviations_are_those_of_he_and_glorot(build):
    """He: sqrt(2 / fan_in) in hidden layers; Glorot: sqrt(2 / (fan_in + fan_out)) in the last."""
    network = initialize_(build(width=512, depth=3), 7, "critic")
    *hidden, last = network.linears
    for layer in hidden:
        fan_in, weight = layer.in_features, layer.weight.detach()
        expected = (2 / fan_in) ** 0.5
        assert weight.std().item() == pytest.approx(expected, rel=0.05)
        assert weight.abs().max() <= 3**0.5 * expected + 1e-6
        assert weight.abs().max() > 0.97 * 3**0.5 * expected, "uniform up to its ends"
        assert weight.mean().abs() < 0.1 * expected
        assert not layer.bias.any()
    expected = (2 / 513) ** 0.5
    assert last.weight.std().item() == pytest.approx(expected, rel=0.1)
    assert last.weight.abs().max() <= 3**0.5 * expected + 1e-6
    assert not last.bias.any()


def test_the_last_layers_deviation_counts_its_outputs():
    """Glorot with 50 inputs and 200 outputs, sqrt(2 / 250): less than half of He's."""
    last = initialize_(Mlp(2, 200, width=50, depth=1), 7, "wide").linears[-1].weight
    assert last.std().item() == pytest.approx((2 / 250) ** 0.5, rel=0.05)


def test_spread_weights_and_biases_follow_torchs_law_and_are_indexed():
    first, second, other = (
        spread_(Mlp(1, 2, width=400, depth=2), seed, "f") for seed in (7, 7, 8)
    )
    for mine, same, theirs in zip(
        first.parameters(), second.parameters(), other.parameters(), strict=True
    ):
        assert torch.equal(mine, same) and not torch.equal(mine, theirs)
    hidden = first.linears[1]
    for value in (hidden.weight, hidden.bias):
        assert value.abs().max() <= 1 / 20 and value.std().item() == pytest.approx(
            1 / 20 / 3**0.5, rel=0.1
        )
    assert first.linears[0].bias.abs().max() > 0.9
