"""PixelVAE: the order of drawing, one sampler's pictures as the other's, sums and bounds."""

import itertools
import math

import pytest
import torch

from gen_core.distributions import standard_normal
from gen_core.errors import SettingError
from gen_core.models.pixelvae import PixelVae
from gen_core.objectives.elbo import elbo, importance_weighted, log_weight
from gen_core.sampling.ancestral import ancestral, finish
from gen_core.sampling.cached import cached, raw_outputs

KINDS = {
    "upsampling": {"conditioning": "upsampling", "layers": 2},
    "bias": {"conditioning": "bias", "layers": 2},
    "independent": {"conditioning": "upsampling", "layers": 0},
}
SHAPE = (1, 5, 6)


def model(kind, shape=SHAPE, levels=1, spread=0.3, **settings):
    """A small model in double precision, none of its parameters at zero."""
    torch.manual_seed(3)
    known = {"latent_dim": 2, "width": 4, "first_kernel": 3, "kernel": 3} | KINDS[kind]
    made = PixelVae(shape, levels, coder_width=4, maps=3, **(known | settings))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(0, spread)
    return made.double()


def before(c, i, j, shape):
    """Which values come before one in the order of drawing."""
    channels, height, width = shape
    place = torch.arange(height * width).view(height, width) * channels
    order = place + torch.arange(channels)[:, None, None]
    return order < order[c, i, j]


def heard(made, c, i, j, shape):
    """Which pixels change the distribution of one value, z held, by gradient."""
    x = torch.rand(8, *shape, dtype=torch.double, requires_grad=True)
    decoder = made.decoder(torch.randn(8, made.latent_dim, dtype=torch.double))
    raw = decoder.net(decoder.prepare(x), decoder.vector, decoder.maps)
    raw[:, c :: shape[0], i, j].sum().backward()
    return x.grad.abs().sum(0) > 0 if x.grad is not None else torch.zeros(shape, dtype=torch.bool)


@pytest.mark.parametrize("kind", ["upsampling", "bias"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_pixel_hears_of_nothing_that_comes_later(kind, channels):
    shape = (channels, 4, 4)
    width = 6 if channels == 3 else 4
    made = model(kind, shape, levels=2, width=width)
    every = list(itertools.product(range(channels), range(4), range(4)))
    for c, i, j in every:
        found = heard(made, c, i, j, shape)
        assert not (found & ~before(c, i, j, shape)).any(), (c, i, j)
        if i or j:
            assert found.any(), "the picture's path is there"


def test_without_layers_no_pixel_hears_of_another():
    made = model("independent")
    x = torch.rand(2, *SHAPE, dtype=torch.double)
    z = torch.randn(2, 2, dtype=torch.double)
    assert torch.equal(made.likelihood(x, z).logits, made.likelihood(1 - x, z).logits)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("levels", [1, 3])
def test_cached_draws_the_same_pictures(kind, levels):
    made = model(kind, levels=levels)
    with torch.no_grad():
        decoder = made.decoder(torch.randn(3, 2, dtype=torch.double))
    noise = torch.rand(3, *SHAPE, dtype=torch.double)
    plain = finish(ancestral(decoder, noise))
    assert torch.equal(finish(cached(decoder, noise)), plain)
    assert 0 < plain.mean() < 1, "a picture of one colour would prove nothing"


@pytest.mark.parametrize("kind", KINDS)
def test_cached_outputs_are_the_nets_own_in_single_precision(kind):
    made = model(kind).float()
    x = torch.rand(3, *SHAPE).round()
    with torch.no_grad():
        decoder = made.decoder(torch.randn(3, 2))
        whole = decoder.net(decoder.prepare(x), decoder.vector, decoder.maps)
    torch.testing.assert_close(raw_outputs(decoder, x), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("norm", [False, True])
def test_every_parameter_learns(kind, norm):
    made = model(kind, weight_norm=norm)
    x = torch.rand(4, *SHAPE, dtype=torch.double).round()
    posterior = made.encode(x)
    z = posterior.rsample(torch.randn(4, 2, dtype=torch.double))
    elbo(x, posterior, made.likelihood(x, z)).loss.sum().backward()
    silent = [
        name
        for name, parameter in made.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert silent == []


def every_picture(levels):
    values = itertools.product(range(levels + 1), repeat=4)
    return torch.tensor(list(values), dtype=torch.double).view(-1, 1, 2, 2) / levels


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("levels", [1, 2])
def test_all_pictures_sum_to_one_for_any_code(kind, levels):
    made, x = model(kind, (1, 2, 2), levels), every_picture(levels)
    for z in torch.randn(3, 2, dtype=torch.double) * 2:
        with torch.no_grad():
            total = made.likelihood(x, z.expand(len(x), -1)).log_prob(x).exp().sum()
        assert total.item() == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("kind", ["upsampling", "bias"])
def test_the_bound_lies_below_the_weighted_one_and_that_below_the_exact(kind):
    """p(x) by quadrature over a line of codes; 4000 samples, within five standard errors."""
    made, x, n = model(kind, (1, 2, 2), latent_dim=1, spread=0.8), every_picture(1)[::3], 4000
    nodes = torch.linspace(-8, 8, 801, dtype=torch.double)[:, None]
    mass = standard_normal(nodes).log_prob(nodes) + math.log(16 / 800)

    def log_p(pictures, codes):
        return made.likelihood(pictures, codes).log_prob(pictures)

    for picture in x:
        with torch.no_grad():
            exact = (log_p(picture.expand(801, -1, -1, -1), nodes) + mass).logsumexp(0)
            many = picture.expand(n, -1, -1, -1)
            posterior = made.encode(many)
            z = posterior.rsample(torch.randn(n, 1, dtype=torch.double))
            log_w = log_weight(
                log_p(many, z), standard_normal(z).log_prob(z), posterior.log_prob(z)
            )
            bound = made_bound(made, many, posterior, z)
        weighted = importance_weighted(log_w.view(50, n // 50))
        error = weighted.std() / (n // 50) ** 0.5
        assert weighted.mean() <= exact + 5 * error
        assert bound.mean() <= weighted.mean() + 5 * (bound.std() / n**0.5 + error)
        assert bound.mean() < exact, "the posterior is not exact"


def made_bound(made, x, posterior, z):
    return elbo(x, posterior, made.likelihood(x, z)).bound


def test_one_five_by_five_layer_reaches_two_pixels_aside():
    """Section 4.1.2; three up, because the vertical kernel is centred on the row above."""
    made = model("upsampling", (1, 9, 9), layers=1, first_kernel=5)
    rows, columns = heard(made, 0, 6, 4, (1, 9, 9))[0].nonzero().unbind(1)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 6, 2, 6)


def test_the_code_of_a_pixel_stays_hidden_only_where_it_is_upsampled():
    """Maps at the centre go through mask A's horizontal part; a bias has no place to hide."""
    made = model("upsampling", (1, 5, 5), layers=1)
    decoder = made.decoder(torch.randn(4, 2, dtype=torch.double))
    maps = decoder.maps.detach().requires_grad_()
    x = torch.rand(4, 1, 5, 5, dtype=torch.double)
    decoder.net(x, None, maps)[:, 0, 3, 3].sum().backward()
    seen = maps.grad.abs().sum((0, 1)) > 0
    assert not seen[3, 3] and seen[3, 2] and seen[2, 4]


def test_what_no_decoder_can_be_is_refused():
    with pytest.raises(SettingError, match=r"conditioning \(upsampling, bias\), got 'sideways'"):
        PixelVae(SHAPE, conditioning="sideways")
    with pytest.raises(SettingError, match="at least one autoregressive layer, got 0"):
        PixelVae(SHAPE, conditioning="bias", layers=0)


@pytest.mark.parametrize("kind", KINDS)
def test_importance_weights_of_many_samples_are_those_of_one_at_a_time(kind):
    vae, x = model(kind), torch.rand(3, *SHAPE).double().round()
    noise = torch.randn(12, 2).double()
    weight = vae.log_weight(x, [noise])
    for row in (0, 4, 11):
        one = x[row % 3 : row % 3 + 1]
        q = vae.encode(one)
        z = q.rsample(noise[row : row + 1])
        log_p, prior = vae.likelihood(one, z).log_prob(one), standard_normal(z).log_prob(z)
        expected = log_weight(log_p, prior, q.log_prob(z))
        torch.testing.assert_close(weight.total[row : row + 1], expected)
