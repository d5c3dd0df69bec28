"""Maps with numbers from an encoder: the laws, and the maps with numbers of their own."""

import pytest
import torch

from gen_core.bijections.amortised import ContextPlanar, ContextRadial
from gen_core.bijections.planar import Planar, Radial
from gen_core.errors import SettingError
from tests.bijections.laws import (
    Given,
    assert_bijection,
    assert_every_parameter_learns,
    randomized,
)

KINDS = [ContextPlanar, ContextRadial]


@pytest.mark.parametrize("dim", [2, 4, 5])
@pytest.mark.parametrize("scale", [0.3, 0.5, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_every_map_is_a_bijection_and_learns_at_steep_numbers_too(kind, scale, dim):
    context, x = torch.randn(4, 3).double(), torch.randn(4, dim).double()
    bijection = Given(randomized(kind(dim, 3), scale), context)
    assert_bijection(bijection, x)
    assert_every_parameter_learns(bijection, x)


@pytest.mark.parametrize(
    "kind, plain, names",
    [(ContextPlanar, Planar, "w u b"), (ContextRadial, Radial, "centre log_alpha beta")],
)
def test_one_context_is_the_map_with_numbers_of_its_own(kind, plain, names):
    own = randomized(plain(3))
    numbers = torch.cat([getattr(own, name).flatten() for name in names.split()]).detach()
    given = kind(3, 1).double()
    with torch.no_grad():
        given.numbers.weight.zero_()
        given.numbers.bias.copy_(numbers)
    x, context = torch.randn(4, 3).double(), torch.ones(4, 1).double()
    for ours, theirs in (
        (given(x, context), own(x)),
        (given.inverse(x, context), own.inverse(x)),
    ):
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_examples_have_maps_of_their_own(kind):
    bijection, x = randomized(kind(2, 3)), torch.randn(1, 2).double().expand(2, 2)
    first, second = bijection(x, torch.randn(2, 3).double())[0]
    assert (first - second).abs().max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_context_there_is_no_map(kind):
    with pytest.raises(SettingError, match="Expected a context, got none"):
        kind(2, 3)(torch.zeros(1, 2))


@pytest.mark.parametrize("kind, calm", [(ContextPlanar, (0.0, 2)), (ContextRadial, (0.0,))])
def test_a_calm_map_begins_as_the_identity(kind, calm):
    bijection = randomized(kind(4, 3), 1.0)
    bijection.calm_(*calm)
    x = torch.randn(5, 4).double()
    z, log_det = bijection(x, torch.randn(5, 3).double())
    torch.testing.assert_close(z, x)
    torch.testing.assert_close(log_det, torch.zeros(5).double())
