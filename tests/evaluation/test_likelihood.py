"""Estimates of the likelihood against a model whose likelihood is known, and their memory."""

import itertools
import math

import pytest
import torch
from torch import nn

from gen_core.distributions import Bernoulli, DiagonalNormal, standard_normal
from gen_core.evaluation import likelihood
from gen_core.evaluation.figures import Estimate, Moments
from gen_core.models.vae import Vae
from gen_core.objectives.importance import LogWeight

NOISE = 0.6
PICTURES = 60


class LinearGaussian:
    """x = W z + 0.6 e with z, e standard normal, over (1, 1, 4); its posterior wrong at will.

    Orthogonal columns of W make the true posterior diagonal. ``most`` keeps the largest number
    of pictures that were decoded at once.
    """

    def __init__(self, mean_error=0.0, log_error=0.0):
        basis = torch.linalg.qr(torch.randn(4, 2)).Q
        self.weight = basis * torch.tensor([2.0, 0.7])
        self.mean_error, self.log_error, self.most = mean_error, log_error, 0
        covariance = self.weight @ self.weight.T + NOISE**2 * torch.eye(4)
        self.exact = torch.distributions.MultivariateNormal(torch.zeros(4), covariance)

    def log_prob(self, x):
        return self.exact.log_prob(x.flatten(1))

    def posterior(self, x):
        precision = 1 + self.weight.square().sum(0) / NOISE**2
        mean = x.flatten(1) @ self.weight / NOISE**2 / precision
        log_sigma = (-0.5 * precision.log()).expand_as(mean)
        return DiagonalNormal(mean + self.mean_error, log_sigma + self.log_error)

    def latent_noise_shapes(self, batch):
        return ((batch, 1), (batch, 1))  # two levels of one dimension each

    def log_weight(self, x, eps):
        self.most = max(self.most, len(eps[0]))
        n = len(eps[0]) // len(x)
        q = self.posterior(x).repeated(n)
        z = q.rsample(torch.cat(list(eps), 1))
        mean = z @ self.weight.T
        log_p = DiagonalNormal(mean, torch.full_like(mean, math.log(NOISE))).log_prob(
            x.repeat(n, 1, 1, 1).flatten(1)
        )
        ratios = q.log_prob_map(z) - standard_normal(z).log_prob_map(z)
        return LogWeight(log_p, tuple(ratios.unbind(1)))


def measured(model, x, samples, **options):
    return list(likelihood.importance_weighted(model, x, samples, **options))[-1].result


def drawn(model):
    return model.exact.sample((PICTURES,)).view(-1, 1, 1, 4)


def known(model, x):
    *_, last = likelihood.exact(model.log_prob, x)
    return last.result


def test_elbo_below_importance_weighted_below_exact():
    model = LinearGaussian(mean_error=0.15, log_error=0.4)
    x = drawn(model)
    one, few, many = (measured(model, x, n) for n in (1, 8, 400))
    truth = model.log_prob(x)
    # the same pictures in each: noise of the samples alone, about 1 / sqrt(N M)
    for lower, upper in ((many.elbo.value, few.iwae.value), (few.iwae.value, many.iwae.value)):
        assert lower < upper + 5 * 0.6 / math.sqrt(8 * PICTURES)
    assert many.iwae.value < truth.mean().item() + 5 * 0.6 / math.sqrt(400 * PICTURES)
    assert many.iwae.value > truth.mean().item() - 0.05, "far from the limit"
    assert many.elbo.value < truth.mean().item() - 0.1, "the posterior is not wrong enough"
    assert one.iwae == one.elbo, "one sample is the bound itself"


def test_the_parts_are_the_reconstruction_and_the_kl_of_each_level():
    model = LinearGaussian(mean_error=0.2, log_error=-0.3)
    x = drawn(model)
    found = measured(model, x, 500)
    assert found.elbo.value == pytest.approx(
        -found.reconstruction.value - sum(kl.value for kl in found.kls), abs=1e-6
    )
    exact = model.posterior(x).kl_to_standard_map()
    for level, kl in enumerate(found.kls):
        assert kl.value == pytest.approx(exact[:, level].mean().item(), abs=5 / math.sqrt(30_000))
        assert kl.error == pytest.approx(exact[:, level].std().item() / math.sqrt(60), rel=0.1)


@pytest.mark.parametrize("live", [1, 7, 64, 1000])
@pytest.mark.parametrize("samples", [1, 5, 100])
def test_whatever_the_slices_the_true_posterior_gives_the_likelihood_within_the_bound(
    live, samples
):
    model = LinearGaussian()
    x = drawn(model)
    found = measured(model, x, samples, live=live)
    assert found.iwae.value == pytest.approx(model.log_prob(x).mean().item(), abs=1e-4)
    assert found.iwae.error == pytest.approx(known(model, x).log_p.error, rel=1e-3)
    assert (found.pictures, found.samples, found.dimensions) == (PICTURES, samples, 4)
    assert model.most <= live


def test_slices_carry_the_sum_of_all_weights():
    model = LinearGaussian(mean_error=0.4)
    x = drawn(model)[:1]
    seen = []

    class Recorded(LinearGaussian):
        def log_weight(self, x, eps):
            seen.append(super().log_weight(x, eps).total)
            return super().log_weight(x, eps)

    model.__class__ = Recorded
    found = measured(model, x, 50, live=7)
    assert len(seen) == 8
    by_hand = torch.cat(seen).double().logsumexp(0) - math.log(50)
    assert found.iwae.value == pytest.approx(by_hand.item(), abs=1e-9)
    assert found.elbo.value == pytest.approx(torch.cat(seen).double().mean().item(), abs=1e-9)
    assert found.iwae.error == math.inf, "one picture says nothing of the others"


def test_progress_goes_to_one_and_the_same_seed_gives_the_same_numbers():
    model = LinearGaussian(mean_error=0.3)
    x = drawn(model)
    slices = list(likelihood.importance_weighted(model, x, 30, seed=3, live=20))
    shares = [each.share for each in slices]
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) == 2 * PICTURES
    assert slices[0].result is None and slices[1].result.pictures == 1
    assert slices[-1].result == measured(model, x, 30, seed=3, live=20)
    assert slices[-1].result != measured(model, x, 30, seed=4, live=20)


def test_exact_streams_the_mean_with_its_standard_error():
    model = LinearGaussian()
    x = drawn(model)
    slices = list(likelihood.exact(model.log_prob, x, live=7))
    assert len(slices) == 9 and slices[-1].share == 1
    log_p = model.log_prob(x).double()
    result = slices[-1].result
    assert result.log_p.value == pytest.approx(log_p.mean().item())
    assert result.log_p.error == pytest.approx(log_p.std().item() / math.sqrt(PICTURES), rel=1e-6)
    assert result.bits_per_dim.value == pytest.approx(-log_p.mean().item() / 4 / math.log(2))
    figures = result.figures()
    assert figures["nll"].estimate == Estimate(-result.log_p.value, result.log_p.error)


def test_exact_hands_labels_beside_their_pictures():
    x, labels = torch.randn(10, 1, 1, 1), torch.arange(10)
    seen = []
    list(likelihood.exact(lambda x, y: seen.append((x, y)) or x.flatten(), x, labels, live=4))
    assert torch.equal(torch.cat([each for each, _ in seen]), x)
    assert torch.equal(torch.cat([each for _, each in seen]), labels)


def test_a_vaes_weights_are_those_of_its_parts():
    vae = Vae(image_shape=(1, 2, 2), latent_dim=3, width=8, levels=1)
    x = torch.rand(4, 1, 2, 2).round()
    eps = torch.randn(20, 3)
    weight = vae.log_weight(x, [eps])
    for row in (0, 7, 19):
        one = x[row % 4 : row % 4 + 1]
        q = vae.encode(one)
        z = q.rsample(eps[row : row + 1])
        torch.testing.assert_close(weight.log_p[row : row + 1], vae.decode(z).log_prob(one))
        ratio = q.log_prob(z) - standard_normal(z).log_prob(z)
        torch.testing.assert_close(weight.log_ratios[0][row : row + 1], ratio)
    total = weight.log_p - weight.log_ratios[0]
    torch.testing.assert_close(weight.total, total)


def test_estimated_likelihoods_of_all_tiny_pictures_sum_to_one():
    class Coin(nn.Module):
        """Four pixels that share one Gaussian log-odds; the prior serves as posterior."""

        def latent_noise_shapes(self, batch):
            return ((batch, 1),)

        def log_weight(self, x, eps):
            n = len(eps[0]) // len(x)
            logits = eps[0].view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
            log_p = Bernoulli(logits).log_prob(x.repeat(n, 1, 1, 1))
            return LogWeight(log_p, (torch.zeros_like(log_p),))

    total = 0.0
    for bits in itertools.product((0.0, 1.0), repeat=4):
        found = measured(Coin(), torch.tensor(bits).view(1, 1, 2, 2), 4000)
        total += math.exp(found.iwae.value)
    # each of the 16 is a mean of 4000 weights, and the same noise serves all
    assert total == pytest.approx(1, abs=1e-5)


def test_moments_do_not_depend_on_the_pieces():
    values = 1e6 + torch.randn(1000, dtype=torch.float64)
    whole, pieces = Moments(), Moments()
    whole.add(values)
    for piece in values.split([1, 2, 497, 500]):
        pieces.add(piece)
    assert pieces.count == 1000
    assert pieces.estimate.value == pytest.approx(values.mean().item(), rel=1e-15)
    assert pieces.estimate.error == pytest.approx(whole.estimate.error, rel=1e-9)
    assert whole.estimate.error == pytest.approx(values.std().item() / math.sqrt(1000), rel=1e-9)
