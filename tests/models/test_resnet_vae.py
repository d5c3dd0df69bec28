"""Laws of the ResNet VAE: orders, densities, bounds, and what is refused."""

import itertools
import math

import pytest
import torch

from gen_core.errors import DataError, SettingError
from gen_core.models.resnet_vae import INFERENCES, POSTERIORS, ResNetVae
from gen_core.objectives.elbo import hierarchical, importance_weighted

KINDS = list(itertools.product(INFERENCES, POSTERIORS))
EVERY = pytest.mark.parametrize("inference, posterior", KINDS)


def vae(inference="bidirectional", posterior="diagonal", shape=(1, 4, 4), scale=0.3, **sizes):
    """A small model in double precision, every parameter off zero."""
    known = {"top_level": 2, "blocks": 2, "width": 4, "z_channels": 2}
    model = ResNetVae(shape, inference=inference, posterior=posterior, **(known | sizes))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, scale)
    return model.double()


def pictures(model, n=2):
    levels = torch.randint(model.top_level + 1, (n, *model.image_shape))
    return levels.double() / model.top_level


def noise(model, n=2):
    return [torch.randn(shape).double() for shape in model.latent_noise_shapes(n)]


@EVERY
@pytest.mark.parametrize("flow_layers", [0, 1, 2])
def test_every_output_of_every_parameter_gets_a_gradient(inference, posterior, flow_layers):
    sizes = {"scales": 2, "flow_layers": flow_layers}
    model = vae(inference, posterior, (3, 8, 8), **sizes)
    x = pictures(model, 8)
    found = model.infer(x, noise(model, 8))
    kls = [level.kl for level in found.levels]
    hierarchical(found.likelihood.log_prob(x), kls, [1.0] * 4).loss.mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        rows = parameter.grad.abs().view(len(parameter), -1).amax(1)
        assert (rows > 1e-14).all(), name


@EVERY
def test_log_q_is_that_of_the_map_from_noise_to_latents(inference, posterior):
    """By change of variables through the Jacobian of all layers at once."""
    model = vae(inference, posterior)
    x, eps = pictures(model, 1), noise(model, 1)
    sizes = [each.numel() for each in eps]

    def latents(flat):
        parts = [part.view_as(e) for part, e in zip(flat.split(sizes), eps, strict=True)]
        return torch.cat([level.z.flatten() for level in model.infer(x, parts).levels])

    flat = torch.cat([each.flatten() for each in eps])
    _, log_det = torch.linalg.slogdet(torch.autograd.functional.jacobian(latents, flat))
    expected = torch.distributions.Normal(0, 1).log_prob(flat).sum() - log_det
    found = sum(level.log_q.sum() for level in model.infer(x, eps).levels)
    torch.testing.assert_close(found, expected)


@EVERY
def test_the_prior_makes_a_posteriors_latents_of_their_noise(inference, posterior):
    model = vae(inference, posterior, scales=2, shape=(3, 8, 8))
    found = model.infer(pictures(model), noise(model))
    again = model.generate([level.noise for level in found.levels])
    torch.testing.assert_close(again.mean, found.likelihood.mean)


@EVERY
def test_the_weights_mean_is_the_likelihood_that_draws_from_the_prior_find(inference, posterior):
    """p(x) by importance weights, and as the mean of p(x|z) over the prior: no q in it."""
    model, n = vae(inference, posterior, scale=0.2, z_channels=1).calm_(0.2), 8000
    x = pictures(model, 1)
    with torch.no_grad():
        for layer in model.layers:
            layer.up_in.bias.mul_(0.2), layer.down_in.bias.mul_(0.2)  # near the prior
        for part in (model.last, *(layer.down_out for layer in model.layers)):
            part.gain.fill_(2)  # so that the picture depends on the latents
        weights = model.log_weight(x, noise(model, n)).total
        plain = model.generate(noise(model, n)).log_prob(x.expand(n, -1, -1, -1))
    shift = plain.mean()
    means, errors = [], []
    for values in ((weights - shift).exp(), (plain - shift).exp()):
        means.append(values.mean())
        errors.append(values.std() / math.sqrt(n))
    assert (means[0] - means[1]).abs() <= 5 * math.hypot(*errors)
    assert max(errors) < 0.05 * means[0], "precise enough to say something"
    assert errors[1] > 1e-3 * means[1], "latents matter"


@EVERY
def test_a_layers_kl_is_the_mean_of_its_log_ratio(inference, posterior):
    model, n = vae(inference, posterior), 4000
    with torch.no_grad():
        levels = model.infer(pictures(model, 1).expand(n, -1, -1, -1), noise(model, n)).levels
        for level in levels:
            gap = level.kl.flatten(1).sum(1) - level.log_ratio
            assert gap.mean().abs() <= 5 * gap.std() / math.sqrt(n) + 1e-9
    closed = any(not torch.equal(level.kl, level.log_q - level.log_p) for level in levels)
    assert closed == ((inference, posterior) == ("bidirectional", "diagonal"))


@EVERY
def test_the_bound_lies_below_the_importance_weighted_one(inference, posterior):
    """Nested equal groups of one set of weights, in exact order; one sample gives the ELBO."""
    model, k, n = vae(inference, posterior), 512, 3
    x = pictures(model, n)
    with torch.no_grad():
        eps = noise(model, k * n)
        log_w = model.log_weight(x, eps).total.view(k, n)
        many = x.repeat(k, 1, 1, 1)
        found = model.infer(many, eps)
    kls = [level.kl for level in found.levels]
    elbo = hierarchical(found.likelihood.log_prob(many), kls, [1.0] * 2).bound.view(k, n)
    bounds = [
        importance_weighted(log_w.view(k // m, m, n).transpose(0, 1).reshape(m, -1))
        .view(k // m, n)
        .mean(0)
        for m in (1, 8, 64, 512)
    ]
    for lower, higher in itertools.pairwise(bounds):
        assert (lower < higher).all()
    error = (elbo - log_w).std(0) / math.sqrt(k)
    assert ((elbo.mean(0) - bounds[0]).abs() <= 5 * error + 1e-9).all()


@pytest.mark.parametrize("posterior", POSTERIORS)
def test_latents_are_drawn_in_the_order_of_their_inference(posterior):
    """Figure 5: each layer hears of those above it, or of those below it, and never of both."""
    for inference in INFERENCES:
        model = vae(inference, posterior, blocks=3)
        eps = [each.requires_grad_() for each in noise(model, 1)]
        levels = model.infer(pictures(model, 1), eps).levels
        for heard, said in itertools.product(range(3), range(3)):
            (grad,) = torch.autograd.grad(
                levels[heard].z.sum(), eps[said], retain_graph=True, allow_unused=True
            )
            hears = grad is not None and bool(grad.abs().max() > 0)
            above = said >= heard if inference == "bidirectional" else said <= heard
            assert hears == above, (inference, heard, said)


def test_every_layer_reaches_the_picture_and_no_example_another():
    model = vae(blocks=3)
    eps = [each.requires_grad_() for each in noise(model, 2)]
    mean = model.generate(eps).mean
    for grad in torch.autograd.grad(mean[0].sum(), eps):
        assert grad[0].abs().max() > 0 and grad[1].abs().max() == 0


def test_generating_with_the_posteriors_latents_gives_its_likelihood():
    """The way down is one: noise of the prior that leads to the same latents, the same picture."""
    model = vae(scales=2, shape=(1, 8, 8))
    x, eps = pictures(model), noise(model)
    found = model.infer(x, eps)
    h, matched = model._tiled(eps[-1]), []
    for layer, level in reversed(list(zip(model.layers, found.levels, strict=True))):
        raw = layer.down_in(torch.nn.functional.elu(h))
        mu, log_sigma = raw[:, :2], raw[:, 2:4]
        matched.insert(0, (level.z - mu) / log_sigma.exp())
        h = layer.generate(h, matched[0])
    generated = model.generate(matched)
    torch.testing.assert_close(generated.means, found.likelihood.means)


@pytest.mark.parametrize("shape, scales", [((1, 8, 8), 2), ((3, 16, 12), 2), ((1, 6, 10), 1)])
def test_pictures_of_any_size_that_can_be_halved(shape, scales):
    model = vae(shape=shape, scales=scales)
    sides = [tuple(each[2:]) for each in model.latent_noise_shapes(2)]
    rows, columns = shape[1:]
    assert sides == [(rows >> 1 + n // 2, columns >> 1 + n // 2) for n in range(2 * scales)]
    x = pictures(model)
    found = model.infer(x, noise(model))
    assert found.likelihood.log_prob(x).isfinite().all()
    assert model.generate(noise(model)).mean.shape == x.shape


def test_gaussians_begin_near_the_prior_once_calmed():
    model = ResNetVae((1, 8, 8), 16, width=16)
    x, eps = torch.rand(50, 1, 8, 8), [torch.randn(s) for s in model.latent_noise_shapes(50)]

    def nats():
        with torch.no_grad():
            return sum(level.kl.sum() for level in model.infer(x, eps).levels) / 50

    loud, calm = nats(), (model.calm_(), nats())[1]
    assert calm < 0.1 * loud and calm < 5


def test_what_does_not_fit_is_refused():
    with pytest.raises(SettingError, match="sides that can be halved 2 times, got 6 x 8"):
        ResNetVae((1, 6, 8), scales=2)
    with pytest.raises(SettingError, match="sides that can be halved 1 times, got 8 x 7"):
        ResNetVae((1, 8, 7))
    with pytest.raises(SettingError, match="one of bidirectional, bottom-up, got 'sideways'"):
        vae("sideways")
    with pytest.raises(SettingError, match="one of diagonal, iaf, got 'full'"):
        vae(posterior="full")
    with pytest.raises(SettingError, match="channels that 3 colours can share"):
        vae(posterior="iaf", z_channels=3)
    model = vae()
    with pytest.raises(DataError, match=r"pictures of shape \(1, 4, 4\), got \(1, 8, 4\)"):
        model.infer(torch.zeros(2, 1, 8, 4).double(), noise(model))
