"""The VAE with maps in its posterior: every choice learns, and its bounds are in order."""

import math

import pytest
import torch
from torch import nn

from gen_core.bijections.base import Flip
from gen_core.distributions import Bernoulli, Binomial, DiagonalNormal
from gen_core.errors import SettingError
from gen_core.models.iaf import NETWORKS, POSTERIORS, IafVae
from gen_core.objectives.elbo import hierarchical, importance_weighted
from gen_core.training.seeding import initialize_

SMALL = {"latent_dim": 3, "width": 4, "features": 12, "flow_width": 8, "context_dim": 5}


def vae(posterior="iaf", network="mlp", shape=(1, 4, 4), top=1, **more):
    return IafVae(shape, top, network=network, posterior=posterior, **{**SMALL, **more})


def randomized(model, scale=0.3):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, scale)
    return model.double()


def pictures(n, shape=(1, 4, 4), top=1):
    return torch.randint(top + 1, (n, *shape)).double() / top


@pytest.mark.parametrize("form", ["gated", "code"])
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("posterior", POSTERIORS)
def test_every_parameter_gets_a_gradient(posterior, network, form):
    model = randomized(vae(posterior, network, (1, 8, 8), form=form), 0.2)
    x = pictures(32, (1, 8, 8))
    q = model.encode(x)
    draw = q.drawn(torch.randn(32, 3).double())
    terms = hierarchical(model.decode(draw.z).log_prob(x), [q.kl_at(draw)], [1.0])
    terms.loss.mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("posterior", POSTERIORS)
def test_elbo_below_importance_weighted_bound(posterior):
    """Both from the model's own weights; with more samples the bound only tightens."""
    model, x = randomized(vae(posterior), 0.5), pictures(3)
    groups, k = 200, 32
    with torch.no_grad():
        eps = torch.randn(groups * k * 3, 3).double()
        weights = model.log_weight(x, [eps]).total.unflatten(0, (k, groups, 3))
    tight = importance_weighted(weights)  # (groups, B)
    single = weights.flatten(0, 1)
    error = single.std(0) / math.sqrt(len(single)) + tight.std(0) / math.sqrt(groups)
    assert (single.mean(0) <= tight.mean(0) + 5 * error).all()
    assert (tight.mean(0) - single.mean(0) > 5 * error).all(), "the order says something"


def test_every_posteriors_weights_have_the_likelihood_as_their_mean():
    """p(x) does not know of q: all posteriors around one decoder estimate the same number."""
    x, estimates = pictures(2), {}
    for posterior in POSTERIORS:
        torch.manual_seed(3)
        model = randomized(vae(posterior), 0.1)
        torch.manual_seed(4)
        with torch.no_grad():
            for parameter in model.decoder.parameters():
                parameter.normal_(0, 0.5)
            eps = torch.randn(10_000 * 2, 3).double()
            weights = model.log_weight(x, [eps]).total.unflatten(0, (-1, 2))
        likelihood = importance_weighted(weights)
        spread = (weights - likelihood).exp().std(0) / math.sqrt(len(weights))
        estimates[posterior] = likelihood, spread
    known, error = estimates["diagonal"]
    for found, own_error in estimates.values():
        assert ((found - known).abs() <= 5 * torch.hypot(error, own_error)).all()
        assert (own_error < 0.1).all(), "precise enough to say something"


def test_a_diagonal_posterior_has_no_maps_and_others_begin_near_one():
    assert isinstance(vae("diagonal").encode(pictures(2).float()), DiagonalNormal)
    for posterior in ("linear", "iaf"):
        model = initialize_(vae(posterior, context_dim=64), 0, "iaf")
        loud = [p.abs().max().item() for p in model.flow.parameters()]
        model.calm_()
        calm = [p.abs().max().item() for p in model.flow.parameters()]
        shares = {round(a / b, 3) for a, b in zip(calm, loud, strict=True) if b}
        assert shares == ({0.1} if posterior == "linear" else {0.1, 1.0})


def test_a_step_is_followed_by_a_reversal():
    maps = list(vae(steps=3).flow.maps)
    assert len(maps) == 6 and all(isinstance(part, Flip) for part in maps[1::2])


@pytest.mark.parametrize("shape, top", [((1, 28, 28), 1), ((1, 8, 8), 16), ((3, 16, 20), 255)])
def test_pictures_of_any_size_keep_their_shape(shape, top):
    model, x = vae("iaf", "resnet", shape, top), pictures(2, shape, top).float()
    q = model.encode(x)
    likelihood = model.decode(q.drawn(torch.zeros(2, 3)).z)
    assert likelihood.mean.shape == x.shape and q.mu.shape == (2, 3)
    assert isinstance(likelihood, Bernoulli if top == 1 else Binomial)
    assert likelihood.log_prob(x).isfinite().all()


def test_the_networks_of_appendix_b():
    """Three blocks of stride 2 with 16, 32 and 32 maps, two between, and 450 units."""
    model = IafVae()
    layers = [unit.first for unit in model.encoder.units]
    made = [(*layer.weight.shape[1::-1], layer.stride) for layer in layers]
    assert made == [(1, 16, 2), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 32, 2)]
    assert model.encoder.out.weight.shape == (450, 32 * 4 * 4)
    assert model.head.weight.shape == (64, 450) and model.latent_dim == 32
    grown = [len(unit.first.weight) for unit in model.decoder.grow]
    assert grown == [32, 16, 16] and isinstance(model.decoder.smooth[-1], nn.Identity)


def test_what_is_unknown_is_refused():
    with pytest.raises(SettingError, match="Expected one of diagonal, linear, iaf"):
        vae("normalizing")
    with pytest.raises(SettingError, match="Expected one of resnet, mlp"):
        vae(network="transformer")
