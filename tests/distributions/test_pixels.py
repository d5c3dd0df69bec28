"""Bernoulli and Binomial pixels: densities sum to one, samples follow their law."""

import itertools
import math

import pytest
import torch
from torch import distributions as reference

from gen_core.distributions import Bernoulli, Binomial
from gen_core.errors import DataError


def pictures(n_levels, pixels=4):
    """Every picture of 2 x 2 pixels on the levels 0, 1 / n, ..., 1."""
    top = n_levels - 1
    every = itertools.product(range(n_levels), repeat=pixels)
    return torch.tensor(list(every), dtype=torch.float64).reshape(-1, 1, 2, 2) / top


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


def test_the_probabilities_of_levels_are_those_of_log_prob_and_sum_to_one():
    pixels = Binomial(3 * torch.randn(4, 1, 2, 2, dtype=torch.float64), 16)
    pmf = pixels.pmf()
    torch.testing.assert_close(pmf.sum(-1), torch.ones(4, 1, 2, 2, dtype=torch.float64))
    for k in range(17):
        x = torch.full((4, 1, 2, 2), k / 16, dtype=torch.float64)
        torch.testing.assert_close(pmf[..., k].log(), pixels.log_prob_map(x))


def test_a_wrong_shape_is_refused_rather_than_broadcast():
    with pytest.raises(DataError, match=r"shape \(2, 1, 2, 2\), got \(2, 4\)"):
        Binomial(torch.zeros(2, 1, 2, 2), 4).log_prob(torch.zeros(2, 4))
