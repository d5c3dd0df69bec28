"""Planar and radial maps of a context keep the law, at steep maps too."""

import pytest
import torch

from gen_core.bijections.amortised import ContextPlanar, ContextRadial
from gen_core.bijections.base import Bijection
from gen_core.errors import SettingError
from tests.bijections.laws import assert_bijection, assert_every_parameter_learns, randomized

D, C, B = 4, 3, 3
KINDS = [ContextPlanar, ContextRadial]


class Given(Bijection):
    """A map under one context, as the laws want it."""

    def __init__(self, of, context):
        super().__init__()
        self.of, self.context = of, context

    def forward(self, x, context=None):
        return self.of(x, self.context)

    def inverse(self, z, context=None):
        return self.of.inverse(z, self.context)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_every_map_given_a_context_keeps_the_law(kind, scale):
    made = Given(randomized(kind(D, C), scale), torch.randn(B, C).double())
    assert_bijection(made, torch.randn(B, D).double())
    assert_every_parameter_learns(made, torch.randn(B, D).double())


@pytest.mark.parametrize("kind", KINDS)
def test_a_context_must_be_there(kind):
    with pytest.raises(SettingError, match="a context"):
        kind(D, C)(torch.zeros(B, D))
