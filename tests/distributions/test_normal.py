"""Gaussian densities sum to one, KLs agree with two other derivations, samples their law."""

import math

import pytest
import torch
from torch import distributions as reference

from gen_core.distributions import DiagonalNormal, standard_normal
from gen_core.errors import DataError


def random_normal(batch=6, dim=3):
    mu = torch.randn(batch, dim, dtype=torch.float64)
    return DiagonalNormal(mu, 0.5 * torch.randn(batch, dim, dtype=torch.float64))


def torch_normal(ours):
    return reference.Independent(reference.Normal(ours.mu, ours.sigma), 1)


def test_normal_log_prob_agrees_with_torch():
    q, z = random_normal(), torch.randn(6, 3, dtype=torch.float64)
    torch.testing.assert_close(q.log_prob(z), torch_normal(q).log_prob(z))


def test_normal_density_integrates_to_one():
    axis = torch.linspace(-12, 12, 601, dtype=torch.float64)
    points = torch.cartesian_prod(axis, axis)
    mu, log_sigma = torch.tensor([[0.7, -1.1]]), torch.tensor([[0.3, -0.6]])
    many = [value.double().expand(len(points), 2) for value in (mu, log_sigma)]
    mass = DiagonalNormal(*many).log_prob(points).exp().sum() * (axis[1] - axis[0]) ** 2
    assert mass.item() == pytest.approx(1, abs=1e-9)


def test_kl_agrees_with_torch():
    q, p = random_normal(), random_normal()
    torch.testing.assert_close(q.kl(p), reference.kl_divergence(torch_normal(q), torch_normal(p)))
    prior = standard_normal(q.mu)
    torch.testing.assert_close(q.kl_to_standard(), q.kl(prior))
    torch.testing.assert_close(
        q.kl_to_standard(), reference.kl_divergence(torch_normal(q), torch_normal(prior))
    )


@pytest.mark.parametrize("standard", [True, False])
def test_kl_agrees_with_a_monte_carlo_estimate(standard):
    q = random_normal()
    p = standard_normal(q.mu) if standard else random_normal()
    n = 200_000
    many, target = (DiagonalNormal(d.mu.repeat(n, 1), d.log_sigma.repeat(n, 1)) for d in (q, p))
    z = many.rsample(torch.randn_like(many.mu))
    draws = (many.log_prob(z) - target.log_prob(z)).unflatten(0, (n, -1))  # (K, B)
    error = draws.std(0) / math.sqrt(len(draws))
    closed = q.kl_to_standard() if standard else q.kl(p)
    assert ((draws.mean(0) - closed).abs() < 5 * error).all()
    assert (error < 0.01 * (1 + closed)).all(), "the estimate is too coarse to say anything"


def test_kl_is_zero_only_between_equals():
    q = random_normal()
    torch.testing.assert_close(q.kl(q), torch.zeros(6, dtype=torch.float64))
    assert (q.kl_to_standard() > 0).all()


def test_samples_carry_the_gradient_of_mean_and_deviation():
    mu = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    log_sigma = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    eps = torch.randn(5, 2, dtype=torch.float64)
    z = DiagonalNormal(mu, log_sigma).rsample(eps)
    z.sin().sum().backward()
    torch.testing.assert_close(mu.grad, z.cos())  # dz/dmu = 1
    torch.testing.assert_close(log_sigma.grad, z.cos() * log_sigma.exp() * eps)


def test_the_reparameterised_gradient_is_unbiased():
    # E z^2 = mu^2 + sigma^2, whose gradients are 2 mu and, by log sigma, 2 sigma^2
    n, mean, log_deviation = 200_000, 0.8, -0.3
    mu = torch.full((n, 1), mean, dtype=torch.float64, requires_grad=True)
    log_sigma = torch.full((n, 1), log_deviation, dtype=torch.float64, requires_grad=True)
    q = DiagonalNormal(mu, log_sigma)
    q.rsample(torch.randn(n, 1, dtype=torch.float64)).square().sum().backward()
    for grad, exact in ((mu.grad, 2 * mean), (log_sigma.grad, 2 * math.exp(2 * log_deviation))):
        assert abs(grad.mean() - exact) < 5 * grad.std() / math.sqrt(n)


def test_maps_hold_the_terms_of_the_sums():
    q, p, z = random_normal(), random_normal(), torch.randn(6, 3, dtype=torch.float64)
    one_by_one = reference.Normal(q.mu, q.sigma)
    torch.testing.assert_close(q.log_prob_map(z), one_by_one.log_prob(z))
    theirs = reference.kl_divergence(one_by_one, reference.Normal(p.mu, p.sigma))
    torch.testing.assert_close(q.kl_map(p), theirs)
    torch.testing.assert_close(q.kl_to_standard_map().sum(1), q.kl_to_standard())


def test_temperature_scales_the_deviation_and_samples_are_the_reparameterised_ones():
    q, eps = random_normal(), torch.randn(6, 3, dtype=torch.float64)
    torch.testing.assert_close(q.tempered(0.4).sample(eps), q.mu + 0.4 * q.sigma * eps)
    assert torch.equal(q.sample(eps), q.rsample(eps))
    for wrong in (0, -1.0, math.nan):
        with pytest.raises(DataError, match="Expected a temperature above 0, got"):
            q.tempered(wrong)


def test_a_wrong_shape_is_refused_rather_than_broadcast():
    q = random_normal()
    for wrong in (lambda: q.log_prob(q.mu[:, :1]), lambda: q.rsample(q.mu[:1])):
        with pytest.raises(DataError, match=r"Expected values of shape \(6, 3\), got"):
            wrong()
