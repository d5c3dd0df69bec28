"""Every bijection keeps the law, with random parameters; and the law finds those who break it."""

import pytest
import torch
from torch import nn

from gen_core.bijections.alternating import AlternatingCouplings
from gen_core.bijections.base import Chain, Flip, Inverse
from gen_core.bijections.coupling import (
    AffineCoupling,
    HalfCoupling,
    channel_mask,
    checkerboard_mask,
    half_size,
    opposite,
)
from gen_core.bijections.normalization import FlowBatchNorm
from gen_core.bijections.planar import Planar, Radial
from gen_core.nn.mlp import Mlp
from tests.bijections.laws import assert_bijection, assert_every_parameter_learns, randomized

VECTOR, WIDE, PICTURE = (2,), (5,), (3, 4, 2)


def half(dim, second):
    kept = half_size(dim, keeps_second=second)
    return HalfCoupling(Mlp(kept, 2 * (dim - kept), width=7, depth=2), keeps_second=second)


def masked(mask):
    network = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.Tanh(), nn.Conv2d(5, 6, 1))
    return AffineCoupling(network, mask, scale_start=1.0)


def alternating(dim, norm):
    norms = [FlowBatchNorm(dim) for _ in range(3)] if norm else ()
    return AlternatingCouplings(dim, 3, width=7, depth=2, norms=norms)


MAPS = {
    "half": (lambda: half(2, False), VECTOR),
    "half, second": (lambda: half(2, True), VECTOR),
    "uneven half": (lambda: half(5, False), WIDE),
    "uneven half, second": (lambda: half(5, True), WIDE),
    "checkerboard": (lambda: masked(checkerboard_mask), PICTURE),
    "other checkerboard": (lambda: masked(opposite(checkerboard_mask)), PICTURE),
    "channels": (lambda: masked(channel_mask), PICTURE),
    "other channels": (lambda: masked(opposite(channel_mask)), PICTURE),
    "alternating": (lambda: alternating(2, False), VECTOR),
    "alternating, uneven": (lambda: alternating(5, False), WIDE),
    "alternating, normalised": (lambda: alternating(2, True), VECTOR),
    "normalisation": (lambda: FlowBatchNorm(5), WIDE),
    "normalisation of pictures": (lambda: FlowBatchNorm(3), PICTURE),
    "planar": (lambda: Planar(2), VECTOR),
    "planar, wide": (lambda: Planar(5), WIDE),
    "radial": (lambda: Radial(2), VECTOR),
    "radial, wide": (lambda: Radial(5), WIDE),
    "flip": (Flip, WIDE),
    "chain": (lambda: Chain([half(2, False), Flip(), Planar(2)]), VECTOR),
    "inverse": (lambda: Inverse(half(2, True)), VECTOR),
}


def made(name):
    make, shape = MAPS[name]
    return randomized(make()), torch.randn(4, *shape).double()


@pytest.mark.parametrize("name", MAPS)
def test_every_map_is_a_bijection(name):
    assert_bijection(*made(name))


@pytest.mark.parametrize(
    "name", [name for name in MAPS if "normal" not in name and name != "flip"]
)
def test_every_parameter_learns(name):
    assert_every_parameter_learns(*made(name))


@pytest.mark.parametrize("name", MAPS)
def test_without_gradients_the_numbers_are_the_same(name):
    bijection, x = made(name)
    expected = (*bijection(x), *bijection.inverse(x))
    with torch.no_grad():
        found = (*bijection(x), *bijection.inverse(x))
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


class Careless(HalfCoupling):
    """A coupling that averages its log-determinant; both ways cancel all the same."""

    def forward(self, x, context=None):
        z, log_det = super().forward(x)
        return z, log_det / 2

    def inverse(self, z, context=None):
        x, log_det = super().inverse(z)
        return x, log_det / 2


class Mixing(HalfCoupling):
    """A coupling that centres what it reads over the batch."""

    def scale_and_shift(self, kept, context):
        return super().scale_and_shift(kept - kept.mean(0), context)


class OneWay(HalfCoupling):
    """A coupling that forgets to turn round."""

    def inverse(self, z, context=None):
        return self.forward(z)


@pytest.mark.parametrize("kind", [Careless, Mixing, OneWay])
def test_the_law_finds_a_broken_map(kind):
    broken = randomized(kind(Mlp(1, 2, width=7, depth=2)))
    with pytest.raises(AssertionError):
        assert_bijection(broken, torch.randn(4, 2).double())
