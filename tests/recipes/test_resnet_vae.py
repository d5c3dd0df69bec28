"""The ResNet VAE's recipe: its update by hand, free bits, and the house's laws."""

import itertools
import math
from statistics import fmean

import pytest
import torch

from gen_core import checkpoint, evaluate
from gen_core.data.images import source
from gen_core.errors import SettingError
from gen_core.evaluation.figures import Scope
from gen_core.exploration.base import View
from gen_core.models.resnet_vae import INFERENCES, POSTERIORS
from gen_core.recipes.base import make
from gen_core.recipes.resnet_vae import ALIVE, layer_nats
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import generator, normal
from gen_core.training.snapshot import restore, take

SMALL = {"width": 6, "blocks": 2, "z_channels": 2, "batch": 8}


def started(variant="digits", seed=7, **overrides):
    return TrainingState.start(make("resnet_vae", variant, {**SMALL, **overrides}), seed)


def run(state, updates):
    steps = itertools.islice(train(state), updates)
    return [{name: value.item() for name, value in step.metrics.items()} for step in steps]


def numbers(state):
    vae = state.models["resnet_vae"]
    return {name: value.clone() for name, value in vae.state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.mark.parametrize("free", [0.0, 0.3])
def test_one_update_by_hand(free):
    """Equation 15: each feature map costs lambda at least, on the mean over the batch."""
    state = started(free_bits=free)
    vae = started().models["resnet_vae"]
    x = source("digits").batch(8, generator(7, "data", 0))
    eps = [normal((8, 2, 4, 4), 7, f"epsilon{layer}", 0) for layer in (1, 2)]
    found = vae.infer(x, eps)
    log_p = found.likelihood.log_prob(x)
    charged = -log_p.mean()
    for level in found.levels:
        for feature_map in level.kl.unbind(1):  # (B, H, W)
            charged = charged + max(free, feature_map.sum((1, 2)).mean())
    charged.backward()
    step = torch.optim.Adam(vae.parameters(), state.recipe.learning_rate)
    step.step()
    (told,) = run(state, 1)
    for name, value in numbers(state).items():
        torch.testing.assert_close(value, vae.state_dict()[name], rtol=1e-4, atol=1e-6)
    kls = [level.kl.sum().item() / 8 for level in found.levels]
    assert told["kl_1"] == pytest.approx(kls[0], rel=1e-4)
    assert told["kl"] == pytest.approx(sum(kls), rel=1e-4)
    assert told["elbo"] == pytest.approx(log_p.mean().item() - sum(kls), rel=1e-4)


def test_free_bits_stop_the_gradient_below_lambda_and_leave_the_bound_plain():
    held, free = started(free_bits=8.0), started()
    (with_held,), (with_free,) = run(held, 1), run(free, 1)
    assert with_held == with_free, "the first bound knows nothing of lambda"
    name = "layers.0.down_in.gain"
    moved = numbers(held)[name] - numbers(started())[name]
    assert moved[:4].abs().max() == 0, "a prior that costs nothing has nothing to learn"
    assert moved[4:].abs().max() > 0, "what the picture is made of learns"


def test_with_free_bits_more_layers_stay_alive():
    """Figure 7, small: equal weights, pictures and noise; lambda alone differs."""
    alive = {}
    for free in (0.0, 0.5):
        state = started(blocks=3, learning_rate=0.01, free_bits=free)
        run(state, 60)
        alive[free] = int((layer_nats(View.of(state)) > ALIVE).sum())
        metric = state.recipe.metrics()["live_layers"]
        assert metric.unit == "of 3" and list(metric.steps(View.of(state))) == [alive[free]]
    assert alive[0.0] < alive[0.5], alive


@pytest.mark.parametrize("posterior", POSTERIORS)
@pytest.mark.parametrize("inference", INFERENCES)
def test_training_raises_the_bound_and_its_parts_sum_to_it(inference, posterior):
    state = started(inference=inference, posterior=posterior, learning_rate=0.01)
    metrics = run(state, 40)
    assert set(metrics[0]) == set(state.recipe.curves)
    bounds = [each["elbo"] for each in metrics]
    assert all(math.isfinite(bound) for bound in bounds)
    assert fmean(bounds[-10:]) > fmean(bounds[:5]) + 15
    for each in metrics:
        assert each["elbo"] == pytest.approx(-each["reconstruction"] - each["kl"], rel=1e-4)
        assert each["kl"] == pytest.approx(each["kl_1"] + each["kl_2"], rel=1e-4, abs=1e-4)
        assert each["bits"] == pytest.approx(-each["elbo"] / (64 * math.log(2)), rel=1e-5)


def test_same_seed_same_bits_and_a_snapshot_resumes():
    first, second, other = (started("digits-free-bits", seed) for seed in (7, 7, 8))
    for state in (first, second, other):
        run(state, 3)
    assert same(numbers(first), numbers(second)) and not same(numbers(first), numbers(other))
    first.edit("free_bits", 1.0)
    first.edit("learning_rate", 1e-4)
    resumed = restore(take(first), make)
    assert run(resumed, 3) == run(first, 3)
    assert same(numbers(resumed), numbers(first))


def test_lanes_share_what_agrees_whatever_their_depth_and_posterior():
    plain, bent, deep = started(), started(posterior="iaf"), started(blocks=3)
    for other in (bent, deep):
        pairs = [
            (numbers(plain)[name], value)
            for name, value in numbers(other).items()
            if name in numbers(plain) and numbers(plain)[name].shape == value.shape
        ]
        assert len(pairs) > 12 and all(torch.equal(left, right) for left, right in pairs)
    stages = [next(iter(s.recipe.reference_update("resnet_vae", s))) for s in (plain, bent)]
    assert torch.equal(stages[0].tensors["x"], stages[1].tensors["x"])


def test_a_checkpoint_is_measured_with_the_nats_of_each_layer(tmp_path):
    state = started(posterior="iaf")
    run(state, 3)
    path = checkpoint.save(
        tmp_path / "vae.safetensors", take(state), checkpoint.card_of(state, "command", {})
    )
    *_, (_, last) = evaluate.evaluate(checkpoint.load(path).state, Scope(pictures=50, samples=8))
    found = {name: figure.estimate.value for name, figure in last.result.figures().items()}
    assert found["elbo"] == pytest.approx(
        -found["reconstruction"] - found["kl_1"] - found["kl_2"], rel=1e-6
    )
    assert found["elbo"] < -found["nll"] and "kl_3" not in found


@pytest.mark.parametrize("variant, layers", [("digits", 8), ("rooms-16", 6), ("rooms-32", 6)])
def test_variants_count_their_layers(variant, layers):
    recipe = make("resnet_vae", variant)
    assert recipe.layers == layers
    assert [name for name in recipe.curves if name.startswith("kl_")] == [
        f"kl_{layer}" for layer in range(1, layers + 1)
    ]


def test_sides_that_cannot_be_halved_are_refused():
    with pytest.raises(SettingError, match="halved 4 times, got 8 x 8"):
        started(scales=4)
    with pytest.raises(SettingError, match="channels that 4 colours can share, got 6"):
        started(posterior="iaf", z_channels=4)
