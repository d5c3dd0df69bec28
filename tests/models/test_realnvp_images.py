"""The likelihood of pictures with dequantisation and logit, by brute force; and its refusals."""

import math

import pytest
import torch

from gen_core.errors import SettingError
from gen_core.models.realnvp_images import RealNvpImages
from tests.bijections.laws import jacobian, own, randomized


def made(shape=(1, 4, 4), top=3, **settings):
    known = {"scales": 2, "width": 3, "blocks": 1, **settings}
    return randomized(RealNvpImages(shape, top, **known), 0.3)


def tiny(top=1):
    """Pictures of 1 x 2 x 2; networks small enough that the density stays smooth."""
    return randomized(RealNvpImages((1, 2, 2), top, scales=2, width=2, blocks=0), 0.2)


def midpoints(low, high, n):
    axis = low + (high - low) * (torch.arange(n).double() + 0.5) / n
    return torch.cartesian_prod(*[axis] * 4).view(-1, 1, 2, 2), ((high - low) / n) ** 4


@torch.no_grad()
def test_the_density_integrates_to_one_over_the_cube_and_its_margins():
    flow, margin = tiny(), 0.05 / 0.9
    y, cell = midpoints(-margin, 1 + margin, 18)
    assert flow.log_density(y).exp().sum().item() * cell == pytest.approx(1, abs=2e-3)


@torch.no_grad()
def test_the_probabilities_of_all_pictures_add_up_to_the_share_of_samples_inside_the_cube():
    """P(k) is the mean of p(k, u) over u: brute force over 16 pictures and a grid of u."""
    flow = tiny()
    u, _ = midpoints(0, 1, 8)
    bits = torch.cartesian_prod(*[torch.tensor([0.0, 1.0]).double()] * 4).view(-1, 1, 2, 2)
    draws = [flow.log_prob(k.expand_as(u), u) for k in bits]
    total = torch.stack(draws).exp().mean(1).sum().item()
    x = flow.decode(torch.randn(50_000, 1, 2, 2).double())
    inside = ((x > 0) & (x < 1)).flatten(1).all(1).double().mean().item()
    assert 0.5 < inside < 0.999
    assert total == pytest.approx(inside, abs=8e-3)


@torch.no_grad()
def test_the_bound_is_that_of_each_levels_cell():
    """The mean of p(k, u) is the cell's mass; that of its logarithm lies a little lower."""
    flow = tiny(top=7)
    k = torch.tensor([[[[2.0, 5.0], [4.0, 3.0]]]]).double()
    u, cell = midpoints(0, 1, 8)
    draws = flow.log_prob((k / 7).expand_as(u), u)
    y = (k + u) / 8
    mass = (flow.log_density(y).exp().sum() * cell / 8**4).log()
    torch.testing.assert_close(draws.exp().mean().log(), mass, rtol=0, atol=1e-9)
    assert draws.mean() < mass < draws.mean() + 0.1


def test_log_determinants_with_the_logit_are_those_of_autograd():
    flow, y = made(), torch.rand(2, 1, 4, 4).double()
    z, log_det = flow.encode(y)
    full = jacobian(flow.encode, y)
    torch.testing.assert_close(log_det, torch.linalg.slogdet(own(full))[1], rtol=0, atol=1e-8)
    prior = -0.5 * (z.flatten(1).square().sum(1) + 16 * math.log(2 * math.pi))
    torch.testing.assert_close(flow.log_density(y), prior + log_det)
    assert (flow.decode(z) - y).abs().max() < 1e-8


@pytest.mark.parametrize("norm, batch_norm", [("none", False), ("batch", True), ("lagged", True)])
def test_a_picture_does_not_depend_on_its_batch(norm, batch_norm):
    flow = made(norm=norm, batch_norm=batch_norm)
    x, noise = torch.randint(4, (5, 1, 4, 4)) / 3, torch.rand(5, 1, 4, 4)
    x, noise = x.double(), noise.double()
    alone = torch.cat([flow.log_prob(x[i : i + 1], noise[i : i + 1]) for i in range(5)])
    torch.testing.assert_close(flow.log_prob(x, noise), alone, rtol=0, atol=1e-9)


@torch.no_grad()
def test_keeping_everything_gives_the_picture_back_and_keeping_less_only_the_coarsest():
    flow = made((3, 8, 8), top=255)
    x = torch.randint(256, (2, 3, 8, 8)).double() / 255
    z, noise = flow.latents(x), torch.randn(2, 3, 8, 8).double()
    whole = flow.decode(flow.resampled(z, 1.0, noise))
    assert (whole - (255 * x + 0.5) / 256).abs().max() < 1e-5
    assert torch.equal(flow.sample(z), x)
    for share in (0.5, 0.25, 0.125):
        kept = flow.resampled(z, share, noise) == z
        assert kept.double().mean().item() == pytest.approx(share)
    assert torch.equal(flow.resampled(z, 0.0, noise), noise)


@torch.no_grad()
def test_samples_of_twice_the_size_are_pictures_on_the_levels():
    flow = made(norm="batch")
    x = flow.sample(torch.randn(2, 1, 8, 8).double())
    assert x.shape == (2, 1, 8, 8)
    assert x.min() >= 0 and x.max() <= 1 and torch.equal((3 * x).round() / 3, x)


def test_what_has_no_inverse_is_refused():
    with pytest.raises(SettingError, match="halved 1 times for 2 scales, got 7 x 8"):
        made((1, 7, 8))
    for alpha in (0.0, 0.5, math.nan):
        with pytest.raises(SettingError, match="margin alpha"):
            made(alpha=alpha)
    for keep in (-0.1, 1.1, math.nan):
        with pytest.raises(SettingError, match="share of latents"):
            made().resampled(torch.zeros(1, 1, 4, 4), keep, torch.zeros(1, 1, 4, 4))
