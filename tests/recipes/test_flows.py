"""Flows on the plane: the update against a plain script, its laws, and what it reaches."""

import itertools
import math

import pytest
import torch

from gen_core import checkpoint, evaluate
from gen_core.data.points_csv import read_points
from gen_core.data.stored import keep
from gen_core.data.toy2d import dataset
from gen_core.errors import SettingError
from gen_core.evaluation.figures import Scope
from gen_core.exploration.base import View
from gen_core.recipes.base import make, recipes
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import generator
from gen_core.training.snapshot import restore, take

LANES = [(stem, variant) for stem in ("realnvp", "planar") for variant in recipes()[stem].variants]
TINY = {"realnvp": {"couplings": 4, "width": 16}, "planar": {"steps": 4}}


def start(stem="realnvp", variant="", seed=7, **overrides):
    return TrainingState.start(make(stem, variant, {**TINY[stem], "batch": 32, **overrides}), seed)


def run(state, updates):
    steps = itertools.islice(train(state), updates)
    return [{name: value.item() for name, value in step.metrics.items()} for step in steps]


def bits(state):
    return {name: value.clone() for name, value in state.models["flow"].state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.fixture
def in_double():
    """Numbers of 64 bits: a shift before batch norm is taken out again, so its gradient is zero,
    and Adam would step by its rounding, which each processor does in its own way.
    """
    dataset("8gaussians")  # shared with other tests, and so made before
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("in_double")
@pytest.mark.parametrize("stem, variant", LANES)
def test_ten_updates_equal_those_of_a_plain_script(stem, variant):
    """Layer by layer, torch's own Gaussian, and Adam one parameter at a time."""
    state, plain = (start(stem, variant, decay=20, max_norm=5.0) for _ in range(2))
    run(state, 10)
    flow, recipe = plain.models["flow"], plain.recipe
    optimizer = torch.optim.Adam(flow.parameters(), foreach=False)
    prior = torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
    for t in range(10):
        x = dataset("8gaussians").batch(32, generator(7, "data", t))
        *_, (z, log_det) = flow.stages(x)
        loss = -(prior.log_prob(z) + log_det).mean()
        optimizer.param_groups[0]["lr"] = (
            0.5 * (1 + math.cos(math.pi * t / 20)) * recipe.learning_rate
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
        optimizer.step()
    assert next(flow.parameters()).dtype == torch.float64
    for name, value in bits(state).items():
        torch.testing.assert_close(value, bits(plain)[name], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("stem, variant", LANES)
def test_a_snapshot_resumes_bit_for_bit(stem, variant):
    unbroken = start(stem, variant, seed=3)
    run(unbroken, 5)
    unbroken.edit("learning_rate", 0.005)
    resumed = restore(take(unbroken), make)
    assert run(resumed, 5) == run(unbroken, 5)
    assert same(bits(resumed), bits(unbroken))


def test_lanes_share_initial_values_with_and_without_normalisation():
    plain, normed = bits(start()), bits(start(variant="plane-batchnorm"))
    assert plain.keys() <= normed.keys()
    assert all(torch.equal(plain[name], normed[name]) for name in plain)
    other = bits(start(seed=8))
    assert not any(torch.equal(plain[n], other[n]) for n in plain if "network" in n)


def test_the_kinks_of_a_network_do_not_lie_in_one_point():
    first = start().models["flow"].layers.maps[0].network.linears[0]
    kinks = -first.bias / first.weight[:, 0]
    assert kinks.std() > 0.5


def test_the_step_size_falls_along_half_a_cosine():
    recipe = make("realnvp", "", {"learning_rate": 0.1, "decay": 100})
    assert [recipe.rate(t) for t in (0, 50)] == pytest.approx([0.1, 0.05])
    assert recipe.rate(100) == recipe.rate(10**6) == pytest.approx(0.001)
    assert make("realnvp", "", {"learning_rate": 0.1, "decay": 0}).rate(10**6) == 0.1


@pytest.mark.parametrize(
    "stem, overrides, reached",
    [
        ("realnvp", {"couplings": 6, "width": 32, "batch": 128}, 2.60),
        ("planar", {"steps": 8, "batch": 128, "learning_rate": 0.02}, 2.85),
    ],
)
def test_training_comes_nearer_to_the_entropy(stem, overrides, reached):
    """The board's density is known: -log p falls, and never below its floor."""
    state = start(stem, data="checkerboard", decay=300, **overrides)
    metric = state.recipe.metrics()["nll"]
    *_, before = metric.steps(View.of(state))
    floor = metric.floor(View.of(state))
    run(state, 300)
    *_, after = metric.steps(View.of(state))
    assert floor == pytest.approx(math.log(8))
    assert floor - 0.02 < after < reached < before


def test_measures_are_those_of_the_plane_and_change_nothing():
    state = start(variant="plane-batchnorm")
    run(state, 3)
    before = take(state)
    for name, metric in state.recipe.metrics().items():
        *_, value = metric.steps(View.of(state))
        assert math.isfinite(value) and math.isfinite(metric.floor(View.of(state))), name
    assert take(state) == before and state.models["flow"].training
    assert set(state.recipe.metrics()) == {"nll", "w1", "modes", "high_quality"}


def test_points_of_ones_own_train_without_a_floor():
    """They have no density, so nothing says how low -log p may go."""
    rows = "\n".join(f"{x},{x * x - y}" for x in range(5) for y in range(5))
    state = start(data=keep(read_points(rows.encode())))
    assert all(math.isfinite(each["nll"]) for each in run(state, 5))
    metric = state.recipe.metrics()["nll"]
    *_, value = metric.steps(View.of(state))
    assert math.isfinite(value) and metric.floor is None


def test_a_checkpoint_is_measured_again(tmp_path):
    state = start()
    run(state, 5)
    path = checkpoint.save(
        tmp_path / "flow.safetensors", take(state), checkpoint.card_of(state, "command", {})
    )
    loaded = checkpoint.load(path).state
    figures = {}
    for _, step in evaluate.evaluate(loaded, Scope(pictures=500)):
        figures |= step.result.figures()
    assert figures["nll"].scope == "500 test points"
    gap, nll = figures["gap"].estimate, figures["nll"].estimate
    entropy = dataset("8gaussians").entropy
    assert gap.value == pytest.approx(nll.value - entropy, abs=0.2) and gap.error > 0
    between, shares = figures["gap_between"].estimate, figures["gap_shares"].estimate
    slack = 5 * (gap.error + between.error + shares.error)
    assert 0 < between.value + shares.value < gap.value + slack, "parts of it"
    inside = figures["gap_inside"].estimate
    assert inside.value == pytest.approx(gap.value - between.value - shares.value)


def test_a_line_has_no_density():
    with pytest.raises(SettingError, match="for data"):
        make("realnvp", "", {"data": "line"})
