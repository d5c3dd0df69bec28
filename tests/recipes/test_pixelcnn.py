"""PixelCNN's recipe: what it learns in a stated time, its numbers, and the house's laws."""

import math
from pathlib import Path

import pytest
import torch

from app.presets import PIXELCNN
from gen_core.checkpoint import load
from gen_core.data.images import source
from gen_core.errors import DataError, SettingError
from gen_core.evaluation.figures import Scope
from gen_core.exploration.base import View, run_probe
from gen_core.recipes.base import make
from gen_core.recipes.pictures import DATA_PATTERN
from gen_core.recipes.settings import settings_of
from gen_core.sampling.ancestral import ancestral, finish
from gen_core.sampling.cached import cached
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import generator
from gen_core.training.snapshot import restore, take
from tests.data.idx_files import tiny_mnist

SMALL = {"width": 6, "depth": 1, "batch": 8}


def start(variant="gated", seed=7, **overrides):
    return TrainingState.start(make("pixelcnn", variant, SMALL | overrides), seed)


def run(state, updates):
    steps = train(state)
    return [{k: v.item() for k, v in next(steps).metrics.items()} for _ in range(updates)]


def bits(state):
    return {name: value.clone() for name, value in state.models["pixelcnn"].state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.mark.parametrize("variant", ["gated", "masked", "logistic"])
def test_training_lowers_the_exact_likelihood_of_held_out_digits(variant):
    state = start(variant, width=12, depth=2)
    (before,) = list(state.recipe.metrics()["test_nll"].steps(View.of(state)))[-1:]
    run(state, 150)
    (after,) = list(state.recipe.metrics()["test_nll"].steps(View.of(state)))[-1:]
    assert before > 140  # of log 17 a pixel, 181 nats, for a uniform guess
    assert after < 125


@pytest.mark.parametrize("variant", ["gated", "masked", "logistic"])
@pytest.mark.parametrize("conditional", [False, True])
def test_every_parameter_learns_and_a_snapshot_resumes_bit_for_bit(variant, conditional):
    unbroken = start(variant, conditional=conditional, decay=0.999)
    first = bits(unbroken)
    run(unbroken, 4)
    stuck = [name for name, value in bits(unbroken).items() if torch.equal(value, first[name])]
    assert not stuck
    unbroken.edit("learning_rate", 0.003)
    resumed = restore(take(unbroken), make)
    assert run(resumed, 3) == run(unbroken, 3)
    assert same(bits(resumed), bits(unbroken))


def test_same_seed_same_numbers_and_another_seed_others():
    first, second, other = start(), start(), start(seed=8)
    assert run(first, 5) == run(second, 5) != run(other, 5)
    assert same(bits(first), bits(second)) and not same(bits(first), bits(other))


def test_an_update_is_adam_on_clipped_gradients():
    state = start(clip=0.01, decay=0.99, learning_rate=0.01)
    model = TrainingState.start(state.recipe, 7).models["pixelcnn"]
    plain = torch.optim.Adam(model.parameters(), 0.01)
    for t, metrics in enumerate(run(state, 4)):
        x = source("digits").batch(8, generator(7, "data", t))
        nll = -model(x).log_prob(x).mean()
        plain.zero_grad()
        nll.backward()
        clipped = [p.grad.clamp_(-0.01, 0.01) for p in model.parameters()]
        assert any((g.abs() == 0.01).any() for g in clipped), "nothing was clipped"
        plain.param_groups[0]["lr"] = 0.01 * 0.99**t
        plain.step()
        assert metrics["nll"] == pytest.approx(nll.item(), rel=1e-5)
        assert metrics["bits"] == pytest.approx(nll.item() / math.log(2) / 64, rel=1e-5)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(bits(state)[name], value, rtol=1e-4, atol=1e-5)


def test_the_test_likelihood_is_the_mean_over_every_test_picture():
    state = start(conditional=True)
    view, digits = View.of(state), source("digits")
    *_, nats = state.recipe.metrics()["test_nll"].steps(view)
    *_, dims = state.recipe.metrics()["test_bits"].steps(view)
    with torch.no_grad():
        x = digits.pictures("test")
        log_p = state.models["pixelcnn"](x, digits.labels("test")).log_prob(x)
    assert nats == pytest.approx(-log_p.mean().item(), rel=1e-5)
    *_, some = state.recipe.evaluations()["likelihood"].steps(view, Scope(pictures=70))
    assert some.result.figures()["nll"].estimate.value == pytest.approx(
        -log_p[:70].mean().item(), rel=1e-5
    )
    assert dims == pytest.approx(nats / (64 * math.log(2)))


def test_one_pass_over_the_test_pictures_gives_both_units():
    """The digits' 360 pictures are asked once for nats and bits together, by slices of 12."""
    state = start()
    view, metrics = View.of(state), state.recipe.metrics()
    *_, alone = metrics["test_bits"].steps(view)
    asked = []
    state.models["pixelcnn"].register_forward_hook(lambda net, x, out: asked.append(len(x[0])))
    known = {}
    for name, metric in metrics.items():
        *_, known[name] = metric.measured(view, known)
    assert sum(asked) == source("digits").n_test
    assert known["test_bits"] == pytest.approx(alone, rel=1e-6)
    assert known["test_bits"] == pytest.approx(known["test_nll"] / (64 * math.log(2)))


def test_the_class_is_heard():
    state = start(conditional=True)
    run(state, 3)
    x = source("digits").pictures("test", 0, 6)
    with torch.no_grad():
        log_p = [state.models["pixelcnn"](x, torch.full((6,), c)).log_prob(x) for c in (0, 1)]
    assert (log_p[0] - log_p[1]).abs().min() > 1e-5


def test_mnist_is_learnt_and_painted_by_class(tmp_path, monkeypatch):
    """The published static files have no labels; these are binarised anew, and keep theirs."""
    tiny_mnist(tmp_path)
    monkeypatch.setenv("GEN_LAB_DATA", str(tmp_path))
    classes, plain = make("pixelcnn", "mnist-classes"), make("pixelcnn", "mnist")
    differs = [
        name for name in settings_of(plain) if getattr(classes, name) != getattr(plain, name)
    ]
    assert differs == ["conditional"]
    state = start("mnist-classes", kernel=3, first_kernel=3)
    first, seen = bits(state), classes.dataset()
    pairs = [seen.labelled_batch(40, generator(7, "data", t)) for t in (0, 0, 1)]
    assert torch.equal(pairs[0][0], pairs[1][0]) and not torch.equal(pairs[0][0], pairs[2][0])
    run(state, 3)
    assert not [name for name, value in bits(state).items() if torch.equal(value, first[name])]
    model = state.models["pixelcnn"].double()
    random, drawn = torch.rand(1, 1, 28, 28, dtype=torch.double).expand(2, -1, -1, -1), []
    for labels in (torch.tensor([3, 3]), torch.tensor([3, 8])):
        drawn.append(finish(ancestral(model.decoder(labels), random)).clone())
        assert torch.equal(finish(cached(model.decoder(labels), random)), drawn[-1])
    assert torch.equal(*drawn[0]) and not torch.equal(*drawn[1]), "the class alone differs"


def test_half_precision_stays_near_the_numbers_of_full():
    full, half = start(), start(precision="bfloat16")
    for one, other in zip(run(full, 5), run(half, 5), strict=True):
        assert other["nll"] == pytest.approx(one["nll"], rel=0.01)
    assert all(value.dtype == torch.float32 for value in bits(half).values())


def test_colour_takes_a_width_that_its_channels_share():
    model = start(data="rooms-16", width=7).models["pixelcnn"]
    assert {layer.out.weight.shape[0] for layer in model.net.layers} == {9}
    assert start("logistic", data="rooms-16", width=7).models["pixelcnn"].output.passes == 1


def test_what_cannot_be_is_refused():
    with pytest.raises(SettingError, match="a name like digits, mnist-binary"):
        make("pixelcnn", overrides={"data": "8gaussians"})
    with pytest.raises(DataError, match="pictures with labels"):
        start(data="rooms-16", conditional=True)
    assert settings_of(make("pixelcnn"))["data"].pattern == DATA_PATTERN


def test_the_shipped_checkpoint_opens_without_its_data():
    root = Path(__file__).parents[2]
    state = load(root / "checkpoints" / "pixelcnn" / "mnist.safetensors", "cpu", "pixelcnn").state
    nine = PIXELCNN["completion-mnist"].panels[0]["start"]  # a test picture, as letters
    arrays = run_probe(View.of(state), "predictive", {"picture": nine, "row": 13, "column": 12})
    assert arrays["nats"].sum() < 130  # a fair coin at each pixel: 543
    assert arrays["p"].shape == (1, 2)
    with pytest.raises(DataError, match="the four files of MNIST"):
        next(train(state))
