"""The classical games: updates against the reference, and the gradients that tell them apart."""

import dataclasses
import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from gen_core.recipes import gan_reference
from gen_core.recipes.base import make
from gen_core.recipes.gan import Gan
from gen_core.training.loop import TrainingState, train

SMALL = {"width": 16, "batch": 32}
GAMES = ("minimax", "non-saturating", "least-squares")


@dataclass(frozen=True)
class Double(Gan):
    """The recipe in float64: the same draws, cast."""

    def build(self, seed, device):
        return {name: model.double() for name, model in super().build(seed, device).items()}

    def real_batch(self, state, n=None):
        return super().real_batch(state, n).double()

    def noise(self, state):
        return super().noise(state).double()


def start(variant, kind=Gan, **overrides):
    recipe = make("gan", variant, {**SMALL, **overrides})
    fields = {f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)}
    return TrainingState.start(kind(**fields), 7)


def advance(state, updates):
    return list(itertools.islice(train(state), updates))


def refer(state, updates):
    for player in itertools.islice(itertools.cycle(state.recipe.schedule(0)), updates):
        for _ in state.recipe.reference_update(player, state):
            pass
        state.t += 1


def weights(state):
    return {
        f"{name}.{key}": value.detach().clone()
        for name, model in state.models.items()
        for key, value in model.named_parameters()
    }


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("variant", Gan.variants)
def test_fast_equals_reference_in_float64_over_ten_rounds(variant, k):
    fast, plain = (start(variant, Double, n_discriminator=k) for _ in range(2))
    first = weights(fast)
    advance(fast, 10 * (k + 1))
    refer(plain, 10 * (k + 1))
    for name, wanted in weights(plain).items():
        made = weights(fast)[name]
        assert (made - wanted).norm() <= 1e-9 * wanted.norm(), name
        assert not torch.equal(made, first[name]), f"{name} did not learn"


@pytest.mark.parametrize("variant", Gan.variants)
def test_fast_equals_reference_in_float32_over_ten_rounds(variant):
    """Weight matrices to 1e-4 of their norm; biases, which have just left 0, to 1e-3."""
    fast, plain = start(variant), start(variant)
    advance(fast, 20)
    refer(plain, 20)
    for name, wanted in weights(plain).items():
        bound = 1e-4 if name.endswith("weight") else 1e-3
        assert (weights(fast)[name] - wanted).norm() <= bound * wanted.norm(), name


@pytest.mark.parametrize("variant", Gan.variants)
def test_every_parameter_gets_a_gradient(variant):
    state = start(variant)
    advance(state, 4)
    for player, model in state.models.items():
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None and parameter.grad.any(), f"{player}.{name}"


@pytest.mark.parametrize("variant", GAMES)
def test_both_paths_report_the_same_losses(variant):
    fast, plain = start(variant), start(variant)
    for player in ("discriminator", "generator"):
        (step,) = advance(fast, 1)
        *_, last = plain.recipe.reference_update(player, plain)
        plain.t += 1
        torch.testing.assert_close(step.metrics[f"{player}_loss"], last.tensors["loss"])


def sure(variant, certainty):
    """A game whose discriminator gives every point the logit -certainty + a slight slope."""
    state = start(variant, depth=0)
    layer = state.models["discriminator"].linears[0]
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.1, 0.0]]))
        layer.bias.fill_(-certainty)
    state.position = 1
    (step,) = advance(state, 1)
    assert step.player == "generator"
    gradient = state.models["generator"].linears[0].weight.grad.norm().item()
    return step.metrics["generator_gradient"].item(), gradient


def test_where_the_discriminator_is_sure_minimax_learns_nothing():
    """Goodfellow et al. 2014, section 3: slopes -D against -(1 - D), at D = sigmoid(-20)."""
    flat, flat_weights = sure("minimax", 20.0)
    steep, steep_weights = sure("non-saturating", 20.0)
    assert steep == pytest.approx(0.1, rel=1e-3), "the whole slope of the discriminator"
    assert flat < 1e-9 and flat_weights < 1e-8 < 1e-3 < steep_weights


def test_where_it_is_undecided_both_learn_alike():
    """At D = 1/2 the two slopes are equal."""
    flat, steep = (sure(game, 0.0)[0] for game in ("minimax", "non-saturating"))
    assert flat == pytest.approx(0.05, rel=0.1) and steep == pytest.approx(0.05, rel=0.1)


def test_least_squares_pulls_in_proportion_to_the_distance():
    """(D - 1)^2 / 2 with D about -20: slope 21 times the discriminator's 0.1."""
    assert sure("least-squares", 20.0)[0] == pytest.approx(2.1, rel=0.05)


def test_minimax_and_non_saturating_differ_in_the_generator_alone():
    first, second = start("minimax"), start("non-saturating")
    advance(first, 1), advance(second, 1)
    assert all(torch.equal(weights(first)[n], weights(second)[n]) for n in weights(first))
    advance(first, 1), advance(second, 1)
    differs = {n for n in weights(first) if not torch.equal(weights(first)[n], weights(second)[n])}
    assert differs and all(name.startswith("generator.") for name in differs)


def test_the_papers_numbers():
    recipe = make("gan")
    assert (recipe.game, recipe.n_discriminator, recipe.beta1) == ("non-saturating", 1, 0.5)
    assert recipe.discriminator_lr == recipe.generator_lr == 2e-4
    rms = make("gan", "least-squares-rmsprop")
    assert (rms.optimizer, rms.discriminator_lr, rms.generator_lr) == ("rmsprop", 1e-4, 1e-4)
    assert recipe.schedule(3) == ("discriminator", "generator")
    assert make("gan", "", {"n_discriminator": 3}).schedule(0).count("discriminator") == 3
    assert make("gan", "", {"fixed_generator": True}).schedule(0) == ("discriminator",)


def test_the_reference_is_a_script_of_its_own():
    lines = Path(gan_reference.__file__).read_text().splitlines()
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert all("torch" in line or "collections.abc" in line for line in imports)
