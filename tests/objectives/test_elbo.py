"""The bound and its tighter sibling against a model whose likelihood is known."""

import math

import pytest
import torch

from gen_core.distributions import Bernoulli, DiagonalNormal, standard_normal
from gen_core.objectives.elbo import (
    elbo,
    free_bits,
    hierarchical,
    importance_weighted,
    log_weight,
    ramps,
    warmup,
)

NOISE = 0.6
K = 64


class LinearGaussian:
    """x = W z + b + 0.6 e with z, e standard normal: p(x) = N(b, W W^T + 0.36 I).

    Orthogonal columns of W make the true posterior diagonal.
    """

    def __init__(self, dim=5, latents=2, batch=8):
        basis = torch.linalg.qr(torch.randn(dim, latents, dtype=torch.float64)).Q
        self.weight = basis * torch.tensor([2.0, 0.7], dtype=torch.float64)
        self.bias = torch.randn(dim, dtype=torch.float64)
        self.exact = torch.distributions.MultivariateNormal(
            self.bias,
            self.weight @ self.weight.T + NOISE**2 * torch.eye(dim, dtype=torch.float64),
        )
        self.x = self.exact.sample((batch,))

    def decode(self, z):
        mean = z @ self.weight.T + self.bias
        return DiagonalNormal(mean, torch.full_like(mean, math.log(NOISE)))

    def posterior(self, mean_error=0.0, log_error=0.0):
        """The true posterior, or one that is wrong by so much."""
        precision = 1 + self.weight.square().sum(0) / NOISE**2
        mean = (self.x - self.bias) @ self.weight / NOISE**2 / precision
        log_sigma = (-0.5 * precision.log()).expand_as(mean)
        return DiagonalNormal(mean + mean_error, log_sigma + log_error)

    def log_weights(self, q, n):
        """Importance weights, (n, B)."""
        q = repeated(q, n)
        z = q.rsample(torch.randn_like(q.mu))
        log_p = self.decode(z).log_prob(self.x.repeat(n, 1))
        weights = log_weight(log_p, standard_normal(z).log_prob(z), q.log_prob(z))
        return weights.unflatten(0, (n, -1))


def repeated(q, n):
    return DiagonalNormal(q.mu.repeat(n, 1), q.log_sigma.repeat(n, 1))


def test_the_true_posterior_makes_every_weight_the_likelihood():
    model = LinearGaussian()
    weights = model.log_weights(model.posterior(), 3)
    torch.testing.assert_close(weights, model.exact.log_prob(model.x).expand(3, -1))


def test_elbo_below_importance_weighted_below_exact():
    model = LinearGaussian()
    q = model.posterior(mean_error=0.15, log_error=0.4)
    groups = 400
    weights = model.log_weights(q, groups * K)
    tight = importance_weighted(weights.unflatten(0, (groups, K)).transpose(0, 1).flatten(1))
    tight = tight.unflatten(0, (groups, -1))  # (groups, B)
    exact = model.exact.log_prob(model.x)
    single_error = weights.std(0) / math.sqrt(len(weights))
    tight_error = tight.std(0) / math.sqrt(groups)
    assert (weights.mean(0) < tight.mean(0) + 5 * (single_error + tight_error)).all()
    assert (tight.mean(0) < exact + 5 * tight_error).all()
    # and the three are apart, so that the order says something
    assert (tight.mean(0) - weights.mean(0) > 0.05).all()
    assert (exact - tight.mean(0)).abs().max() < 0.05


def test_the_terms_average_to_the_bound_that_is_known():
    # ELBO = log p(x) - KL(q || true posterior)
    model = LinearGaussian()
    q = model.posterior(mean_error=0.2, log_error=-0.3)
    known = model.exact.log_prob(model.x) - q.kl(model.posterior())
    n = 20_000
    many = repeated(q, n)
    likelihood = model.decode(many.rsample(torch.randn_like(many.mu)))
    bounds = elbo(model.x.repeat(n, 1), many, likelihood).bound.unflatten(0, (n, -1))
    error = bounds.std(0) / math.sqrt(len(bounds))
    assert ((bounds.mean(0) - known).abs() < 5 * error).all()
    assert (error < 0.02).all()


def test_nested_groups_of_one_set_of_samples_are_ordered_exactly():
    model = LinearGaussian()
    weights = model.log_weights(model.posterior(0.3, 0.5), K)  # (64, B)
    bounds = []
    for size in (1, 2, 4, 8, 16, 32, 64):
        groups = weights.unflatten(0, (K // size, size))
        bounds.append(torch.stack([importance_weighted(g) for g in groups]).mean(0))
    steps = torch.stack(bounds).diff(dim=0)
    assert (steps > 0).all()  # Jensen, sample by sample: no statistics involved


def test_one_weight_is_the_bound_and_a_constant_goes_through():
    weights = torch.randn(1, 7)
    torch.testing.assert_close(importance_weighted(weights), weights[0])
    many = torch.randn(9, 7)
    torch.testing.assert_close(importance_weighted(many - 5), importance_weighted(many) - 5)
    assert importance_weighted(torch.full((4, 2), -1000.0)).tolist() == [-1000.0, -1000.0]


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_terms_by_hand(beta):
    # two latents at mu = (1, 0), sigma = (1, 2): KL = 1/2 + (4 - 1)/2 - log 2
    q = DiagonalNormal(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, math.log(2.0)]]))
    pixels = Bernoulli(torch.tensor([[math.log(3.0), 0.0]]))  # p = 3/4, 1/2
    terms = elbo(torch.tensor([[1.0, 0.0]]), q, pixels, beta)
    assert terms.log_p.item() == pytest.approx(math.log(3 / 8))
    assert terms.kl.item() == pytest.approx(2 - math.log(2))
    assert terms.bound.item() == pytest.approx(math.log(3 / 8) - 2 + math.log(2))
    assert terms.loss.item() == pytest.approx(beta * (2 - math.log(2)) - math.log(3 / 8))


def test_terms_are_per_example_and_do_not_mix():
    x = torch.rand(4, 1, 3, 3)
    q = DiagonalNormal(*torch.randn(2, 4, 2))
    logits = torch.randn(4, 1, 3, 3)
    whole = elbo(x, q, Bernoulli(logits))
    assert whole.log_p.shape == whole.kl.shape == whole.bound.shape == whole.loss.shape == (4,)
    for i in range(4):
        one = slice(i, i + 1)
        alone = elbo(x[one], DiagonalNormal(q.mu[one], q.log_sigma[one]), Bernoulli(logits[one]))
        torch.testing.assert_close(alone.bound, whole.bound[one])


def test_levels_by_hand_each_with_its_weight():
    log_p = torch.tensor([-3.0, -4.0])
    near = torch.tensor([[[[1.0, 0.5]]], [[[0.0, 2.0]]]])  # (2, 1, 1, 2)
    top = torch.tensor([[0.25, 0.5], [1.0, 1.0]])
    terms = hierarchical(log_p, [near, top], [0.5, 0.1])
    assert [kl.tolist() for kl in terms.kls] == [[1.5, 2.0], [0.75, 2.0]]
    assert terms.kl.tolist() == [2.25, 4.0]
    assert terms.bound.tolist() == [-5.25, -8.0], "the bound never carries the weights"
    assert terms.loss.tolist() == pytest.approx([3 + 0.75 + 0.075, 4 + 1.0 + 0.2])


def test_free_bits_by_hand_for_maps_and_for_dimensions():
    kl = torch.tensor([[[[0.1, 0.5]], [[2.0, 0.0]]], [[[0.1, 1.1]], [[4.0, 0.2]]]])  # (2, 2, 1, 2)
    # maps: batch means of 0.6, 1.2 and of 2, 4.2; dimensions: 0.1, 0.8, 3, 0.1
    assert free_bits(kl, 0.75).item() == pytest.approx(0.9 + 3.1), "not a mean of maxima"
    assert free_bits(kl, 1.0).item() == pytest.approx(1.0 + 3.1)
    assert free_bits(kl, 0.3, per_dimension=True).item() == pytest.approx(0.3 + 0.8 + 3 + 0.3)
    assert free_bits(kl, 0.0).item() == pytest.approx(kl.sum().item() / 2)
    assert free_bits(kl[:, :, 0, 0], 0.75).item() == pytest.approx(0.75 + 3)


def test_free_bits_stop_the_gradient_of_what_is_below_and_leave_the_bound_alone():
    mu = torch.tensor([[0.2, 2.0], [0.4, 1.0]], requires_grad=True)
    x, pixels = torch.ones(2, 3), Bernoulli(torch.zeros(2, 3))
    posterior = DiagonalNormal(mu, torch.zeros(2, 2))  # KL of a dimension: mu^2 / 2
    terms = elbo(x, posterior, pixels, beta=2.0, minimum=0.5)
    plain = elbo(x, posterior, pixels)
    torch.testing.assert_close(terms.bound, plain.bound)
    assert terms.loss.mean().item() == pytest.approx(3 * math.log(2) + 2 * (0.5 + 1.25))
    terms.loss.mean().backward()
    assert mu.grad[:, 0].tolist() == [0, 0]
    assert mu.grad[:, 1].tolist() == [2.0, 1.0]  # 2 mu / 2 examples


def test_ramps_by_hand():
    assert [warmup(t, 10) for t in (0, 5, 10, 25)] == [0, 0.5, 1, 1]
    assert warmup(0, 0) == 1
    assert ramps(0, (2000, 10_000)) == pytest.approx((1 / 2000, 1 / 2000 / 10_000))
    assert ramps(999, (2000, 10_000)) == pytest.approx((0.5, 0.05))
    assert ramps(4999, (2000, 10_000)) == pytest.approx((1, 0.5))
    assert ramps(10**6, (2000, 10_000, 5)) == (1, 1, 1)
    assert ramps(0, (0, 0)) == (1, 1)
