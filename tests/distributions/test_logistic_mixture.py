"""The mixture's levels sum to one, its loss is the public code's, its samples follow its law."""

import itertools
import math

import numpy as np
import pytest
import torch

from gen_core.distributions import LogisticMixture
from gen_core.errors import DataError

MAPS = {1: 3, 3: 10}


def raw_output(batch, channels, n_mix, side=1, spread=1.0):
    shape = (batch, MAPS[channels] * n_mix, side, side)
    return spread * torch.randn(shape, dtype=torch.float64)


def every_pixel(channels, n_levels):
    """Each possible pixel once, ``(n_levels ^ C, C, 1, 1)``."""
    every = itertools.product(range(n_levels), repeat=channels)
    return torch.tensor(list(every), dtype=torch.float64)[..., None, None] / (n_levels - 1)


def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def public_loss(x, raw, n_mix):
    """The loss of openai/pixel-cnn for 256 levels, in its words: x in [-1, 1], (B, H, W, C)."""
    batch, height, width, channels = x.shape
    logits = raw[..., :n_mix]
    kinds = 3 if channels == 3 else 2
    rest = raw[..., n_mix:].reshape(batch, height, width, channels, kinds * n_mix)
    means = rest[..., :n_mix].copy()
    log_scales = np.maximum(rest[..., n_mix : 2 * n_mix], -7.0)
    if channels == 3:
        coefficients = np.tanh(rest[..., 2 * n_mix :])
        red, green = x[..., :1], x[..., 1:2]
        means[..., 1, :] += coefficients[..., 0, :] * red
        means[..., 2, :] += coefficients[..., 1, :] * red + coefficients[..., 2, :] * green
    centred, inverse = x[..., None] - means, np.exp(-log_scales)
    upper, lower, middle = (inverse * (centred + d) for d in (1 / 255, -1 / 255, 0))
    mass = sigmoid(upper) - sigmoid(lower)
    at_centre = middle - log_scales - 2 * np.logaddexp(0, middle) - np.log(127.5)
    inside = np.where(mass > 1e-5, np.log(np.maximum(mass, 1e-12)), at_centre)
    last = np.where(x[..., None] > 0.999, -np.logaddexp(0, lower), inside)
    log_p = np.where(x[..., None] < -0.999, upper - np.logaddexp(0, upper), last)
    joint = log_p.sum(3) + logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    guarded = (mass <= 1e-5) & (np.abs(x[..., None]) < 0.999)
    return np.log(np.exp(joint).sum(-1)).sum((1, 2)), guarded


@pytest.mark.parametrize("channels", [1, 3])
def test_the_loss_is_that_of_the_public_code_where_its_guard_sleeps(channels):
    raw = raw_output(20, channels, 5, side=4)
    x = torch.randint(256, (20, channels, 4, 4)) / 255
    x[:3] = x[:3].round()  # both ends
    mixture = LogisticMixture.from_raw(raw, channels, 5, 255)
    theirs, guarded = public_loss(
        (2 * x.double() - 1).permute(0, 2, 3, 1).numpy(), raw.permute(0, 2, 3, 1).numpy(), 5
    )
    assert not guarded.all(), "the guard decides everything"
    # where it is awake, the density at the centre stands in for the mass of a narrow bin
    torch.testing.assert_close(
        mixture.log_prob(x.double()), torch.tensor(theirs), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("top_level", [1, 4, 16, 255])
@pytest.mark.parametrize("spread", [1.0, 8.0])
def test_levels_of_one_channel_sum_to_one(top_level, spread):
    raw = raw_output(7, 1, 4, side=3, spread=spread)
    pmf = LogisticMixture.from_raw(raw, 1, 4, top_level).pmf()
    assert pmf.shape == (7, 1, 3, 3, top_level + 1)
    torch.testing.assert_close(pmf.sum(-1), torch.ones(7, 1, 3, 3, dtype=torch.float64))


@pytest.mark.parametrize(("channels", "n_levels"), [(1, 5), (3, 3)])
def test_every_pixel_has_the_probability_of_its_channels_and_all_sum_to_one(channels, n_levels):
    every = every_pixel(channels, n_levels)
    raw = raw_output(1, channels, 4).expand(len(every), -1, -1, -1)
    mixture = LogisticMixture.from_raw(raw, channels, 4, n_levels - 1)
    log_p = mixture.log_prob(every)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-12)
    torch.testing.assert_close(mixture.log_prob_map(every).flatten(1).sum(1), log_p)
    level = (every * (n_levels - 1)).round().long().unsqueeze(-1)
    conditional = mixture.pmf(every).gather(-1, level).squeeze(-1)
    torch.testing.assert_close(conditional.log(), mixture.log_prob_map(every))


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_samples_come_as_often_as_their_probability(temperature):
    draws, n_levels = 40_000, 3
    raw = raw_output(1, 3, 4)
    every = every_pixel(3, n_levels)
    law = LogisticMixture.from_raw(raw.expand(len(every), -1, -1, -1), 3, 4, n_levels - 1)
    p = law.tempered(temperature).log_prob(every).exp()
    many = LogisticMixture.from_raw(raw.expand(draws, -1, -1, -1), 3, 4, n_levels - 1)
    x = many.tempered(temperature).sample(torch.rand(draws, 3, 1, 1, dtype=torch.float64))
    codes = ((n_levels - 1) * x).round().long().flatten(1) @ torch.tensor([9, 3, 1])
    share = torch.bincount(codes, minlength=len(every)) / draws
    error = (p * (1 - p) / draws).sqrt()
    assert ((share - p).abs() < 5 * error + 1e-12).all()


@pytest.mark.parametrize("top_level", [1, 2, 6, 255])
def test_samples_are_the_smallest_level_whose_cumulative_probability_exceeds(top_level):
    mixture = LogisticMixture.from_raw(raw_output(50, 3, 3, side=2), 3, 3, top_level)
    u = torch.rand(50, 3, 2, 2, dtype=torch.float64)
    u[:5], u[5:10] = 0, 1 - 1e-16
    x = mixture.sample(u)
    level = (x * top_level).round().long()
    assert torch.equal(x, level.double() / top_level)
    cumulative = mixture.pmf(x).cumsum(-1)
    reached = cumulative.gather(-1, level.unsqueeze(-1)).squeeze(-1)
    before = (cumulative - mixture.pmf(x)).gather(-1, level.unsqueeze(-1)).squeeze(-1)
    inner = level < top_level
    assert (reached[inner] > u[inner] - 1e-12).all()
    assert (before <= u + 1e-12).all()


def test_the_same_noise_gives_the_same_picture_and_one_uniform_moves_one_pixel():
    mixture = LogisticMixture.from_raw(raw_output(4, 3, 3, side=3), 3, 3, 255)
    u = torch.rand(4, 3, 3, 3, dtype=torch.float64)
    x = mixture.sample(u)
    assert torch.equal(x, mixture.sample(u))
    moved = u.clone()
    moved[:, 1, 2, 0] = 1 - moved[:, 1, 2, 0]
    changed = (mixture.sample(moved) != x).flatten(1).any(0).view(3, 3, 3)
    assert changed[1, 2, 0]
    changed[1:, 2, 0] = False  # the pixel's own green, and blue that follows it
    assert not changed.any()


def test_the_loss_has_the_right_gradient_far_from_the_bins():
    raw = raw_output(3, 3, 2, side=2, spread=6.0).requires_grad_()
    x = torch.randint(256, (3, 3, 2, 2)).double() / 255
    assert torch.autograd.gradcheck(
        lambda r: LogisticMixture.from_raw(r, 3, 2, 255).log_prob(x), raw
    )
    narrow = LogisticMixture.from_raw(torch.full((1, 3, 1, 1), -9.0), 1, 1, 255)
    assert narrow.log_scales.item() == -7
    assert narrow.log_prob(torch.ones(1, 1, 1, 1)).isfinite().all(), "a far bin in float32"


def test_the_mean_of_narrow_components_is_their_weighted_mean():
    raw = torch.tensor([0.0, math.log(3), -0.5, 0.5, -7.0, -7.0], dtype=torch.float64)
    mixture = LogisticMixture.from_raw(raw.view(1, 6, 1, 1), 1, 2, 16)
    assert mixture.mean.item() == pytest.approx((1 * 0.25 + 3 * 0.75) / 4)
    levels = torch.arange(17, dtype=torch.float64) / 16
    assert (mixture.pmf() @ levels).item() == pytest.approx(mixture.mean.item(), abs=1e-9)


def test_temperature_divides_the_components_logits_and_multiplies_their_scales():
    raw = raw_output(2, 3, 4)
    mixture = LogisticMixture.from_raw(raw, 3, 4, 16)
    cool = mixture.tempered(0.5)
    torch.testing.assert_close(cool.logits, 2 * mixture.logits)
    torch.testing.assert_close(cool.log_scales.exp(), 0.5 * mixture.log_scales.exp())
    assert torch.equal(cool.means, mixture.means)
    assert torch.equal(cool.coefficients, mixture.coefficients)


def test_wrong_widths_channels_and_missing_pictures_are_named():
    with pytest.raises(DataError, match="Expected 20 maps, got 19"):
        LogisticMixture.from_raw(torch.zeros(1, 19, 2, 2), 3, 2, 255)
    with pytest.raises(DataError, match="Expected 1 or 3 channels, got 2"):
        LogisticMixture.from_raw(torch.zeros(1, 19, 2, 2), 2, 2, 255)
    mixture = LogisticMixture.from_raw(torch.zeros(1, 20, 2, 2), 3, 2, 255)
    with pytest.raises(DataError, match="Expected the earlier channels, got no picture"):
        mixture.pmf()
    with pytest.raises(DataError, match="Expected a temperature above 0, got 0"):
        mixture.tempered(0)


def test_one_logistic_by_hand_inside_and_at_both_open_ends():
    """Kingma et al. 2016, appendix C.5: a difference of sigmoids; at the ends the whole tail."""
    means = torch.full((1, 3, 1, 2), 0.2).double()
    log_scales = torch.tensor([-1.0, 0.0, 0.5]).double().view(3, 1, 1)
    of = LogisticMixture.single(means, log_scales, 4)  # levels -1, -1/2, 0, 1/2, 1: halves of 1/4
    x = torch.tensor([[0.0, 0.5], [0.5, 1.0], [0.75, 0.25]]).double().view(1, 3, 1, 2)
    found = of.log_prob_map(x).exp().flatten().tolist()
    for value, level, log_s in zip(
        found, x.flatten().tolist(), (-1, -1, 0, 0, 0.5, 0.5), strict=True
    ):
        at, scale = 2 * level - 1, math.exp(log_s)
        above = 1.0 if level == 1 else sigmoid((at + 0.25 - 0.2) / scale)
        below = 0.0 if level == 0 else sigmoid((at - 0.25 - 0.2) / scale)
        assert value == pytest.approx(above - below)
    assert of.log_prob(x).item() == pytest.approx(sum(math.log(value) for value in found))
    torch.testing.assert_close(of.mean, torch.full((1, 3, 1, 2), 0.6).double())
