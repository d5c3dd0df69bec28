"""The outlines of posteriors and the gap between them, against the model's own closed forms."""

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal, kl_divergence

from gen_core.errors import ProbeError
from gen_core.exploration.base import View, run_probe
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train


def view(variant, updates=20, **overrides):
    state = TrainingState.start(make("iaf", variant, overrides), 7)
    for step in train(state):
        if step.t == updates:
            return View.of(state)


def lengths(outline, mean, covariance):
    """How many standard deviations each node stands from the mean, (pictures, nodes)."""
    away = torch.from_numpy(outline) - mean[:, None]
    inverse = covariance.inverse()
    return torch.einsum("bni,bij,bnj->bn", away, inverse, away).sqrt()


@pytest.mark.parametrize("variant", ["gaussian", "gaussian-diagonal"])
def test_outlines_stand_at_two_deviations_and_the_gap_is_the_kl(variant):
    looked = view(variant)
    arrays = run_probe(looked, "true_posterior", {"nodes": 9})
    vae, x = looked.models["iaf"], looked.recipe.dataset().pictures("test")
    with torch.no_grad():
        q = vae.encode(x)
        diagonal = variant == "gaussian-diagonal"
        covariance = torch.diag_embed(q.sigma.square()) if diagonal else q.covariance
        mean, true = vae.posterior_mean(x), vae.posterior_covariance.expand(4, 2, 2)
        centre = q.mu
        kl = kl_divergence(MultivariateNormal(centre, covariance), MultivariateNormal(mean, true))
    assert arrays["truth"].shape == arrays["own"].shape == (4, 9, 2)
    for name, around, spread in (("truth", mean, true), ("own", centre, covariance)):
        assert np.allclose(lengths(arrays[name], around, spread), 2, atol=1e-3), name
        assert np.allclose(arrays[name][:, 0], arrays[name][:, -1], atol=1e-5), "closed"
    np.testing.assert_allclose(arrays["gap"], kl, rtol=1e-3)


def test_the_gap_of_a_flow_is_no_less_than_nothing():
    arrays = run_probe(view("gaussian", posterior="iaf", steps=2), "true_posterior")
    assert (arrays["gap"] > 0).all() and np.isfinite(arrays["own"]).all()
    np.testing.assert_allclose(arrays["log_p"], -3.7969, atol=1e-3)


def test_who_knows_no_truth_is_not_asked():
    with pytest.raises(ProbeError):
        run_probe(view("toy", 1), "true_posterior")
