"""PixelVAE's recipe: its update against a plain script, its ramp, clip and starting weights."""

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import nn

from gen_core.data.images import source
from gen_core.errors import SettingError
from gen_core.exploration.base import View
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import generator, normal
from gen_core.training.snapshot import restore, take

TINY = {"width": 4, "coder_width": 4, "maps": 4, "latent_dim": 3, "batch": 20, "kl_ramp": 8}
KINDS = {
    "upsampling": {},
    "bias": {"conditioning": "bias", "layers": 2, "weight_norm": True},
    "independent": {"layers": 0},
}


def start(kind="upsampling", seed=7, **overrides):
    return TrainingState.start(make("pixelvae", "", TINY | KINDS[kind] | overrides), seed)


def run(state, updates):
    steps = train(state)
    return [{k: v.item() for k, v in next(steps).metrics.items()} for _ in range(updates)]


def bits(state):
    return {name: v.clone() for name, v in state.models["pixelvae"].state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


def plain_training(recipe, seed, updates):
    """The same training from torch's own distributions, loss and optimiser, in one list."""
    model = TrainingState.start(recipe, seed).models["pixelvae"]
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    for t in range(updates):
        x = source("digits").batch(recipe.batch, generator(seed, "data", t))
        mu, log_sigma = model.encoder(x).chunk(2, 1)
        q = torch.distributions.Normal(mu, log_sigma.exp())
        z = mu + log_sigma.exp() * normal(mu.shape, seed, "epsilon", t)
        given = (z, None) if model.upsampler is None else (None, model.upsampler(z))
        raw = model.net(2 * x - 1, *given)  # (B, 17, 8, 8)
        log_p = -nn.functional.cross_entropy(raw, (16 * x[:, 0]).long(), reduction="none")
        kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(1)
        alpha = min(1, t / recipe.kl_ramp)
        optimizer.zero_grad()
        (recipe.beta * alpha * kl - log_p.flatten(1).sum(1)).mean().backward()
        for parameter in model.parameters():
            parameter.grad.clamp_(-recipe.clip_gradient, recipe.clip_gradient)
        optimizer.step()
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_ten_rounds_equal_those_of_a_plain_script(kind):
    state = start(kind, beta=1.5)
    before = bits(state)
    run(state, 10)
    plain = plain_training(state.recipe, 7, 10).state_dict()
    for name, value in bits(state).items():
        torch.testing.assert_close(value, plain[name], rtol=1e-4, atol=1e-5)
        assert not torch.equal(value, before[name]), f"{name} did not learn"


def test_training_raises_the_bound():
    metrics = run(start(kl_ramp=0), 120)
    first, last = metrics[0]["elbo"], sum(m["elbo"] for m in metrics[-20:]) / 20
    assert first < -180 and last > -158  # 64 ln 17 is 181; measured: -152 at seed 7
    for m in metrics:
        assert m["elbo"] == pytest.approx(-m["reconstruction"] - m["kl"], rel=1e-5)


@pytest.mark.parametrize("kind", ["upsampling", "bias"])
def test_a_snapshot_resumes_bit_for_bit(kind):
    unbroken = start(kind)
    run(unbroken, 3)
    unbroken.edit("beta", 2.0)
    resumed = restore(take(unbroken), make)
    assert run(resumed, 4) == run(unbroken, 4)
    assert same(bits(resumed), bits(unbroken))


def test_lanes_of_other_depths_share_coders_and_data():
    """What a layer more changes is not the start: every part of equal name has equal weights."""
    none, one = bits(start("independent")), bits(start())
    shared = [name for name in one if name.startswith(("encoder", "upsampler"))]
    assert shared and all(torch.equal(none[name], one[name]) for name in shared)


def test_weight_norm_starts_as_the_plain_kernels():
    """The gain is the kernel's length, so the first function is the same with and without."""
    plain, normed = start("bias", weight_norm=False), start("bias")
    x, z = torch.rand(2, 1, 8, 8), torch.randn(2, 3)
    first, second = (state.models["pixelvae"].likelihood(x, z).logits for state in (plain, normed))
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-5)
    assert first.std() > 0.01


def test_the_best_command_has_twelve_layers_after_the_first():
    recipe = make("pixelvae", "z-bias")
    assert (recipe.layers - 1, recipe.width, recipe.latent_dim, recipe.kernel) == (12, 16, 16, 5)
    assert (recipe.kl_ramp, recipe.clip_gradient, recipe.learning_rate) == (10_000, 1.0, 1e-3)
    assert recipe.weight_norm and recipe.data == "mnist-static"


def test_what_fits_nothing_is_refused():
    for overrides, sentence in (
        ({"kernel": 4}, "an odd kernel, got 4"),
        ({"conditioning": "bias", "layers": 0}, "at least one autoregressive layer, got 0"),
        ({"data": "cats"}, "for data, got 'cats'"),
    ):
        with pytest.raises(SettingError, match=sentence):
            TrainingState.start(make("pixelvae", "", overrides), 0)


def test_the_metric_is_the_vote_of_the_posterior_means_and_pixels_are_the_floor():
    state, data = start(), source("digits")
    *_, error = (metric := state.recipe.metrics()["knn_error"]).steps(View.of(state))
    encode = state.models["pixelvae"].encode
    with torch.no_grad():
        codes, test = (encode(data.pictures(split)).mu.numpy() for split in ("train", "test"))
    vote = KNeighborsClassifier(5).fit(codes, data.labels("train")).predict(test)
    assert error == pytest.approx(100 * (vote != data.labels("test").numpy()).mean())
    assert metric.floor(View.of(state)) == pytest.approx(100 * 13 / 360)  # raw pixels, by sklearn
