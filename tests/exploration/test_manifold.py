"""The manifold's nodes and pictures, the posteriors, and the likelihood that grows by slices."""

import copy
import math

import numpy as np
import pytest
import torch

from gen_core.data.digits import load
from gen_core.distributions import Bernoulli
from gen_core.errors import ProbeError
from gen_core.exploration.base import View, probe_slices, run_probe
from gen_core.exploration.latents import SLICE
from gen_core.exploration.manifold import latent_nodes
from gen_core.objectives.elbo import elbo, importance_weighted
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import normal, uniform


def trained(variant="binomial", updates=20, **overrides):
    state = TrainingState.start(make("vae", variant, overrides), 7)
    for step in train(state):
        if step.t == updates:
            return state


class Ramp(torch.nn.Module):
    """A decoder that prints its latents: the left half shows z_1, the right half z_2."""

    def decode(self, z):
        left, right = z.unbind(1)
        halves = [h.reshape(-1, 1, 1, 1).expand(-1, 1, 2, 1) for h in (left, right)]
        return Bernoulli(torch.cat(halves, 3))


def test_nodes_hold_equal_shares_of_the_prior():
    nodes = latent_nodes(10).double()
    shares = 0.5 * (1 + torch.erf(nodes / math.sqrt(2)))
    grid = (torch.arange(10) + 0.5) / 10
    torch.testing.assert_close(shares[:10, 0], grid.double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(shares[::10, 1], grid.flip(0).double(), atol=1e-6, rtol=0)


def test_the_atlas_reads_from_the_top_left():
    view = View(make("vae"), 7, torch.device("cpu"), 0, {"vae": Ramp()})
    arrays = run_probe(view, "manifold", {"side": 5})
    sheet = arrays["images"].reshape(5, 5, 2, 2).astype(int)
    right, down = np.diff(sheet, axis=1), np.diff(sheet, axis=0)
    assert (right[..., 0] > 0).all() and (down[..., 0] == 0).all()
    assert (down[..., 1] < 0).all() and (right[..., 1] == 0).all()
    assert sheet[2, 2].tolist() == [[128, 128], [128, 128]]  # z = 0: probability 1/2


def test_pictures_are_the_decoders_means():
    state = trained()
    arrays = run_probe(View.of(state), "manifold")
    assert arrays["images"].shape == (196, 8, 8) and arrays["images"].dtype == np.uint8
    vae = state.models["vae"]
    with torch.no_grad():
        mean = vae.decode(torch.tensor(arrays["z"])).mean[:, 0].numpy()
    assert np.abs(arrays["images"] / 255 - mean).max() < 0.5 / 255 + 1e-6
    assert arrays["images"].std(0).max() > 10, "the manifold shows different pictures"


def test_posteriors_are_those_of_the_test_pictures():
    state = trained()
    arrays = run_probe(View.of(state), "posteriors")
    assert arrays["labels"].tolist() == load().labels("test").tolist()
    with torch.no_grad():
        q = state.models["vae"].encode(load().pictures("test"))
    np.testing.assert_array_equal(arrays["mu"], q.mu.numpy())
    np.testing.assert_array_equal(arrays["sigma"], q.log_sigma.exp().numpy())


def test_the_likelihood_grows_by_slices_to_the_number_that_was_asked():
    slices = list(probe_slices(View.of(trained()), "test_likelihood", {"samples": 50}))
    progress = [float(s["progress"]) for s in slices]
    assert progress == pytest.approx([min(1, SLICE * (i + 1) / 50) for i in range(7)])
    last = slices[-1]
    assert last["samples"].tolist() == [8, 16, 24, 32, 40, 48, 50]
    assert last["bound"][-1] == pytest.approx(last["log_p"].mean(), rel=1e-6)
    for i, one in enumerate(slices):
        np.testing.assert_array_equal(one["bound"], last["bound"][: i + 1])


@pytest.mark.parametrize("variant", ["binomial", "bernoulli"])
def test_the_likelihood_is_that_of_torchs_own_distributions(variant):
    state = trained(variant)
    arrays = run_probe(View.of(state), "test_likelihood", {"samples": 20})
    x, vae = load().pictures("test"), state.models["vae"]
    if variant == "bernoulli":
        x = (uniform(x.shape, 7, "binarise test", 0) < x).float()
    weights = []
    prior = torch.distributions.Normal(0.0, 1.0)
    with torch.no_grad():
        mu, log_sigma = vae.encoder(x.flatten(1)).chunk(2, 1)
        q = torch.distributions.Normal(mu, log_sigma.exp())
        for index in range(3):
            for eps in normal((SLICE, 360, 2), 7, "importance", index):
                z = mu + log_sigma.exp() * eps
                top = 16 if variant == "binomial" else 1
                pixels = torch.distributions.Binomial(top, logits=vae.decoder(z))
                log_p = pixels.log_prob(top * x.flatten(1)).sum(1)
                weights.append(log_p + (prior.log_prob(z) - q.log_prob(z)).sum(1))
    expected = importance_weighted(torch.stack(weights[:20]))
    torch.testing.assert_close(torch.tensor(arrays["log_p"]), expected, rtol=1e-4, atol=1e-3)


def test_the_likelihood_lies_above_the_mean_bound():
    state = trained(updates=100)
    arrays = run_probe(View.of(state), "test_likelihood", {"samples": 256})
    x, vae, bounds = load().pictures("test"), state.models["vae"], []
    with torch.no_grad():
        for index in range(64):
            q = vae.encode(x)
            z = q.rsample(normal(q.mu.shape, 7, "elbo", index))
            bounds.append(elbo(x, q, vae.decode(z)).bound.mean())
    bounds = torch.stack(bounds)
    assert arrays["bound"][-1] > bounds.mean() + 5 * bounds.std() / 8
    assert arrays["bound"][-1] > arrays["bound"][0]


def test_a_slow_look_holds_the_models_of_its_start():
    state = trained()
    slices = probe_slices(View.of(state), "test_likelihood", {"samples": 24})
    first = next(slices)
    still = run_probe(View.of(state), "test_likelihood", {"samples": 24})
    steps = train(state)
    for _ in range(5):
        next(steps)
    *_, last = slices
    np.testing.assert_array_equal(last["log_p"], still["log_p"])
    assert first["bound"][0] == last["bound"][0]


@pytest.mark.parametrize("name", ["manifold", "posteriors", "test_likelihood"])
def test_looking_changes_no_number(name):
    watched, alone = trained(), trained()
    models = copy.deepcopy(watched.models["vae"].state_dict())
    for _ in probe_slices(View.of(watched), name, {"samples": 8} if "like" in name else {}):
        assert torch.is_grad_enabled()
    for key, value in watched.models["vae"].state_dict().items():
        assert torch.equal(value, models[key])
    for state in (watched, alone):
        steps = train(state)
        for _ in range(3):
            next(steps)
    left, right = (state.models["vae"].state_dict() for state in (watched, alone))
    assert all(torch.equal(left[key], right[key]) for key in left)


def test_lanes_without_a_latent_plane_are_refused():
    deep = View.of(TrainingState.start(make("vae", overrides={"latent_dim": 3}), 0))
    with pytest.raises(ProbeError, match="a recipe that the probe manifold can show"):
        run_probe(deep, "manifold")
    assert run_probe(deep, "posteriors")["mu"].shape == (360, 3)
    other = View.of(TrainingState.start(make("wgan", "gp", {"width": 8, "depth": 1}), 0))
    for name in ("manifold", "posteriors", "test_likelihood"):
        with pytest.raises(ProbeError, match="got wgan"):
            run_probe(other, name)
