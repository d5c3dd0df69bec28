"""The convolutional VAE: every output is a likelihood, every parameter learns."""

import itertools
import math

import pytest
import torch

from gen_core.distributions import Binomial, standard_normal
from gen_core.errors import SettingError
from gen_core.models.conv_vae import LIKELIHOODS, ConvVae
from gen_core.objectives.elbo import elbo


def randomized(vae, scale=0.5):
    """Redraw every parameter, biases too: laws must not hold only at an initialisation."""
    with torch.no_grad():
        for parameter in vae.parameters():
            parameter.normal_(0, scale)
    return vae.double()


def every_picture(top, width=5):
    values = itertools.product(range(top + 1), repeat=width)
    return torch.tensor(list(values), dtype=torch.float64).reshape(-1, 1, 1, width) / top


@pytest.mark.parametrize(
    "likelihood, top",
    [("bernoulli", 1), ("binomial", 2), ("softmax", 1), ("softmax", 2), ("logistic", 2)],
)
def test_likelihoods_of_all_pictures_sum_to_one(likelihood, top):
    """At each of three codes, over every picture of 1 x 5 pixels."""
    vae, x = randomized(ConvVae((1, 1, 5), top, 2, 4, likelihood)), every_picture(top)
    with torch.no_grad():
        for z in torch.randn(3, 1, 2, dtype=torch.float64):
            log_p = vae.decode(z.expand(len(x), 2)).log_prob(x)
            assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("shape, top", [((1, 28, 28), 1), ((1, 8, 8), 16), ((3, 16, 16), 255)])
def test_every_output_fits_every_picture(likelihood, shape, top):
    vae = ConvVae(shape, top, 3, 4, likelihood)
    x = torch.randint(top + 1, (2, *shape)) / top
    posterior = vae.encode(x)
    likelihood = vae.decode(posterior.mean)
    assert likelihood.mean.shape == x.shape
    assert 0 <= likelihood.mean.min() <= likelihood.mean.max() <= 1
    assert elbo(x, posterior, likelihood).bound.isfinite().all()


def test_every_parameter_gets_a_gradient():
    vae = randomized(ConvVae((1, 8, 8), 16, 2, 4, "binomial"), 0.3)
    x = torch.randint(17, (64, 1, 8, 8)).double() / 16
    q = vae.encode(x)
    elbo(x, q, vae.decode(q.rsample(torch.randn_like(q.mu)))).loss.mean().backward()
    for name, parameter in vae.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_the_weights_mean_is_the_bound():
    """log p(x|z) - log q(z|x) + log p(z), averaged, is the ELBO with its KL in closed form."""
    vae, n = randomized(ConvVae((1, 8, 8), 16, 2, 4, "binomial"), 0.2), 4000
    x = torch.randint(17, (2, 1, 8, 8)).double() / 16
    eps = torch.randn(2 * n, 2, dtype=torch.float64)
    with torch.no_grad():
        found = vae.log_weight(x, [eps]).total.unflatten(0, (n, 2))
        q = vae.encode(x.repeat(n, 1, 1, 1))
        z = q.rsample(eps)
        by_hand = vae.decode(z).log_prob(x.repeat(n, 1, 1, 1)) + standard_normal(z).log_prob(z)
        torch.testing.assert_close(found.flatten(), by_hand - q.log_prob(z))
        bound = elbo(x.repeat(n, 1, 1, 1), q, vae.decode(z)).bound.unflatten(0, (n, 2))
    gap = (found - bound).mean(0)
    assert (gap.abs() < 5 * (found - bound).std(0) / math.sqrt(n)).all()


def test_digits_are_counts_of_inked_cells_and_bits_are_bernoulli():
    z = torch.zeros(1, 2)
    assert ConvVae((1, 8, 8), 16, 2, 4, "binomial").decode(z).n == 16
    bits, counts = (randomized(ConvVae((1, 8, 8), 1, 2, 4, name)) for name in LIKELIHOODS[:2])
    counts.load_state_dict(bits.state_dict())
    x = torch.randint(2, (1, 1, 8, 8)).double()
    assert isinstance(counts.decode(z.double()), Binomial)
    torch.testing.assert_close(
        bits.decode(z.double()).log_prob(x), counts.decode(z.double()).log_prob(x)
    )


def test_an_unknown_likelihood_is_refused():
    with pytest.raises(SettingError, match="Expected a likelihood .bernoulli, binomial"):
        ConvVae(likelihood="gaussian")
