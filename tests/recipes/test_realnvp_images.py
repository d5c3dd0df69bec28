"""Real NVP's recipe for pictures: its update against a plain one, its laws, what it reaches."""

import itertools
import math

import pytest
import torch

from gen_core import checkpoint, evaluate
from gen_core.bijections.coupling import AffineCoupling
from gen_core.data.image_forms import form_of
from gen_core.data.images import source
from gen_core.errors import SettingError
from gen_core.evaluation.figures import Scope
from gen_core.exploration.base import View
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import generator, uniform
from gen_core.training.snapshot import restore, take

SMALL = {"width": 4, "batch": 8}
NORMS = [
    {"norm": "none", "batch_norm": False},
    {"norm": "batch", "batch_norm": False},
    {"norm": "lagged", "batch_norm": True},
]


def start(variant="digits", seed=7, **overrides):
    return TrainingState.start(make("realnvp_images", variant, SMALL | overrides), seed)


def run(state, updates):
    steps = itertools.islice(train(state), updates)
    return [{name: value.item() for name, value in step.metrics.items()} for step in steps]


def numbers(state):
    return {name: value.clone() for name, value in state.models["flow"].state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


def test_updates_equal_those_of_a_plain_script():
    """By hand: uniform noise in each bin, the logit, a Gaussian, Adam on shortened gradients."""
    known = {"norm": "none", "batch_norm": False, "learning_rate": 1e-3}
    state, plain = (start(max_norm=5.0, decay=0.99, **known) for _ in range(2))
    found = run(state, 5)
    model, rate = plain.models["flow"], plain.recipe.learning_rate
    optimizer = torch.optim.Adam(model.parameters(), foreach=False)
    for t in range(5):
        x = source("digits").batch(8, generator(7, "data", t))
        y = ((16 * x).round() + uniform(x.shape, 7, "dequantise", t)) / 17
        p = 0.05 + 0.9 * y
        z, log_det = model.flow((p / (1 - p)).log())
        log_det = log_det + (0.9 / (17 * p * (1 - p))).log().flatten(1).sum(1)
        prior = torch.distributions.Normal(0, 1).log_prob(z).flatten(1).sum(1)
        loss = -(prior + log_det).mean()
        optimizer.param_groups[0]["lr"] = rate * 0.99**t
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        assert found[t]["nll"] == pytest.approx(loss.item(), rel=1e-4)
        assert found[t]["bits"] == pytest.approx(loss.item() / (64 * math.log(2)), rel=1e-4)
    for name, value in numbers(state).items():
        torch.testing.assert_close(value, numbers(plain)[name], rtol=1e-3, atol=1e-4)


def test_at_the_start_only_the_log_scales_of_checkerboards_wait_and_no_unit_is_dead():
    """Their factor of tanh(raw) is 0 at first, as in the public code, and passes nothing back.

    What stands before a batch normalisation of the net gets no push along its own bias: left out.
    """
    state = start(norm="none", batch_norm=True)
    couplings = {
        name: part
        for name, part in state.models["flow"].named_modules()
        if isinstance(part, AffineCoupling)
    }
    run(state, 1)
    for name, coupling in couplings.items():
        waits = coupling.scale_start == 0
        last = coupling.network.last
        for parameter in (last.weight, last.gain, last.bias):
            raw, shift = parameter.grad.chunk(2)
            assert (raw == 0).all() == waits, name
            assert (shift != 0).any(), name
        for inner, parameter in coupling.network.named_parameters():
            if inner.endswith(("offset", "weight")) and not inner.startswith("last"):
                units = parameter.grad.reshape(len(parameter), -1).any(1)
                assert units.all(), f"{name}.network.{inner}"
    run(state, 1)
    for coupling in couplings.values():
        assert (coupling.network.last.weight.grad != 0).any(1).all()


@pytest.mark.parametrize("norms", NORMS, ids=str)
def test_every_parameter_learns_and_a_snapshot_resumes_bit_for_bit(norms):
    unbroken = start(**norms)
    first = numbers(unbroken)
    run(unbroken, 4)
    stuck = [name for name, value in numbers(unbroken).items() if torch.equal(value, first[name])]
    assert not stuck
    unbroken.edit("learning_rate", 0.005)
    resumed = restore(take(unbroken), make)
    assert run(resumed, 3) == run(unbroken, 3)
    assert same(numbers(resumed), numbers(unbroken))


def test_training_lowers_the_bits_of_held_out_digits():
    state = start(width=8, batch=32, blocks=0)
    metric = state.recipe.metrics()["test_bits"]
    *_, before = metric.steps(View.of(state))
    run(state, 60)
    *_, after = metric.steps(View.of(state))
    assert before > 4  # of log2 17 = 4.09 for a uniform guess
    assert after < 3.2


def test_measuring_takes_running_averages_and_leaves_them():
    state = start(norm="batch", batch_norm=True)
    run(state, 2)
    before = take(state)
    values = {}
    for name, metric in state.recipe.metrics().items():
        *_, values[name] = metric.steps(View.of(state))
        assert metric.floor is None
    assert values["test_nll"] == pytest.approx(values["test_bits"] * 64 * math.log(2), rel=1e-5)
    assert take(state) == before and state.models["flow"].training


def test_a_checkpoint_is_measured_in_bits_with_their_error(tmp_path):
    state = start()
    run(state, 2)
    path = checkpoint.save(
        tmp_path / "flow.safetensors", take(state), checkpoint.card_of(state, "command", {})
    )
    loaded = checkpoint.load(path).state
    *_, (_, last) = evaluate.evaluate(loaded, Scope(pictures=250))
    nll, bits = (last.result.figures()[name].estimate for name in ("nll", "bits_per_dim"))
    assert last.result.pictures == 250 and bits.error > 0
    assert nll.value / (64 * math.log(2)) == pytest.approx(bits.value)


@pytest.mark.parametrize(
    "variant, sides, last",
    [("digits", 8, 4), ("rooms-16", 16, 4), ("rooms-32", 32, 4), ("mnist", 28, 7)],
)
def test_the_last_scale_of_each_variant_is_four_by_four_or_odd(variant, sides, last):
    recipe = make("realnvp_images", variant)
    assert form_of(recipe.data).image_shape[1:] == (sides, sides)
    assert sides >> (recipe.scales - 1) == last
    assert variant in recipe.variants and len(recipe.variants) == 4, "each of them is here"


def test_scales_that_do_not_fit_and_margins_without_inverse_are_refused():
    with pytest.raises(SettingError, match="halved 4 times for 5 scales, got 8 x 8"):
        start(scales=5)
    for alpha in (0, 0.5, math.nan):
        with pytest.raises(SettingError, match="alpha"):
            start(alpha=alpha)


def test_a_batch_that_leaves_batch_normalisation_one_number_is_refused():
    with pytest.raises(SettingError, match="two pictures or more .* got 1"):
        start(scales=4, batch=1, batch_norm=True)
    run(start(scales=4, batch=2, batch_norm=True), 1)
    run(start(scales=3, batch=1, batch_norm=True), 1)
