"""The WGAN recipe: what one update does, against autograd, by hand, and against the reference."""

import dataclasses
from dataclasses import dataclass

import pytest
import torch

from gen_core.recipes.base import make
from gen_core.recipes.wgan import Wgan
from tests.recipes.wgan_games import (
    advance,
    distances,
    refer,
    rounds,
    small,
    start,
    weights,
)

# ---------------------------------------------------------------- fast = reference


@dataclass(frozen=True)
class Double(Wgan):
    """The recipe in float64: the same draws, cast."""

    def build(self, seed, device):
        return {name: model.double() for name, model in super().build(seed, device).items()}

    def real_batch(self, state, n=None):
        return super().real_batch(state, n).double()

    def noise(self, state):
        return super().noise(state).double()

    def _epsilon(self, state):
        return super()._epsilon(state).double()


def in_double(recipe):
    return Double(**{f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)})


@pytest.mark.parametrize("variant", Wgan.variants)
def test_fast_equals_reference_in_float64_over_ten_rounds(variant):
    recipe = in_double(small(variant, warm_up=False))
    fast, plain = start(recipe), start(recipe)
    updates = rounds(recipe, 10)
    advance(fast, updates)
    refer(plain, updates)
    assert fast.t == plain.t == updates
    first = weights(start(recipe))
    for name, distance in distances(weights(fast), weights(plain)).items():
        assert distance < 1e-9, name
        assert not torch.equal(weights(fast)[name], first[name]), f"{name} did not learn"


@pytest.mark.parametrize("variant", ["clip", "gp"])
def test_fast_equals_reference_in_float32_over_ten_rounds(variant):
    """At the page's defaults: each matrix, and each layer with its bias, to 1e-4 of its norm.

    Single numbers may differ by more, and a bias, which has only just left 0, by 5e-4 of its own
    norm: where a gradient is nothing but rounding noise, Adam divides it by its own size and steps
    a full learning rate either way. In float64 the noise, and with it the difference, is gone.
    """
    recipe = make("wgan", variant)
    fast, plain = start(recipe), start(recipe)
    advance(fast, rounds(recipe, 10))
    refer(plain, rounds(recipe, 10))
    found = distances(weights(fast), weights(plain))
    matrices = {name: d for name, d in found.items() if name.endswith("weight")}
    assert max(matrices.values()) <= 1e-4, matrices
    assert max(distances(layers(fast), layers(plain)).values()) <= 1e-4
    assert max(found.values()) <= 1e-3, found


def layers(state):
    """Weight and bias of each layer as one vector."""
    return {
        f"{name}.{index}": torch.cat([p.detach().flatten() for p in layer.parameters()])
        for name, model in state.models.items()
        for index, layer in enumerate(model.linears)
    }


@pytest.mark.parametrize("variant", ["clip", "gp", "gp-one-sided"])
def test_both_paths_report_the_same_estimate(variant):
    fast, plain = start(small(variant)), start(small(variant))
    (step,) = advance(fast, 1)
    *_, last = plain.recipe.reference_update("critic", plain)
    torch.testing.assert_close(step.metrics["critic_estimate"], last.tensors["estimate"])
    expected = {"critic_estimate"} | ({"penalty", "slope"} if variant != "clip" else set())
    assert set(step.metrics) == expected
    assert all(m.ndim == 0 and not m.requires_grad for m in step.metrics.values())


def test_stages_tell_an_update_in_order():
    state = start(small("gp"))
    before = weights(state)
    names = []
    for stage in state.recipe.reference_update("critic", state):
        names.append(stage.name)
        if stage.name == "loss":
            assert all(torch.equal(weights(state)[n], before[n]) for n in before)
        if stage.name == "slope":
            norms = stage.tensors["gradient"].norm(dim=1)
            torch.testing.assert_close(stage.tensors["slope"], norms)
    assert names == ["sample", "generate", "score", "interpolate", "slope", "loss", "step"]
    assert not torch.equal(
        weights(state)["critic.layers.0.weight"], before["critic.layers.0.weight"]
    )


# ---------------------------------------------------------------- every parameter learns


@pytest.mark.parametrize("variant", Wgan.variants)
def test_every_parameter_gets_a_gradient(variant):
    """By name. f(x~) - f(x) does not see the critic's last bias: its gradient 0, but written."""
    state = start(small(variant, warm_up=False))
    advance(state, rounds(state.recipe, 1))
    for player, model in state.models.items():
        blind = f"layers.{state.recipe.depth}.bias" if player == "critic" else ""
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None and parameter.grad.isfinite().all(), name
            if name != blind:
                assert parameter.grad.any(), f"{player}.{name}"
    assert state.models["critic"].linears[-1].bias.grad.abs() < 1e-6


def test_a_player_moves_its_own_network_alone():
    state = start(small("gp", n_critic=1))
    for player, other in (("critic", "generator"), ("generator", "critic")):
        before = weights(state)
        (step,) = advance(state, 1)
        assert step.player == player
        for name, value in weights(state).items():
            if name.startswith(other):
                assert torch.equal(value, before[name]), name
        assert not torch.equal(
            weights(state)[f"{player}.layers.0.weight"], before[f"{player}.layers.0.weight"]
        )


# ---------------------------------------------------------------- clipping


@pytest.mark.parametrize("variant", ["clip", "clip-tensorflow", "clip-figure"])
@pytest.mark.parametrize("c", [0.001, 0.05])
def test_clipping_bounds_every_parameter_exactly(variant, c):
    """After each critic update, biases too; what was outside ends exactly on the bound."""
    state = start(small(variant, clip=c))
    bound = torch.tensor(c)  # c as float32 holds it
    for step in advance(state, 6):
        if step.player != "critic":
            continue
        for name, value in state.models["critic"].named_parameters():
            assert value.abs().max() <= bound, name
    with torch.no_grad():
        for value in state.models["critic"].parameters():
            value.fill_(-5.0).view(-1)[0] = 5.0
    state.position = 0
    advance(state, 1)
    for name, value in state.models["critic"].named_parameters():
        assert value.view(-1)[0] == bound, name
        assert (value.view(-1)[1:] == -bound).all(), name
    if "generator" in state.models:
        assert state.models["generator"].linears[0].weight.abs().max() > 2 * c


@pytest.mark.parametrize("path", ["fast", "reference"])
def test_clip_first_leaves_the_step_unclipped(path):
    """The first paper's code: every weight ends within c, plus one step of the optimiser."""
    c, lr = 0.01, 0.02
    state = start(
        small("clip-code", clip=c, critic_lr=lr, optimizer="rmsprop-tensorflow", warm_up=False)
    )
    state.models["critic"].linears[0].weight.data[0, 0] = 5.0
    before = weights(state)
    if path == "fast":
        advance(state, 1)
    else:
        refer(state, 1)
    moved = False
    for name, value in state.models["critic"].named_parameters():
        clipped = before[f"critic.{name}"].clamp(-c, c)
        root = (0.9 + 0.1 * value.grad.square() + 1e-10).sqrt()
        torch.testing.assert_close(
            value.detach(), clipped - lr * value.grad / root, rtol=1e-5, atol=1e-8
        )
        moved |= bool(value.abs().max() > c)
    assert moved, "the step itself leaves the box"
