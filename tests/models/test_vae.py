"""The VAE's networks: every parameter learns, examples stay apart, likelihoods sum to one."""

import itertools
import math

import pytest
import torch

from gen_core.distributions import Bernoulli, Binomial, standard_normal
from gen_core.models.vae import Vae
from gen_core.objectives.elbo import elbo, importance_weighted, log_weight

SHAPE = (1, 2, 2)


def randomized(model, scale=0.8):
    """Redraw every parameter, biases too: laws must not hold only at an initialisation."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, scale)
    return model.double()


def tiny(levels=2, latent_dim=2):
    return randomized(Vae(SHAPE, latent_dim, width=6, levels=levels))


def every_picture(levels):
    top = levels or 1
    values = itertools.product(range(top + 1), repeat=4)
    return torch.tensor(list(values), dtype=torch.float64).reshape(-1, *SHAPE) / top


def plane(n=81, reach=7.0):
    """Nodes of the latent plane and the prior's mass at each."""
    axis = torch.linspace(-reach, reach, n, dtype=torch.float64)
    z = torch.cartesian_prod(axis, axis)
    return z, standard_normal(z).log_prob(z) + 2 * math.log(axis[1] - axis[0])


def exact_log_likelihood(vae, pictures):
    """log p(x) by a sum over the latent plane, (B,)."""
    z, log_mass = plane()
    with torch.no_grad():
        logits = vae.decode(z).logits  # (N, C, H, W)
        out = []
        for x in pictures:
            pixels = Binomial(logits, vae.levels) if vae.levels else Bernoulli(logits)
            out.append((pixels.log_prob(x.expand_as(logits)) + log_mass).logsumexp(0))
    return torch.stack(out)


@pytest.mark.parametrize("levels", [0, 2])
def test_likelihoods_of_all_pictures_sum_to_one(levels):
    total = exact_log_likelihood(tiny(levels), every_picture(levels)).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-6)


def test_bounds_lie_below_the_exact_likelihood_of_every_picture():
    vae, x, n = tiny(), every_picture(2)[::5], 4000
    exact = exact_log_likelihood(vae, x)
    with torch.no_grad():
        q = vae.encode(x.repeat(n, 1, 1, 1))
        z = q.rsample(torch.randn_like(q.mu))
        log_p = vae.decode(z).log_prob(x.repeat(n, 1, 1, 1))
        weights = log_weight(log_p, standard_normal(z).log_prob(z), q.log_prob(z))
        sampled = elbo(x.repeat(n, 1, 1, 1), q, vae.decode(z)).bound.unflatten(0, (n, -1))
    error = sampled.std(0) / math.sqrt(n)
    assert (sampled.mean(0) < exact + 5 * error).all()
    tight = torch.stack([importance_weighted(w) for w in weights.unflatten(0, (100, 40, -1))])
    tight_error = tight.std(0) / 10
    assert (tight.mean(0) < exact + 5 * tight_error).all()
    assert (sampled.mean(0) < tight.mean(0) + 5 * (error + tight_error)).all()


@pytest.mark.parametrize("levels", [0, 16])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_every_parameter_gets_a_gradient(levels, depth, latent_dim):
    vae = randomized(Vae(latent_dim=latent_dim, width=7, depth=depth, levels=levels), 0.3)
    x = torch.randint(17, (9, 1, 8, 8)).double() / 16
    q = vae.encode(x)
    elbo(x, q, vae.decode(q.rsample(torch.randn_like(q.mu)))).loss.mean().backward()
    for name, parameter in vae.named_parameters():
        assert parameter.grad is not None, name
        assert (parameter.grad != 0).all(), name


def test_the_bound_differentiates_as_finite_differences_do():
    vae, x, eps = tiny(), every_picture(2)[40:44], torch.randn(4, 2, dtype=torch.float64)
    names = [name for name, _ in vae.named_parameters()]

    def loss(*values):
        parameters = dict(zip(names, values, strict=True))
        mu, log_sigma = torch.func.functional_call(
            vae.encoder, part(parameters, "encoder."), x.flatten(1)
        ).chunk(2, 1)
        z = mu + log_sigma.exp() * eps
        logits = torch.func.functional_call(vae.decoder, part(parameters, "decoder."), z)
        q = type(vae.encode(x))(mu, log_sigma)
        return elbo(x, q, Binomial(logits.unflatten(1, SHAPE), 2)).loss

    assert torch.autograd.gradcheck(loss, tuple(vae.parameters()))
    values = [value.detach().requires_grad_() for value in vae.parameters()]
    by_hand = torch.autograd.grad(loss(*values).sum(), values)
    q = vae.encode(x)
    by_model = torch.autograd.grad(
        elbo(x, q, vae.decode(q.rsample(eps))).loss.sum(), list(vae.parameters())
    )
    for left, right in zip(by_hand, by_model, strict=True):
        torch.testing.assert_close(left, right)


def part(parameters, prefix):
    return {k.removeprefix(prefix): v for k, v in parameters.items() if k.startswith(prefix)}


def test_examples_do_not_mix():
    vae = tiny()
    x = torch.rand(3, *SHAPE, dtype=torch.float64, requires_grad=True)
    logits = vae.decode(vae.encode(x).mu).logits
    for i in range(3):
        (grad,) = torch.autograd.grad(logits[i].sum(), x, retain_graph=True)
        moved = (grad != 0).flatten(1).any(1)
        assert moved.tolist() == [i == j for j in range(3)]


def test_networks_by_hand():
    # one hidden unit: q has mu = 2 tanh(x_1 + x_4), log sigma = -tanh(x_1 + x_4)
    vae = Vae(SHAPE, latent_dim=1, width=1, levels=0)
    weights = [
        [[1.0, 0.0, 0.0, 1.0]],
        [0.0],
        [[2.0], [-1.0]],
        [0.0, 0.0],
        [[0.5]],
        [0.25],
        [[1.0], [2.0], [3.0], [4.0]],
        [0.0, 0.0, 0.0, -1.0],
    ]
    with torch.no_grad():
        for parameter, value in zip(vae.parameters(), weights, strict=True):
            parameter.copy_(torch.tensor(value))
    q = vae.encode(torch.tensor([0.25, 9.0, 9.0, 0.5]).reshape(1, *SHAPE))
    assert q.mu.item() == pytest.approx(2 * math.tanh(0.75))
    assert q.log_sigma.item() == pytest.approx(-math.tanh(0.75))
    unit = math.tanh(0.5 * 3 + 0.25)
    logits = vae.decode(torch.tensor([[3.0]])).logits.flatten().tolist()
    assert logits == pytest.approx([unit, 2 * unit, 3 * unit, 4 * unit - 1])


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 4, 5)])
def test_pictures_keep_their_shape(shape):
    vae = Vae(shape, latent_dim=4, width=5)
    assert vae.encode(torch.rand(2, *shape)).mu.shape == (2, 4)
    assert vae.decode(torch.zeros(2, 4)).mean.shape == (2, *shape)
