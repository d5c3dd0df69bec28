"""The clouds of posteriors: each step of the chain, each dot by its data point."""

import numpy as np
import pytest
import torch

from gen_core.errors import ProbeError
from gen_core.exploration.base import View, run_probe
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train


def view(variant="toy", updates=3, **overrides):
    state = TrainingState.start(make("iaf", variant, overrides), 7)
    for step in train(state):
        if step.t == updates:
            return View.of(state)


def test_a_chain_of_steps_is_walked_one_by_one():
    looked = view(steps=3)
    arrays = run_probe(looked, "posterior_clouds", {"n": 5})
    assert arrays["path"].shape == (4, 20, 2) and arrays["prior"].shape == (20, 2)
    assert arrays["labels"].tolist() == [0, 1, 2, 3] * 5 and arrays["classes"].tolist() == [
        0,
        1,
        2,
        3,
    ]
    assert np.array_equal(arrays["path"][-1], arrays["z"])
    for before, after in zip(arrays["path"], arrays["path"][1:], strict=False):
        assert 0 < np.abs(after - before).max() < 3, "a step moves dots, a reversal does not"


def test_the_ends_of_the_path_are_the_posteriors_own():
    """z and its density, from the points alone: against the model read backwards."""
    looked = view()
    arrays = run_probe(looked, "posterior_clouds", {"n": 6})
    vae, x = looked.models["iaf"], looked.recipe.dataset().pictures("test")
    with torch.no_grad():
        q = vae.encode(x).repeated(6)
        log_q = q.log_prob(torch.from_numpy(arrays["z"]))
        start = q.flow.inverse(torch.from_numpy(arrays["z"]), q.context)[0]
    np.testing.assert_allclose(arrays["log_q"], log_q, atol=1e-3)
    np.testing.assert_allclose(arrays["path"][0], start, atol=1e-3)  # four reversals are none


def test_an_odd_number_of_reversals_turns_the_start():
    looked = view(steps=1)
    arrays = run_probe(looked, "posterior_clouds", {"n": 2})
    vae, x = looked.models["iaf"], looked.recipe.dataset().pictures("test")
    with torch.no_grad():
        q = vae.encode(x).repeated(2)
        start = q.flow.inverse(torch.from_numpy(arrays["z"]), q.context)[0]
    np.testing.assert_allclose(arrays["path"][0], start.flip(1), atol=1e-4)


def test_a_diagonal_posterior_is_one_stage_and_dots_keep_their_noise():
    looked = view("toy-diagonal")
    few, many = (run_probe(looked, "posterior_clouds", {"n": n}) for n in (3, 30))
    assert few["path"].shape == (1, 12, 2)
    np.testing.assert_allclose(few["z"], many["z"][:12], atol=1e-6)
    posterior = looked.models["iaf"].encode(looked.recipe.dataset().pictures("test"))
    spread = many["z"].reshape(30, 4, 2) - posterior.mu.detach().numpy()
    noise = spread / posterior.sigma.detach().numpy()
    np.testing.assert_allclose(noise, np.repeat(noise[:, :1], 4, 1), atol=1e-3)


def test_other_dimensions_and_pictures_of_a_longer_code():
    looked = view("digits", 1, width=4, features=8, latent_dim=5, batch=8, posterior="linear")
    chosen = run_probe(looked, "posterior_clouds", {"n": 3, "pictures": 7, "across": 5, "up": 2})
    assert chosen["path"].shape == (2, 21, 2) and chosen["classes"].shape == (7,)
    swapped = run_probe(looked, "posterior_clouds", {"n": 3, "pictures": 7, "across": 2, "up": 5})
    assert np.array_equal(swapped["z"], chosen["z"][:, ::-1])
    with pytest.raises(ProbeError, match="a dimension from 1 to 5, got 6"):
        run_probe(looked, "posterior_clouds", {"across": 6})
