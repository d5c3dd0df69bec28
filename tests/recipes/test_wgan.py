"""The WGAN recipe: what one update does, against autograd, by hand, and against the reference."""

import dataclasses
import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from gen_core.models.wgan import Critic
from gen_core.recipes import wgan_fast, wgan_reference
from gen_core.recipes.base import make
from gen_core.recipes.wgan import Wgan
from gen_core.training.loop import TrainingState, train
from gen_core.training.optimizers import TensorFlowRMSprop
from gen_core.training.seeding import generator, normal, uniform

SMALL = {"width": 16, "batch": 32}


def small(variant, **overrides):
    """A variant at small sizes; what makes it a variant stays."""
    figure = {"n_critic": 3, "data_repeat": 3} if variant.endswith("figure") else {}
    return make("wgan", variant, {**SMALL, **figure, **overrides})


def start(recipe, seed=7):
    return TrainingState.start(recipe, seed)


def advance(state, updates):
    return list(itertools.islice(train(state), updates))


def weights(state):
    return {f"{name}.{key}": value.detach().clone()
            for name, model in state.models.items() for key, value in model.named_parameters()}


def refer(state, updates):
    """The same updates by the reference, on the loop's own counters."""
    schedule = itertools.chain.from_iterable(state.recipe.schedule(r) for r in itertools.count())
    for player in itertools.islice(schedule, updates):
        for _ in state.recipe.reference_update(player, state):
            pass
        state.t += 1


def rounds(recipe, count):
    return sum(len(recipe.schedule(r)) for r in range(count))


def distances(first, second):
    """Relative distance ||a - b|| / ||b|| of each parameter tensor."""
    return {name: ((first[name] - b).norm() / b.norm().clamp_min(1e-30)).item()
            for name, b in second.items() if b.any() or first[name].any()}


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
    return {f"{name}.{index}": torch.cat([p.detach().flatten() for p in layer.parameters()])
            for name, model in state.models.items() for index, layer in enumerate(model.linears)}


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
    assert names == ["generate", "score", "interpolate", "slope", "loss", "step"]
    assert not torch.equal(weights(state)["critic.layers.0.weight"], before[
        "critic.layers.0.weight"])


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
        assert not torch.equal(weights(state)[f"{player}.layers.0.weight"],
                               before[f"{player}.layers.0.weight"])


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
    state = start(small("clip-code", clip=c, critic_lr=lr, optimizer="rmsprop-tensorflow",
                        warm_up=False))
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
        torch.testing.assert_close(value.detach(), clipped - lr * value.grad / root,
                                   rtol=1e-5, atol=1e-8)
        moved |= bool(value.abs().max() > c)
    assert moved, "the step itself leaves the box"


# ---------------------------------------------------------------- the penalty


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
    wgan_fast.penalised_step(critic, Sgd(critic), real, fake, BETWEEN, penalty=0.5,
                             one_sided=one_sided)
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
    wgan_fast.penalised_step(critic, Sgd(critic), real, fake, epsilon, penalty=10.0,
                             one_sided=one_sided)
    for (name, parameter), wanted in zip(critic.named_parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, wanted, rtol=1e-10, atol=1e-10,
                                   msg=lambda m, n=name: f"{n}: {m}")


def test_one_sided_leaves_a_flat_critic_alone():
    """Below slope 1 its update is that of no penalty at all; the two-sided one's is not."""
    def update(weight, one_sided):
        critic = Critic(width=12, depth=2).double()
        with torch.no_grad():
            for index, parameter in enumerate(critic.parameters()):
                drawn = torch.rand(parameter.shape, generator=generator(1, "flat", index))
                parameter.copy_(0.1 * (drawn - 0.5))
        made = wgan_fast.penalised_step(critic, Sgd(critic), SAME, SAME + 1, BETWEEN,
                                        penalty=weight, one_sided=one_sided)
        assert made["slope"] < 1
        return torch.cat([p.grad.flatten() for p in critic.parameters()])

    assert torch.equal(update(10.0, True), update(0.0, True))
    assert not torch.allclose(update(10.0, False), update(0.0, False))


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
