"""Probes of a VAE's code: a point decoded, pictures through it, and which dimensions live."""

import numpy as np
import pytest
import torch

from gen_core.data.digits import load
from gen_core.errors import ProbeError
from gen_core.exploration.base import View, run_probe
from gen_core.exploration.manifold import latent_nodes
from gen_core.objectives.elbo import elbo
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import normal


def trained(updates=20, **overrides):
    state = TrainingState.start(make("vae", overrides=overrides), 7)
    for step in train(state):
        if step.t == updates:
            return state


def silence(vae, dimension):
    """Let the encoder say N(0, 1) of one dimension, as where the decoder ignores it."""
    *_, output = vae.encoder
    with torch.no_grad():
        for row in (dimension, dimension + vae.latent_dim):
            output.weight[row] = 0
            output.bias[row] = 0


def test_kl_of_the_dimensions_sums_to_the_bounds_kl():
    state = trained(latent_dim=5)
    arrays = run_probe(View.of(state), "live_dimensions")
    vae, x = state.models["vae"], load().pictures("test")
    posterior = vae.encode(x)
    terms = elbo(x, posterior, vae.decode(posterior.mu))
    assert arrays["kl"].sum() == pytest.approx(terms.kl.mean().item(), rel=1e-5)
    np.testing.assert_allclose(
        arrays["variance"], posterior.mu.detach().numpy().var(0), rtol=1e-4
    )


def test_a_dimension_at_the_prior_is_dead_and_the_others_live():
    state = trained(latent_dim=4)
    silence(state.models["vae"], 2)
    arrays = run_probe(View.of(state), "live_dimensions")
    assert arrays["live"].tolist() == [1, 1, 0, 1]
    assert arrays["count"].tolist() == [3]
    assert arrays["kl"][2] == arrays["variance"][2] == 0
    assert (arrays["kl"][[0, 1, 3]] > arrays["threshold"]).all()


def test_training_switches_off_a_dimension_that_the_decoder_ignores():
    """A KL that nothing opposes falls to nearly nothing, while another dimension is put to use."""
    state = TrainingState.start(make("vae", "bernoulli", {"width": 64}), 7)
    vae = state.models["vae"]
    for step in train(state):
        with torch.no_grad():
            vae.decoder[0].weight[:, 1] = 0
        if step.t == 400:
            break
    used, ignored = run_probe(View.of(state), "live_dimensions")["kl"]
    assert ignored < 0.05 < 0.5 < used


def test_a_point_decodes_as_the_sheets_node_there():
    view = View.of(trained())
    sheet, nodes = run_probe(view, "manifold", {"side": 5}), latent_nodes(5)
    for node, picture in zip(nodes, sheet["images"], strict=True):
        x, y = node.tolist()
        found = run_probe(view, "decode", {"x": x, "y": y})
        assert np.array_equal(found["images"], picture[None])
        np.testing.assert_allclose(found["z"], node[None].numpy(), rtol=1e-6)


def test_other_dimensions_keep_the_code_of_a_picture():
    state = trained(latent_dim=4)
    settings = {"x": 1.5, "y": -2.0, "across": 4, "up": 2, "picture": 9}
    found = run_probe(View.of(state), "decode", settings)["z"][0]
    mean = state.models["vae"].encode(load().pictures("test", 9, 10)).mu[0].detach().numpy()
    np.testing.assert_allclose(found, [mean[0], -2.0, mean[2], 1.5], rtol=1e-6)
    plain = run_probe(View.of(state), "decode", {"x": 1.5, "across": 3})["z"][0]
    assert plain.tolist() == [0, 0, 1.5, 0]


def test_what_is_not_there_is_refused():
    view = View.of(trained(1))
    with pytest.raises(ProbeError, match="a dimension from 1 to 2, got 3"):
        run_probe(view, "decode", {"across": 3})
    with pytest.raises(ProbeError, match="a test picture from 0 to 359, got 360"):
        run_probe(view, "decode", {"picture": 360})


def test_a_code_of_one_dimension_has_an_axis_too():
    found = run_probe(View.of(trained(1, latent_dim=1)), "decode", {"x": 2.5, "y": 1.0})
    assert found["z"].tolist() == [[2.5]]


def test_pictures_alternate_with_what_their_codes_bring_back():
    state = trained()
    settings = {"pictures": 3, "start": 5}
    images = run_probe(View.of(state), "mean_reconstructions", settings)["images"]
    x = load().pictures("test", 5, 8)
    vae = state.models["vae"]
    mean = vae.decode(vae.encode(x).mu).mean.detach()
    assert np.array_equal(images[0::2], (255 * x[:, 0]).round().numpy())
    assert np.array_equal(images[1::2], (255 * mean[:, 0]).round().numpy())


def test_samples_are_what_the_decoder_makes_of_the_prior():
    state = trained()
    view, settings = View.of(state), {"n": 4, "index": 2}
    images = run_probe(view, "mean_samples", settings)["images"]
    vae = state.models["vae"]
    z = normal((4, vae.latent_dim), state.seed, "mean samples", 2, torch.device("cpu"))
    assert np.array_equal(images, (255 * vae.decode(z).mean[:, 0].detach()).round().numpy())
    assert np.array_equal(run_probe(view, "mean_samples", settings)["images"], images)
    assert not np.array_equal(run_probe(view, "mean_samples", {"n": 4})["images"], images)


def test_colour_pictures_come_as_colours():
    state = TrainingState.start(
        make("vae", overrides={"data": "rooms-16", "network": "conv", "width": 4,
                               "likelihood": "logistic"}), 7
    )
    view = View.of(state)
    assert run_probe(view, "decode")["images"].shape == (1, 16, 16, 3)
    pairs = run_probe(view, "mean_reconstructions", {"pictures": 2})["images"]
    assert pairs.shape == (4, 16, 16, 3)
    assert run_probe(view, "posteriors", {"pictures": 3})["labels"].tolist() == [0, 0, 0]
