"""The WGAN recipe's rounds, draws, optimisers and numbers."""

from pathlib import Path

import pytest
import torch

from gen_core.recipes import wgan_reference
from gen_core.recipes.base import make
from gen_core.training.optimizers import TensorFlowRMSprop
from gen_core.training.seeding import normal, uniform
from tests.recipes.wgan_games import small, start, weights

# ---------------------------------------------------------------- schedule and data


@pytest.mark.parametrize("n_critic", [1, 5, 100])
def test_a_round_is_n_critic_updates_and_one_generator(n_critic):
    recipe = small("gp", n_critic=n_critic)
    for round in (0, 24, 25, 500):
        assert recipe.schedule(round) == ("critic",) * n_critic + ("generator",)
    fixed = small("gp", n_critic=n_critic, fixed_generator=True)
    assert fixed.schedule(0) == ("critic",) * n_critic


def test_warm_up_is_that_of_the_first_papers_code():
    """100 critic updates in rounds 0 to 24 and in every 500th, else n_critic."""
    recipe = small("clip-code")
    asked = (0, 1, 24, 25, 26, 499, 500, 501, 1000)
    counts = {r: recipe.schedule(r).count("critic") for r in asked}
    assert counts == {0: 100, 1: 100, 24: 100, 25: 5, 26: 5, 499: 5, 500: 100, 501: 5, 1000: 100}
    assert all(recipe.schedule(r)[-1] == "generator" for r in counts)


def served(state, updates, player="critic"):
    """Real batch, noise and epsilon of each critic update."""
    found = []
    for _ in range(updates):
        tensors = {}
        for stage in state.recipe.reference_update(player, state):
            tensors.update(stage.tensors)
        found.append((tensors["real"], tensors["fake"] - tensors["real"], tensors["epsilon"]))
        state.t += 1
    return found


def test_data_repeat_serves_one_batch_with_fresh_noise_and_epsilon():
    made = served(start(small("gp-figure", n_critic=3, data_repeat=3)), 6)
    for t, (real, noise, epsilon) in enumerate(made):
        for other, (real_b, noise_b, epsilon_b) in enumerate(made[:t]):
            assert torch.equal(real, real_b) == (t // 3 == other // 3)
            assert not torch.allclose(noise, noise_b, atol=1e-3)
            assert not torch.equal(epsilon, epsilon_b)


def test_the_figures_generator_adds_unit_gaussian_noise():
    real, noise, _ = served(start(small("gp-figure", batch=8192)), 1)[0]
    assert real.shape == noise.shape == (8192, 2)
    assert noise.std(0).sub(1).abs().max() < 0.03 and noise.mean(0).abs().max() < 0.04
    assert "generator" not in start(small("gp-figure")).models


def test_lanes_of_other_schedules_see_the_same_numbers_at_equal_t():
    few, many = start(small("clip", n_critic=1)), start(small("gp", n_critic=7))
    for t in (0, 3, 11):
        few.t = many.t = t
        for draw in ("real_batch", "noise", "_epsilon"):
            first, second = (getattr(s.recipe, draw)(s) for s in (few, many))
            assert torch.equal(first, second), (draw, t)
    assert not torch.equal(few.recipe.real_batch(few), few.recipe.real_batch(start(small("gp"))))


def test_streams_of_one_step_are_apart():
    state = start(small("gp"))
    assert torch.equal(state.recipe.noise(state), normal((32, 2), 7, "noise", 0))
    assert torch.equal(state.recipe._epsilon(state), uniform((32,), 7, "epsilon", 0))


# ---------------------------------------------------------------- optimisers and numbers


def test_tensorflows_rmsprop_by_hand():
    """s from 1: s1 = 0.9 + 0.1 g^2; the second step divides by the root of what came of it."""
    w = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    frozen = torch.nn.Parameter(torch.ones(1))
    rule = TensorFlowRMSprop([w, frozen], lr=0.1)
    s, expected = [1.0, 1.0], [1.0, -2.0]
    for gradients in ((3.0, 0.0), (-1.0, 0.5)):
        w.grad = torch.tensor(gradients, dtype=torch.float64)
        rule.step()
        for i, g in enumerate(gradients):
            s[i] = 0.9 * s[i] + 0.1 * g * g
            expected[i] -= 0.1 * g / (s[i] + 1e-10) ** 0.5
        assert w.tolist() == pytest.approx(expected, rel=1e-14)
    assert frozen.item() == 1.0, "a parameter without a gradient stays"
    with pytest.raises(TypeError, match="no closure"):
        rule.step(lambda: 0.0)


def test_torchs_rmsprop_starts_ten_times_as_fast():
    """From 0 with decay 0.99 a first step is 10 lr sign(g), whatever the gradient's size."""
    moved = {}
    for name in ("rmsprop", "rmsprop-tensorflow"):
        state = start(small("clip", optimizer=name))
        rule = state.optimizers["critic"]
        (group,) = rule.param_groups
        for parameter in group["params"]:
            parameter.grad = torch.full_like(parameter, 1e-3)
        before = weights(state)
        rule.step()
        moved[name] = (before["critic.layers.1.bias"] - weights(state)["critic.layers.1.bias"])[0]
    assert moved["rmsprop"].item() == pytest.approx(10 * 5e-5, rel=1e-3)
    assert moved["rmsprop-tensorflow"].item() == pytest.approx(5e-5 * 1e-3 / 0.9**0.5, rel=1e-3)


@pytest.mark.parametrize(
    "variant, expected",
    [
        ("clip", {"critic_lr": 5e-5, "clip": 0.01, "n_critic": 5, "optimizer": "rmsprop"}),
        ("gp", {"critic_lr": 1e-4, "penalty": 10.0, "n_critic": 5, "beta1": 0.5, "beta2": 0.9}),
        ("gp-algorithm-1", {"beta1": 0.0, "beta2": 0.9, "critic_lr": 1e-4}),
        ("gp-code", {"penalty": 0.1, "width": 512, "depth": 3, "batch": 256}),
        ("clip-figure", {"width": 1024, "depth": 2, "batch": 1024, "n_critic": 10}),
        ("gp-figure", {"width": 1024, "depth": 2, "fixed_generator": True, "data_repeat": 10}),
    ],
)
def test_the_papers_numbers(variant, expected):
    recipe = make("wgan", variant)
    assert {name: getattr(recipe, name) for name in expected} == expected
    group = start(small(variant)).optimizers["critic"].param_groups[0]
    assert group["lr"] == recipe.critic_lr
    if "beta1" in expected:
        assert group["betas"] == (expected["beta1"], expected["beta2"])


def test_the_reference_is_a_script_of_its_own():
    """It imports torch alone: what it says can be exported as it stands."""
    lines = Path(wgan_reference.__file__).read_text().splitlines()
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert all("torch" in line or "collections.abc" in line for line in imports)


def test_a_generator_that_trains_gets_a_fresh_batch_each_step():
    """Its updates count in t too, so that repeated batches would not line up with rounds."""
    made = served(start(small("gp", n_critic=5, data_repeat=5)), 5)
    reals = [real for real, _, _ in made]
    assert not any(torch.equal(a, b) for a, b in zip(reals[:-1], reals[1:], strict=True))
