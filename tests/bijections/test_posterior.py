"""Posteriors made of maps: their densities, their KLs, and linear IAF against its closed form."""

import math

import pytest
import torch
from torch import nn

from gen_core.bijections.autoregressive import FORMS, IafStep, LinearIaf, iaf_chain
from gen_core.bijections.base import Chain
from gen_core.bijections.planar import Planar, Radial
from gen_core.bijections.posterior import FlowPosterior, LinearPosterior
from gen_core.distributions import DiagonalNormal, Draw, standard_normal
from tests.bijections.laws import randomized


def gaussian(batch=4, dim=3):
    return DiagonalNormal(torch.randn(batch, dim).double(), 0.3 * torch.randn(batch, dim).double())


def linear(base, context=None):
    return LinearPosterior(base, Chain([randomized(LinearIaf(base.mu.shape[1]), 0.6)]), context)


def posteriors():
    base, context = gaussian(), torch.randn(4, 2).double()
    chains = {
        "iaf": iaf_chain(3, 2, 8, context_dim=2),
        "code": iaf_chain(3, 2, 8, context_dim=2, form="code"),
        "planar": Chain([Planar(3), Planar(3)]),
        "radial": Chain([Radial(3), Radial(3)]),
    }
    found = {name: FlowPosterior(base, randomized(flow), context) for name, flow in chains.items()}
    return {**found, "linear": linear(base), "diagonal": base}


@pytest.mark.parametrize("name", posteriors())
def test_the_density_of_a_draw_is_that_of_the_point(name):
    """Forward with the noise known, and backward from the point alone."""
    q = posteriors()[name]
    draw = q.drawn(torch.randn(4, 3).double())
    torch.testing.assert_close(draw.log_q, q.log_prob(draw.z), rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", posteriors())
def test_a_path_ends_in_the_sample_and_copies_stay_by_their_example(name):
    q, eps = posteriors()[name], torch.randn(4, 3).double()
    assert torch.equal(q.path(eps)[-1], q.drawn(eps).z)
    many = q.repeated(3).drawn(torch.cat([eps, eps, eps]))
    torch.testing.assert_close(many.z, q.drawn(eps).z.repeat(3, 1))
    torch.testing.assert_close(many.log_q, q.drawn(eps).log_q.repeat(3))


@pytest.mark.parametrize("name", ["iaf", "planar", "radial"])
def test_a_density_in_the_plane_integrates_to_one(name):
    chains = {
        "iaf": lambda: iaf_chain(2, 2, 8),
        "planar": lambda: Chain([Planar(2)]),
        "radial": lambda: Chain([Radial(2)]),
    }
    axis = torch.linspace(-14, 14, 561).double()
    nodes = torch.cartesian_prod(axis, axis)
    base = DiagonalNormal(torch.tensor([[0.5, -0.5]]).double(), torch.zeros(1, 2).double())
    q = FlowPosterior(base, randomized(chains[name](), 0.3)).repeated(len(nodes))
    with torch.no_grad():
        total = q.log_prob(nodes).exp().sum() * 0.05**2
    assert total.item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", posteriors())
def test_the_mean_log_ratio_is_the_kl(name):
    q, n = posteriors()[name], 20_000
    with torch.no_grad():
        many = q.repeated(n)
        draw = many.drawn(torch.randn(4 * n, 3).double())
        ratio = (draw.log_q - standard_normal(draw.z).log_prob(draw.z)).unflatten(0, (n, 4))
        kl = many.kl_at(draw).sum(1).unflatten(0, (n, 4)).mean(0)
    assert ((ratio.mean(0) - kl).abs() <= 5 * ratio.std(0) / math.sqrt(n)).all()


class Silent(nn.Module):
    """A network that says nothing: m = s = 0."""

    places = torch.arange(3)
    dim = 3

    def forward(self, z, context=None):
        return torch.zeros_like(z), torch.zeros_like(z)


@pytest.mark.parametrize("form", FORMS)
def test_at_the_identity_the_kl_is_the_diagonals(form):
    """The code's form begins there; the gated one where its bias holds the gate open."""
    base = gaussian()
    q = FlowPosterior(base, Chain([IafStep(Silent(), form, bias=40.0)]))
    eps = torch.randn(4, 3).double()
    draw, plain = q.drawn(eps), base.drawn(eps)
    torch.testing.assert_close(draw.z, plain.z)
    expected = plain.log_q - standard_normal(plain.z).log_prob(plain.z)
    torch.testing.assert_close(q.kl_at(draw)[:, 0], expected)


def test_a_silent_gate_shrinks_by_its_bias():
    base, eps = gaussian(), torch.randn(4, 3).double()
    sigma = 1 / (1 + math.exp(-1.5))
    q = FlowPosterior(base, Chain([IafStep(Silent())]))
    small = DiagonalNormal(base.mu * sigma, base.log_sigma + math.log(sigma))
    torch.testing.assert_close(q.drawn(eps).z, small.drawn(eps).z)
    torch.testing.assert_close(q.drawn(eps).log_q, small.drawn(eps).log_q)


def test_linear_iaf_without_correlations_is_the_diagonal():
    base = gaussian()
    q = LinearPosterior(base, Chain([LinearIaf(3).double()]))
    draw = q.drawn(torch.randn(4, 3).double())
    torch.testing.assert_close(q.kl_at(draw), base.kl_to_standard_map())


class LinearGaussian:
    """x = W z + e / 2, z and e standard normal: the true posterior has correlations.

    Bishop 2006, Pattern Recognition and Machine Learning, equations 12.35-12.42: it is
    N(C W^T x / 0.25, C) with C = (I + W^T W / 0.25)^-1.
    """

    def __init__(self, dim=4, latents=3):
        self.weight = torch.randn(dim, latents).double()
        precision = torch.eye(latents).double() + self.weight.T @ self.weight / 0.25
        self.covariance = torch.linalg.inv(precision)
        self.gain = self.covariance @ self.weight.T / 0.25
        marginal = self.weight @ self.weight.T + 0.25 * torch.eye(dim).double()
        self.exact = torch.distributions.MultivariateNormal(torch.zeros(dim).double(), marginal)

    def log_p(self, x, z):
        mean = z @ self.weight.T
        return DiagonalNormal(mean, torch.full_like(mean, math.log(0.5))).log_prob(x)

    def bound(self, x, q, eps):
        draw = q.drawn(eps)
        return self.log_p(x, draw.z) + standard_normal(draw.z).log_prob(draw.z) - draw.log_q


def exact_posterior(model, x):
    """Linear IAF with the true mean and covariance: C = L D L^T, L with ones on its diagonal."""
    factor = torch.linalg.cholesky(model.covariance)
    sigma = factor.diagonal()
    lower, mean = factor / sigma, x @ model.gain.T
    step = LinearIaf(len(sigma)).double()
    with torch.no_grad():
        step.entries.copy_(lower[step.rows, step.columns])
    start = torch.linalg.solve(lower, mean.T).T
    return LinearPosterior(DiagonalNormal(start, sigma.log().expand_as(mean)), Chain([step]))


def test_linear_iaf_is_the_true_posterior_of_a_linear_model():
    """Mean and covariance are the closed form's, and so the bound is log p(x) at every sample."""
    model = LinearGaussian()
    x = model.exact.sample((5,))
    q = exact_posterior(model, x)
    torch.testing.assert_close(q.mu, x @ model.gain.T)
    torch.testing.assert_close(q.covariance, model.covariance.expand(5, 3, 3))
    bound = model.bound(x, q, torch.randn(5, 3).double())
    torch.testing.assert_close(bound, model.exact.log_prob(x))


def test_linear_iaf_learns_the_true_posterior_and_a_diagonal_cannot():
    """By gradient ascent on the bound alone; mean and covariance come out as in closed form."""
    model = LinearGaussian()
    mean = nn.Linear(4, 3, bias=False).double()
    log_sigma, step = nn.Parameter(torch.zeros(3).double()), LinearIaf(3).double()
    gaps = {}
    for name, flow in (("diagonal", None), ("linear", step)):
        nn.init.zeros_(mean.weight)
        own = [*mean.parameters(), log_sigma, *(flow.parameters() if flow else ())]
        optimizer = torch.optim.Adam(own, 0.05)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 400)
        for _ in range(400):
            x = model.exact.sample((64,))
            base = DiagonalNormal(mean(x), log_sigma.expand(64, 3))
            q = LinearPosterior(base, Chain([flow])) if flow else base
            loss = -model.bound(x, q, torch.randn(64, 3).double()).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            x = model.exact.sample((4000,))
            base = DiagonalNormal(mean(x), log_sigma.expand(4000, 3))
            q = LinearPosterior(base, Chain([flow])) if flow else base
            bound = model.bound(x, q, torch.randn(4000, 3).double())
            gaps[name] = (model.exact.log_prob(x) - bound).mean().item()
    assert gaps["linear"] < 0.02 < 0.2 < gaps["diagonal"], gaps
    torch.testing.assert_close(q.covariance[0], model.covariance, rtol=0, atol=0.03)
    assert (q.mu - x @ model.gain.T).square().mean().sqrt() < 0.1


def test_a_gaussian_needs_no_draw_for_its_kl():
    base = gaussian()
    nothing = Draw(torch.zeros(4, 3), torch.zeros(4))
    assert torch.equal(base.kl_at(nothing), base.kl_to_standard_map())
