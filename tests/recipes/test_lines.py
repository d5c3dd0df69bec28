"""Two parallel lines (Arjovsky et al. 2017, example 1): the moved generator, and what is found."""

import dataclasses
import itertools
import math

import pytest
import torch

from gen_core.exploration.base import View, probes, run_probe
from gen_core.recipes.base import make
from gen_core.recipes.gan import Gan
from gen_core.recipes.two_player import LINES
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import restore, take

SMALL = {"width": 32, "depth": 2, "batch": 128}
CRITIC = ("wgan", "gp-lines", {"n_critic": 1, "critic_lr": 2e-3})
DISCRIMINATOR = ("gan", "minimax-lines", {"discriminator_lr": 2e-3})
GAMES = pytest.mark.parametrize(
    ("stem", "variant", "faster"), [CRITIC, DISCRIMINATOR], ids=["critic", "discriminator"]
)


def start(stem, variant, faster, **overrides):
    return TrainingState.start(make(stem, variant, {**SMALL, **faster, **overrides}), 7)


def advance(state, updates):
    return list(itertools.islice(train(state), updates))


def settled(steps, metric, last=100):
    """Mean over the last updates."""
    return sum(step.metrics[metric].item() for step in steps[-last:]) / last


def drawn(state):
    """The real and generated points of the present step."""
    real = state.recipe.real_batch(state)
    return real, state.recipe.generate(state.models, state.recipe.noise(state), real)


# ---------------------------------------------------------------- the moved generator


@GAMES
def test_generated_points_lie_on_the_line_at_theta(stem, variant, faster):
    state = start(stem, variant, faster, batch=4096, theta=-0.7)
    real, fake = drawn(state)
    assert (real[:, 0] == 0).all() and (fake[:, 0] == torch.tensor(-0.7)).all()
    for u in (real[:, 1], fake[:, 1]):
        assert 0 <= u.min() < 0.01 and 0.99 < u.max() <= 1
        heights = torch.linspace(0, 1, len(u))
        assert (u.sort().values - heights).abs().max() < 2 / math.sqrt(len(u)), "U[0, 1]"


@GAMES
def test_its_heights_are_its_own(stem, variant, faster):
    """Correlation of independent heights is N(0, 1/B); a shared u would have 1."""
    state = start(stem, variant, faster, batch=4096)
    real, fake = drawn(state)
    assert abs(torch.corrcoef(torch.stack((real[:, 1], fake[:, 1])))[0, 1]) < 4 / 64
    state.t = 1
    later_real, later = drawn(state)
    assert not torch.equal(later[:, 1], fake[:, 1])
    assert not torch.equal(later_real[:, 1], real[:, 1])


def test_both_games_see_the_same_points():
    for one, other in zip(drawn(start(*CRITIC)), drawn(start(*DISCRIMINATOR)), strict=True):
        assert torch.equal(one, other)


@GAMES
def test_an_edit_of_theta_acts_at_the_next_update_and_is_logged(stem, variant, faster):
    edited, begun = start(stem, variant, faster), start(stem, variant, faster)
    advance(edited, 3), advance(begun, 3)
    made = edited.edit("theta", -0.25)
    assert (made.t, made.name, made.value) == (3, "theta", -0.25) and edited.log == [made]
    assert (drawn(edited)[1][:, 0] == -0.25).all()
    assert float(run_probe(View.of(edited), "parallel_lines")["now"][0]) == -0.25
    assert (run_probe(View.of(edited), "samples")["fake"][:, 0] == -0.25).all()
    (step,), (unmoved,) = advance(edited, 1), advance(begun, 1)
    wanted = math.log(2) if stem == "gan" else 0.25
    assert step.metrics["closed_form"].item() == pytest.approx(wanted)
    assert step.metrics["estimate"].item() != unmoved.metrics["estimate"].item()
    again = restore(take(edited), make, "cpu")
    assert again.recipe.theta == -0.25 and torch.equal(drawn(again)[1], drawn(edited)[1])


def test_other_fixed_generators_are_as_they_were():
    """Theta means nothing to real + N(0, I), nor to a generator that learns a line."""
    for stem, variant in (("wgan", "gp"), ("gan", "minimax")):
        noisy = TrainingState.start(make(stem, variant, {**SMALL, "fixed_generator": True}), 7)
        real, fake = drawn(noisy)
        assert torch.equal(fake, real + noisy.recipe.noise(noisy))
        (step,) = advance(noisy, 1)
        assert {"estimate", "closed_form", "theta_gradient"}.isdisjoint(step.metrics)
        learner = make(stem, variant, {**SMALL, "data": "line"})
        assert "generator" in TrainingState.start(learner, 7).models
        assert not probes()["parallel_lines"].suits(learner)


def test_least_squares_measures_no_distance_of_the_two():
    squares = make("gan", "least-squares", {**SMALL, **LINES})
    assert not probes()["parallel_lines"].suits(squares) and not squares.line_curves
    (step,) = advance(TrainingState.start(squares, 7), 1)
    assert set(step.metrics) == {"discriminator_loss"}


@GAMES
def test_every_metric_has_a_label(stem, variant, faster):
    state = start(stem, variant, faster)
    (step,) = advance(state, 1)
    assert {"estimate", "closed_form", "theta_gradient"} <= set(step.metrics)
    assert set(step.metrics) <= set(state.recipe.curves)


# ---------------------------------------------------------------- the slope in theta


@GAMES
def test_the_slope_is_the_generators_loss_moved_a_little(stem, variant, faster):
    """Central difference of the loss in theta, in float64, on the same heights."""
    state = start(stem, variant, faster)
    advance(state, 30)
    state.models = {name: model.double() for name, model in state.models.items()}
    opponent = state.models[state.recipe.player]
    real, fake = (points.double() for points in drawn(state))
    made = state.recipe.line_metrics(opponent, real, fake, state.recipe.generator_loss)
    step = torch.tensor([1e-6, 0.0], dtype=torch.float64)
    with torch.no_grad():
        up, down = (
            state.recipe.generator_loss(opponent(fake + move).squeeze(1)).mean()
            for move in (step, -step)
        )
    assert made["theta_gradient"].item() == pytest.approx(((up - down) / 2e-6).item(), rel=1e-4)


# ---------------------------------------------------------------- what training finds


@pytest.mark.parametrize("theta", [0.5, -0.5])
def test_the_critic_finds_w1_and_the_way(theta):
    """|theta| (1 + |theta| / 2 lambda): the slope s that gains s |theta| - lambda (s - 1)^2."""
    steps = advance(start(*CRITIC, theta=theta), 600)
    found = abs(theta) * (1 + abs(theta) / 20)
    assert settled(steps, "estimate") == pytest.approx(found, abs=0.02)
    sign = math.copysign(1 + abs(theta) / 20, theta)
    assert settled(steps, "theta_gradient") == pytest.approx(sign, abs=0.04)
    assert steps[-1].metrics["closed_form"].item() == abs(theta)


def test_the_discriminator_finds_js_and_no_way():
    steps = advance(start(*DISCRIMINATOR, theta=0.5), 600)
    assert math.log(2) - 0.01 < settled(steps, "estimate") < math.log(2), "a lower bound"
    assert abs(settled(steps, "theta_gradient")) < 0.05
    assert steps[-1].metrics["closed_form"].item() == pytest.approx(math.log(2))


@GAMES
def test_lines_that_coincide_have_no_distance(stem, variant, faster):
    steps = advance(start(stem, variant, faster, theta=0.0), 400)
    assert settled(steps, "estimate") == pytest.approx(0, abs=0.02)
    assert steps[-1].metrics["closed_form"].item() == 0


def test_a_discriminator_that_is_wrong_says_no_less_than_an_undecided_one():
    game = make("gan", "minimax-lines")
    sure = torch.full((4,), 3.0)
    assert game.estimate(-sure, sure).item() == 0 == game.estimate(0 * sure, 0 * sure).item()
    loss = 2 * math.log1p(math.exp(-3.0))
    assert game.estimate(sure, -sure).item() == pytest.approx(math.log(2) - loss / 2)


# ---------------------------------------------------------------- the probe


@GAMES
def test_the_probe_draws_both_closed_forms(stem, variant, faster):
    made = run_probe(View.of(start(stem, variant, faster, theta=0.35)), "parallel_lines")
    theta = made["theta"]
    assert (theta[0], theta[-1]) == (-1, 1) and (theta[1:] > theta[:-1]).all()
    assert (made["w1"] == abs(theta)).all()
    assert {round(float(js), 6) for js in made["js"][theta != 0]} == {round(math.log(2), 6)}
    assert made["js"][theta == 0].tolist() == [0]
    assert made["now"].tolist() == pytest.approx([0.35])


@GAMES
def test_the_probes_estimate_is_the_recipes_on_the_fixed_points(stem, variant, faster):
    state = start(stem, variant, faster)
    advance(state, 50)
    shown = run_probe(View.of(state), "samples", {"n": 1024})
    opponent = state.models[state.recipe.player]
    with torch.no_grad():
        real, fake = (opponent(torch.from_numpy(shown[name])) for name in ("real", "fake"))
    wanted = state.recipe.estimate(real.squeeze(1), fake.squeeze(1)).item()
    found = run_probe(View.of(state), "parallel_lines")["estimate"]
    assert found.shape == (1,) and float(found[0]) == pytest.approx(wanted, abs=1e-6)


def test_a_game_of_minimax_lines_is_the_minimax_game_on_lines():
    named, spelt = make("gan", "minimax-lines"), make("gan", "minimax", LINES)
    fields = {field.name for field in dataclasses.fields(Gan)} - {"variant"}
    assert all(getattr(named, name) == getattr(spelt, name) for name in fields)
