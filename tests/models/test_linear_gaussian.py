"""The linear-Gaussian VAE: its closed forms, and which posteriors reach them."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, kl_divergence

from gen_core.data.four import load
from gen_core.errors import SettingError
from gen_core.models.linear_gaussian import LinearGaussianVae
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

GAP = 0.5 * math.log(36 / 11)
"""What the best diagonal posterior misses: Lambda has 18 on its diagonal and -15 beside it."""


def pictures():
    return load().pictures("test").double()


def exact(posterior):
    """A model whose encoder is set by hand to the best that its posterior can be."""
    vae = LinearGaussianVae(posterior).double()
    covariance = vae.posterior_covariance
    slope = covariance @ vae.weight.T / 0.2**2  # (2, 4): the mean is slope (x - b)
    lower, deviations = torch.eye(2).double(), covariance.inverse().diagonal().rsqrt()
    if posterior == "linear":
        cholesky = torch.linalg.cholesky(covariance)
        deviations = cholesky.diagonal()
        lower = cholesky / deviations
    with torch.no_grad():
        for parameter in vae.parameters():
            parameter.zero_()
        vae.head.weight[:2] = lower.inverse() @ slope
        vae.head.bias[:2] = -0.25 * (lower.inverse() @ slope).sum(1)
        vae.head.bias[2:] = deviations.log()
        if posterior == "linear":
            vae.flow.maps[0].entries[0, 0] = lower[1, 0]
    return vae


def weights(vae, n=500):
    eps = torch.randn(n * 4, 2, generator=torch.Generator().manual_seed(5)).double()
    with torch.no_grad():
        return vae.log_weight(pictures(), [eps]).total.unflatten(0, (n, 4))


def test_closed_forms_are_what_a_sum_over_the_plane_gives():
    vae, x = LinearGaussianVae().double(), pictures()
    axis = torch.linspace(-6, 6, 601, dtype=torch.float64)
    z = torch.cartesian_prod(axis, axis)
    log_prior = -0.5 * z.square().sum(1) - math.log(2 * math.pi)
    for k, picture in enumerate(x):
        log_p = vae.decode(z).log_prob(picture.expand(len(z), 1, 2, 2)) + log_prior
        area = (axis[1] - axis[0]) ** 2
        total = log_p.logsumexp(0) + area.log()
        assert total.item() == pytest.approx(vae.log_likelihood(x)[k].item(), abs=1e-6)
        share = (log_p - log_p.logsumexp(0)).exp()
        mean = share @ z
        spread = (z - mean).T @ (share[:, None] * (z - mean))
        torch.testing.assert_close(mean, vae.posterior_mean(x)[k], atol=1e-6, rtol=0)
        torch.testing.assert_close(spread, vae.posterior_covariance, atol=1e-6, rtol=0)


def test_linear_iaf_can_be_the_true_posterior():
    """Then every weight is p(x) itself, whatever the noise: the bound has no gap and no spread."""
    vae, x = exact("linear"), pictures()
    torch.testing.assert_close(
        vae.encode(x).covariance, vae.posterior_covariance.expand(4, 2, 2), atol=1e-7, rtol=0
    )
    expected = vae.log_likelihood(x).expand(500, 4)
    torch.testing.assert_close(weights(vae), expected, atol=1e-5, rtol=0)


def test_the_best_diagonal_posterior_misses_what_the_equation_says():
    vae, x = exact("diagonal"), pictures()
    truth = MultivariateNormal(vae.posterior_mean(x), vae.posterior_covariance.expand(4, 2, 2))

    def gap(scale):
        q = vae.encode(x)
        variance = torch.diag_embed(scale * q.sigma.square())
        return kl_divergence(MultivariateNormal(q.mu, variance), truth).mean().item()

    precision = vae.posterior_covariance.inverse()
    formula = 0.5 * (precision.diagonal().log().sum() - precision.logdet())
    assert gap(1) == pytest.approx(formula.item(), abs=1e-5) == pytest.approx(GAP, abs=1e-5)
    assert gap(0.9) > GAP and gap(1.1) > GAP, "narrower and wider are worse"
    found = vae.log_likelihood(x) - weights(vae, 20_000).mean(0)
    torch.testing.assert_close(found, torch.full_like(found, GAP), atol=0.05, rtol=0)


@pytest.mark.parametrize("variant, best", [("gaussian", 0.0), ("gaussian-diagonal", GAP)])
def test_training_finds_the_best_of_its_family(variant, best):
    state = TrainingState.start(make("iaf", variant), 7)
    steps = train(state)
    for t in range(550):
        if t == 400:
            state.edit("learning_rate", 1e-3)
        next(steps)
    vae, x = state.models["iaf"], load().pictures("test")
    with torch.no_grad():
        q = vae.encode(x)
        diagonal = variant == "gaussian-diagonal"
        covariance = torch.diag_embed(q.sigma.square()) if diagonal else q.covariance
        mean, true = vae.posterior_mean(x), vae.posterior_covariance.expand(4, 2, 2)
        gap = kl_divergence(MultivariateNormal(q.mu, covariance), MultivariateNormal(mean, true))
    assert gap.mean().item() == pytest.approx(best, abs=0.01)
    if not diagonal:
        torch.testing.assert_close(covariance, true, atol=0.015, rtol=0)


def test_other_sizes_are_refused():
    with pytest.raises(SettingError, match="2 x 2 pixels and 2 latents under a linear network"):
        make("iaf", "gaussian", {"data": "digits"}).build(0, torch.device("cpu"))
    with pytest.raises(SettingError, match="Choose data=four and latent_dim=2"):
        make("iaf", "gaussian", {"latent_dim": 3}).build(0, torch.device("cpu"))
