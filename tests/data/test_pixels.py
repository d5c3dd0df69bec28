"""Levels there and back, probabilities kept, log-determinants against autograd."""

import math

import pytest
import torch
from torch.autograd.functional import jacobian

from gen_core.data.pixels import (
    binarize,
    bits_per_dim,
    dequantize,
    inverse_logit,
    logit,
    quantize,
)
from gen_core.errors import DataError

LEVELS = (2, 3, 4, 16, 17, 256)
BYTES = torch.arange(256, dtype=torch.uint8).float() / 255


def ramp(levels):
    """One picture that shows every level, ``(1, 1, 1, K)``."""
    return (torch.arange(levels).float() / (levels - 1)).reshape(1, 1, 1, -1)


def test_a_pixel_is_on_as_often_as_it_is_grey():
    x = torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0]).repeat(100_000, 1)
    on = binarize(x, torch.rand(x.shape))
    assert on.unique().tolist() == [0, 1] and on.dtype == x.dtype
    share, p = on.double().mean(0), x[0].double()
    assert ((share - p).abs() <= 5 * (p * (1 - p) / 100_000).sqrt()).all()
    assert share[0] == 0 and share[-1] == 1


@pytest.mark.parametrize("levels", [2, 4, 16, 64, 256])
def test_quantising_is_the_public_codes_rule(levels):
    expected = torch.floor(BYTES.double() * (levels - 1e-8))
    assert torch.equal((quantize(BYTES, levels) * (levels - 1)).round().double(), expected)


def test_at_256_levels_bytes_stay_and_at_16_their_upper_bits():
    whole = torch.arange(256)
    assert torch.equal((quantize(BYTES, 256) * 255).round().long(), whole)
    assert torch.equal((quantize(BYTES, 16) * 15).round().long(), whole >> 4)
    assert torch.equal((quantize(BYTES, 4) * 3).round().long(), whole >> 6)


def test_bins_are_equal_and_closed_below():
    x = torch.tensor([0.0, 0.19, 0.2, 0.39, 0.4, 0.99, 1.0], dtype=torch.float64)
    assert (quantize(x, 5) * 4).round().tolist() == [0, 0, 1, 1, 2, 4, 4]


@pytest.mark.parametrize("levels", LEVELS)
def test_levels_stay_levels(levels):
    x = ramp(levels)
    assert torch.equal(quantize(x, levels), x)


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("u", [0.0, 0.5, 1 - 2**-24])
def test_dequantised_pixels_stay_in_their_bin(levels, u):
    x = ramp(levels)
    y, _ = dequantize(x, levels - 1, torch.full_like(x, u))
    assert 0 <= y.min() and y.max() < 1
    assert torch.equal(quantize(y, levels), x)


@pytest.mark.parametrize("top", [1, 16, 255])
def test_dequantisings_log_determinant_is_autograds(top):
    x = torch.randint(top + 1, (2, 1, 2, 3)).double() / top
    noise = torch.rand(x.shape, dtype=torch.float64)
    y, log_det = dequantize(x, top, noise)
    for i in range(2):
        slope = jacobian(lambda u, i=i: dequantize(x[i : i + 1], top, u)[0], noise[i : i + 1])
        torch.testing.assert_close(slope.reshape(6, 6).slogdet().logabsdet, log_det[i])
    assert torch.allclose((y * (top + 1)).floor(), (x * top).round())


@pytest.mark.parametrize("alpha", [0.0, 1e-6, 0.05, 0.4])
def test_logit_goes_there_and_back_with_autograds_log_determinants(alpha):
    x = torch.rand(2, 1, 2, 3, dtype=torch.float64)
    y, log_det = logit(x, alpha)
    again, back = inverse_logit(y, alpha)
    torch.testing.assert_close(again, x)
    torch.testing.assert_close(back, -log_det)
    for i in range(2):
        slope = jacobian(lambda v: logit(v, alpha)[0], x[i : i + 1]).reshape(6, 6)
        torch.testing.assert_close(slope.slogdet().logabsdet, log_det[i])
        slope = jacobian(lambda v: inverse_logit(v, alpha)[0], y[i : i + 1]).reshape(6, 6)
        torch.testing.assert_close(slope.slogdet().logabsdet, back[i])


def test_a_margin_keeps_black_and_white_finite():
    ends = torch.tensor([[0.0, 1.0]])
    y, log_det = logit(ends, 0.05)
    assert y.tolist()[0] == pytest.approx([-math.log(19), math.log(19)], rel=1e-6)
    assert log_det.item() == pytest.approx(2 * math.log(0.9 / (0.05 * 0.95)), rel=1e-6)


def test_bits_of_known_likelihoods():
    assert bits_per_dim(3072 * math.log(256), 3072) == pytest.approx(8)  # a uniform softmax
    assert bits_per_dim(0.0, 3072, bins=256) == pytest.approx(8)  # the same as a density
    assert bits_per_dim(80.0, 784) == pytest.approx(0.14721, abs=1e-5)
    nats = torch.tensor([math.log(2), 2 * math.log(2)])
    torch.testing.assert_close(bits_per_dim(nats, 1), torch.tensor([1.0, 2.0]))


def test_both_ways_to_count_the_bins_agree():
    x = ramp(256).reshape(1, 1, 16, 16)
    y, log_det = dequantize(x, 255, torch.rand(x.shape))
    log_p = torch.distributions.Beta(2.0, 3.0).log_prob(y).sum((1, 2, 3))
    torch.testing.assert_close(
        bits_per_dim(-log_p - log_det, 256), bits_per_dim(-log_p, 256, bins=256)
    )


def test_wrong_shapes_and_numbers_are_said():
    x = torch.zeros(2, 1, 4, 4)
    for call in (lambda u: binarize(x, u), lambda u: dequantize(x, 16, u)):
        with pytest.raises(DataError, match=r"noise of shape \(2, 1, 4, 4\), got \(1, 4, 4\)"):
            call(torch.zeros(1, 4, 4))
    with pytest.raises(DataError, match="at least two levels, got 1"):
        quantize(x, 1)
    for alpha in (-0.1, 0.5):
        with pytest.raises(DataError, match="a margin alpha"):
            logit(x, alpha)
        with pytest.raises(DataError, match="a margin alpha"):
            inverse_logit(x, alpha)
