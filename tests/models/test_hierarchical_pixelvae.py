"""Laws of the hierarchy: order, gradients, KL against Monte Carlo, bounds, likelihoods."""

import itertools
import math

import pytest
import torch

from gen_core.distributions import standard_normal
from gen_core.errors import DataError, SettingError
from gen_core.evaluation.likelihood import importance_weighted as importance_sampled
from gen_core.models.hierarchical_pixelvae import (
    HierarchicalPixelVae,
    bounded_log_sigma,
    bounded_mean,
)
from gen_core.objectives.elbo import hierarchical, importance_weighted
from tests.models.hierarchies import hierarchy, pictures


def sampled(model, x):
    """Posteriors, and a sample of each level."""
    q = model.encode(x)
    return q, q.z1.rsample(torch.randn_like(q.z1.mu)), q.z2.rsample(torch.randn_like(q.z2.mu))


def test_pixels_hear_of_nothing_that_comes_later():
    """Pixel by pixel, colour by colour: all 192 outputs of an 8 x 8 picture."""
    model = hierarchy()
    z1 = torch.randn(4, *model.z1_shape).double()
    x = pictures(model).requires_grad_()
    logits = model.likelihood(x, z1).logits.square().sum(-1)  # (B, C, H, W)
    place = 3 * torch.arange(64).view(8, 8) + torch.arange(3)[:, None, None]
    heard = 0
    for c, i, j in itertools.product(range(3), range(8), range(8)):
        (grad,) = torch.autograd.grad(logits[:, c, i, j].sum(), x, retain_graph=True)
        found = grad.abs().sum(0) > 0
        assert not (found & (place >= place[c, i, j])).any(), (c, i, j)
        heard += found.sum()
    assert heard > 192 * 10


def test_positions_of_the_latent_map_hear_of_earlier_positions_alone():
    """All channels of a position at once: neither hears of the other."""
    model = hierarchy()
    z2 = torch.randn(4, 3).double()
    z1 = torch.randn(4, *model.z1_shape).double().requires_grad_()
    prior = model.prior(z1, z2)
    values = prior.mu + prior.log_sigma
    place = torch.arange(16).view(4, 4)
    for c, i, j in itertools.product(range(2), range(4), range(4)):
        (grad,) = torch.autograd.grad(values[:, c, i, j].sum(), z1, retain_graph=True)
        found = grad.abs().sum((0, 1)) > 0
        assert not (found & (place >= place[i, j])).any(), (c, i, j)
        assert found.any() or place[i, j] == 0


def test_every_named_parameter_learns():
    model = hierarchy(side=32, pixel_blocks=2, latent_blocks=1).train()
    x = pictures(model)
    q, z1, z2 = sampled(model, x)
    maps = q.z1.kl_map(model.prior(z1, z2)), q.z2.kl_to_standard_map()
    hierarchical(model.likelihood(x, z1).log_prob(x), maps, (1.0, 1.0)).loss.sum().backward()
    silent = [
        name
        for name, p in model.named_parameters()
        if p.grad is None or not p.grad.abs().sum() > 1e-12
    ]
    assert silent == []


def test_the_top_posterior_reads_features_and_not_the_sample():
    model = hierarchy()
    x = pictures(model, 1)
    assert torch.equal(model.encode(x).z2.mu, model.encode(x).z2.mu)
    assert not any("z1" in name for name, _ in model.top_encoder.named_parameters())


def test_kl_of_the_middle_level_is_what_monte_carlo_finds():
    """Analytic KL given earlier samples, against log q - log p of the same samples."""
    model = hierarchy()
    with torch.no_grad():
        q, _, z2 = sampled(model, pictures(model, 1).expand(4000, -1, -1, -1))
        z1 = q.z1.rsample(torch.randn_like(q.z1.mu))
        prior = model.prior(z1, z2)
        gap = q.z1.kl(prior) - (q.z1.log_prob(z1) - prior.log_prob(z1))
    assert gap.mean().abs() <= 5 * gap.std() / math.sqrt(4000)
    assert q.z1.kl(prior).mean() > 10 * gap.std() / math.sqrt(4000)


def test_the_bound_lies_below_the_importance_weighted_one():
    """ELBO = IWAE of one sample on average; nested equal groups of one set in exact order."""
    model = hierarchy()
    n, k = 4, 512
    x = pictures(model, n)
    with torch.no_grad():
        many = x.repeat(k, 1, 1, 1)
        q, z1, z2 = sampled(model, many)
        log_w = (
            model.likelihood(many, z1).log_prob(many)
            + model.prior(z1, z2).log_prob(z1)
            + standard_normal(z2).log_prob(z2)
            - q.z1.log_prob(z1)
            - q.z2.log_prob(z2)
        ).view(k, n)
        kls = q.z1.kl(model.prior(z1, z2)) + q.z2.kl_to_standard()
        elbo = (model.likelihood(many, z1).log_prob(many) - kls).view(k, n)
    bounds = [
        importance_weighted(log_w.view(k // m, m, n).transpose(0, 1).reshape(m, -1))
        .view(k // m, n)
        .mean(0)
        for m in (1, 8, 64, 512)
    ]
    for lower, higher in itertools.pairwise(bounds):
        assert (lower <= higher + 1e-9).all()
    error = (elbo - log_w).std(0) / math.sqrt(k)
    assert ((elbo.mean(0) - bounds[0]).abs() <= 5 * error).all()
    assert (elbo.mean(0) <= bounds[-1]).all()


def test_likelihood_of_all_pictures_sums_to_one():
    """At a fixed z_1, three colours of two levels at two pixels, all other pixels given."""
    model = hierarchy(top_level=1)
    z1 = torch.randn(1, *model.z1_shape).double()
    values = torch.tensor(list(itertools.product((0.0, 1.0), repeat=6))).double()
    x = torch.zeros(64, 3, 8, 8).double()
    x[:, :, 7, 6], x[:, :, 7, 7] = values[:, :3], values[:, 3:]
    with torch.no_grad():
        found = model.likelihood(x, z1.expand(64, -1, -1, -1)).log_prob_map(x)
    last = found[:, :, 7, 6:].flatten(1).sum(1)  # the two last pixels, given all before
    torch.testing.assert_close(last.exp().sum().item(), 1.0)
    assert last.exp().std() > 1e-4, "a flat law would sum to one without any order"


def test_bounds_by_hand():
    s = torch.tensor([0.0, 1.0, -1.0, 9.0])
    torch.testing.assert_close(bounded_log_sigma(s).exp(), torch.tensor([0.5, 0.75, 0.25, 0.95]))
    m = torch.tensor([0.0, 2.0, -2.0, 18.0])
    torch.testing.assert_close(bounded_mean(m), torch.tensor([0.0, 1.0, -1.0, 1.8]))


def test_the_floor_holds_sigma_of_the_prior_up():
    model = hierarchy()
    z1, z2 = torch.randn(2, *model.z1_shape).double(), torch.randn(2, 3).double()
    free, held = model.prior(z1, z2), model.prior(z1, z2, floor=0.6)
    assert free.sigma.min() < 0.6 and torch.equal(free.mu, held.mu)
    torch.testing.assert_close(held.sigma, free.sigma.clamp(min=0.6))
    assert free.mu.abs().max() < 2 and free.sigma.max() < 1


def test_one_picture_is_enough_in_eval():
    model = hierarchy()
    x = pictures(model)
    whole = model.encode(x).z1.mu
    torch.testing.assert_close(torch.cat([model.encode(each[None]).z1.mu for each in x]), whole)


@pytest.mark.parametrize(("side", "z1_side"), [(8, 4), (16, 4), (32, 8), (64, 16)])
def test_the_latent_map_has_a_quarter_of_the_side(side, z1_side):
    model = HierarchicalPixelVae((3, side, side), 3, width=3, deep_width=4)
    assert model.z1_shape == (8, z1_side, z1_side)


def test_what_does_not_fit_is_refused():
    model = hierarchy()
    with pytest.raises(SettingError, match=r"a square of side 8, 16, 32, …, got \(12, 12\)"):
        HierarchicalPixelVae((3, 12, 12))
    with pytest.raises(DataError, match=r"pictures of shape \(3, 8, 8\), got \(3, 9, 8\)"):
        model.encode(torch.zeros(1, 3, 9, 8).double())
    with pytest.raises(DataError, match=r"top latents of shape \(3,\), got \(4,\)"):
        model.latent_decoder(torch.zeros(1, 4).double())
    with pytest.raises(DataError, match=r"latent maps of shape \(2, 4, 4\)"):
        model.pixel_decoder(torch.zeros(1, 2, 5, 4).double())


def test_importance_weights_are_those_of_the_levels_and_average_to_the_bound():
    model = hierarchy()
    x, n = pictures(model, 3), 4
    eps = [torch.randn(shape).double() for shape in model.latent_noise_shapes(n * 3)]
    weight = model.log_weight(x, eps)
    assert weight.total.shape == (12,)
    for row in (0, 4, 11):
        one = x[row % 3 : row % 3 + 1]
        q = model.encode(one)
        z1, z2 = q.z1.rsample(eps[0][row : row + 1]), q.z2.rsample(eps[1][row : row + 1])
        log_p = model.likelihood(one, z1).log_prob(one)
        torch.testing.assert_close(weight.log_p[row : row + 1], log_p)
        joint = log_p + model.prior(z1, z2).log_prob(z1) + standard_normal(z2).log_prob(z2)
        posterior = q.z1.log_prob(z1) + q.z2.log_prob(z2)
        torch.testing.assert_close(weight.total[row : row + 1], joint - posterior)
    top = model.encode(x).z2.kl_to_standard().mean().item()
    *_, last = importance_sampled(model.float(), x.float(), 300, live=50)
    found = last.result
    assert len(found.kls) == 2 and found.iwae.value > found.elbo.value
    parts = -found.reconstruction.value - sum(kl.value for kl in found.kls)
    assert found.elbo.value == pytest.approx(parts, rel=1e-6)
    assert found.kls[1].value == pytest.approx(top, rel=0.1)
