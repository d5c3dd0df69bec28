"""Densities sum to one, KLs agree with two other derivations, samples follow their law."""

import itertools
import math

import pytest
import torch
from torch import distributions as reference

from gen_core.distributions import Bernoulli, Binomial, DiagonalNormal, standard_normal
from gen_core.errors import DataError


def random_normal(batch=6, dim=3):
    mu = torch.randn(batch, dim, dtype=torch.float64)
    return DiagonalNormal(mu, 0.5 * torch.randn(batch, dim, dtype=torch.float64))


def torch_normal(ours):
    return reference.Independent(reference.Normal(ours.mu, ours.sigma), 1)


def pictures(n_levels, pixels=4):
    """Every picture of 2 x 2 pixels on the levels 0, 1 / n, ..., 1."""
    top = n_levels - 1
    every = itertools.product(range(n_levels), repeat=pixels)
    return torch.tensor(list(every), dtype=torch.float64).reshape(-1, 1, 2, 2) / top


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


@pytest.mark.parametrize("n", [1, 2, 3])
def test_binomial_pictures_sum_to_one(n):
    every = pictures(n + 1)
    logits = torch.randn(1, 1, 2, 2, dtype=torch.float64).expand_as(every)
    pixels = Binomial(logits, n)
    p = pixels.log_prob(every).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-12)
    torch.testing.assert_close((p[:, None, None, None] * every).sum(0), pixels.mean[0])


def test_bernoulli_pictures_sum_to_one():
    every = pictures(2)
    logits = torch.randn(1, 1, 2, 2, dtype=torch.float64).expand_as(every)
    assert Bernoulli(logits).log_prob(every).exp().sum().item() == pytest.approx(1, abs=1e-12)
    torch.testing.assert_close(
        Bernoulli(logits).log_prob(every), Binomial(logits, 1).log_prob(every)
    )


def test_bernoulli_on_grey_is_the_expectation_over_binarised_pictures():
    grey, logits = torch.rand(2, 1, 1, 2, 2, dtype=torch.float64)
    every = pictures(2)
    weight = (grey * every + (1 - grey) * (1 - every)).flatten(1).prod(1)
    expected = (weight * Bernoulli(logits.expand_as(every)).log_prob(every)).sum()
    torch.testing.assert_close(Bernoulli(logits).log_prob(grey)[0], expected)


def test_binomial_agrees_with_torch():
    logits = 3 * torch.randn(5, 1, 4, 4, dtype=torch.float64)
    counts = torch.randint(17, logits.shape).double()
    theirs = reference.Binomial(16, logits=logits).log_prob(counts).flatten(1).sum(1)
    torch.testing.assert_close(Binomial(logits, 16).log_prob(counts / 16), theirs)


@pytest.mark.parametrize("logit", [-4.0, 0.0, 1.3, 9.0])
def test_samples_invert_the_distribution_function(logit):
    n, draws = 16, 4000
    uniforms = (torch.arange(draws, dtype=torch.float64) + 0.5) / draws  # each stratum once
    logits = torch.full((draws, 1, 1, 1), logit, dtype=torch.float64)
    drawn = Binomial(logits, n).sample(uniforms.reshape(-1, 1, 1, 1)).flatten()
    assert (drawn.diff() >= 0).all(), "the inverse of a distribution function never falls"
    shares = torch.bincount((drawn * n).round().long(), minlength=n + 1) / draws
    every = torch.arange(n + 1, dtype=torch.float64).reshape(-1, 1, 1, 1) / n
    p = Binomial(logits[: n + 1], n).log_prob(every).exp()
    torch.testing.assert_close(shares.double(), p, rtol=0, atol=1.01 / draws)
    on = Bernoulli(logits).sample(uniforms.reshape(-1, 1, 1, 1)).mean()
    assert on.item() == pytest.approx(1 / (1 + math.exp(-logit)), abs=1 / draws)


def test_extreme_logits_stay_finite():
    logits = torch.tensor([[-200.0, 200.0]])
    for pixels in (Bernoulli(logits), Binomial(logits, 16)):
        assert pixels.log_prob(torch.tensor([[0.0, 1.0]])).item() == pytest.approx(0, abs=1e-4)
        assert pixels.log_prob(torch.tensor([[1.0, 0.0]])).isfinite().all()


def test_a_wrong_shape_is_refused_rather_than_broadcast():
    q = random_normal()
    for wrong in (lambda: q.log_prob(q.mu[:, :1]), lambda: q.rsample(q.mu[:1])):
        with pytest.raises(DataError, match=r"Expected values of shape \(6, 3\), got"):
            wrong()
    with pytest.raises(DataError, match=r"shape \(2, 1, 2, 2\), got \(2, 4\)"):
        Binomial(torch.zeros(2, 1, 2, 2), 4).log_prob(torch.zeros(2, 4))
