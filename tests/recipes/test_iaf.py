"""The IAF recipe: what it reaches on four points, its free bits, and the house's laws."""

import math

import pytest
import torch

from gen_core.data.four import load
from gen_core.errors import SettingError
from gen_core.evaluation.figures import Scope
from gen_core.exploration.base import View
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import generator, normal
from gen_core.training.snapshot import restore, take

SMALL = {"width": 4, "features": 16, "flow_width": 8, "latent_dim": 3, "batch": 16}
BEST = -math.log(4)
"""No bound on the four points can exceed this on average."""


def started(variant="digits", seed=7, **overrides):
    small = SMALL if variant == "digits" else {}
    return TrainingState.start(make("iaf", variant, {**small, **overrides}), seed)


def run(state, updates):
    steps = train(state)
    return [{k: v.item() for k, v in next(steps).metrics.items()} for _ in range(updates)]


def bits(state):
    return {name: value.clone() for name, value in state.models["iaf"].state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.mark.parametrize("posterior", ["diagonal", "linear", "iaf", "planar", "radial"])
def test_training_raises_the_bound_of_every_posterior(posterior):
    metrics = run(started(posterior=posterior), 30)
    bounds = [each["elbo"] for each in metrics]
    assert all(math.isfinite(bound) for bound in bounds)
    assert sum(bounds[-10:]) / 10 > sum(bounds[:5]) / 5 + 50
    for each in metrics:
        assert each["elbo"] == pytest.approx(-each["reconstruction"] - each["kl"], rel=1e-4)


def test_flows_fit_four_points_better_than_diagonal_gaussians():
    """Figure 1, with smaller networks; no bound exceeds -ln 4."""
    reached, small = {}, {"width": 32, "flow_width": 16, "steps": 2, "learning_rate": 0.01}
    for variant in ("toy", "toy-diagonal"):
        bounds = [each["elbo"] for each in run(started(variant, **small), 250)]
        reached[variant] = sum(bounds[-100:]) / 100
    assert reached["toy-diagonal"] + 0.05 < reached["toy"] < BEST, reached


def test_the_test_bound_of_four_points_is_below_the_best_that_is_possible():
    state = started("toy")
    run(state, 50)
    assert set(state.recipe.evaluations()) == {"likelihood"} and not state.recipe.metrics()
    steps = state.recipe.evaluations()["likelihood"].steps(View.of(state), Scope(0, 500, 0))
    *_, last = steps
    figures = {name: each.estimate for name, each in last.result.figures().items()}
    assert figures["elbo"].value <= -figures["nll"].value <= BEST + 0.05


def test_same_seed_same_bits_and_a_snapshot_resumes():
    first, second, other = (started("toy", seed) for seed in (7, 7, 8))
    for state in (first, second, other):
        run(state, 5)
    assert same(bits(first), bits(second)) and not same(bits(first), bits(other))
    first.edit("learning_rate", 1e-4)
    resumed = restore(take(first), make)
    assert run(resumed, 4) == run(first, 4)
    assert same(bits(resumed), bits(first))


def test_lanes_share_data_noise_and_networks_whatever_their_posterior():
    plain, bent = started(posterior="diagonal"), started(posterior="iaf")
    shared = [name for name in bits(plain) if name in bits(bent)]
    assert len(shared) == len(bits(plain))
    assert all(torch.equal(bits(plain)[name], bits(bent)[name]) for name in shared)
    stages = [next(iter(s.recipe.reference_update("iaf", s))) for s in (plain, bent)]
    assert torch.equal(stages[0].tensors["x"], stages[1].tensors["x"])


def test_one_update_by_hand():
    """Algorithm 1 of the paper, step by step, on four points."""
    state = started("toy", steps=2)
    vae, recipe = state.models["iaf"], state.recipe
    x = load().batch(recipe.batch, generator(7, "data", 0))
    eps = normal((recipe.batch, 2), 7, "epsilon", 0)
    features = vae.encoder(x)
    mu, log_sigma = vae.head(features).chunk(2, 1)
    h = vae.context(features)
    z = mu + log_sigma.exp() * eps
    log_q = -(log_sigma + eps**2 / 2 + math.log(2 * math.pi) / 2).sum(1)
    for step in (vae.flow.maps[0], vae.flow.maps[2]):
        m, s = step.network(z, h)
        sigma = torch.sigmoid(s + 1.5)
        z = (sigma * z + (1 - sigma) * m).flip(1)
        log_q = log_q - sigma.log().sum(1)
    log_prior = -(z**2 / 2 + math.log(2 * math.pi) / 2).sum(1)
    p = torch.sigmoid(vae.decoder(z))
    log_p = torch.where(x > 0, p, 1 - p).log().sum((1, 2, 3))
    expected = (log_p + log_prior - log_q).mean().item()
    assert run(state, 1)[0]["elbo"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("posterior", ["diagonal", "linear", "iaf"])
def test_free_bits_change_the_loss_and_not_the_bound(posterior):
    """Below the floor of all dimensions together the KL has no gradient, as with a weight of 0."""
    plain, free, off = (
        started(posterior=posterior, **more)
        for more in ({}, {"free_bits": 10.0}, {"kl_warmup": 10})
    )
    first = [run(state, 1)[0] for state in (plain, free, off)]
    assert first[0] == first[1] == first[2], "measured before the step"
    assert same(bits(free), bits(off)) and not same(bits(free), bits(plain))


def test_hot_edits_act_and_others_are_refused():
    state = started()
    run(state, 1)
    state.edit("free_bits", "0.5")
    assert state.recipe.free_bits == 0.5
    with pytest.raises(SettingError, match="a setting that may change during a run"):
        state.edit("posterior", "diagonal")


def test_four_points_are_data_of_this_recipe_alone():
    assert make("iaf", "digits", {"data": "four"}).dataset().n_test == 4
    with pytest.raises(SettingError):
        make("vae", "", {"data": "four"})


def test_the_codes_of_digits_can_be_asked_for_their_classes():
    state = started()
    metric = state.recipe.metrics()["knn_error"]
    *_, error = metric.steps(View.of(state))
    assert 0 < error < 95
