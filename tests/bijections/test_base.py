"""Chains and inverses, against maps worked out by hand."""

import torch

from gen_core.bijections.base import Bijection, Chain, Flip, Inverse


class Stretch(Bijection):
    """z = a x."""

    def __init__(self, factor):
        super().__init__()
        self.factor = torch.tensor(float(factor))

    def forward(self, x, context=None):
        return x * self.factor, self.factor.abs().log() * x[0].numel() * x.new_ones(len(x))

    def inverse(self, z, context=None):
        return z / self.factor, -self.factor.abs().log() * z[0].numel() * z.new_ones(len(z))


X = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def test_a_chain_goes_through_its_maps_in_order_and_adds_their_log_determinants():
    z, log_det = Chain([Stretch(2.0), Flip(), Stretch(-3.0)])(X)
    assert torch.equal(z, -6.0 * X.flip(-1))
    assert torch.allclose(log_det, torch.full((2,), 3 * torch.log(torch.tensor(6.0)).item()))


def test_a_chain_is_undone_from_its_last_map_on():
    chain = Chain([Stretch(2.0), Flip(), Stretch(4.0)])
    z, there = chain(X)
    x, back = chain.inverse(z)
    assert torch.equal(x, X) and torch.equal(there, -back)


def test_stages_are_the_chain_step_by_step():
    chain = Chain([Stretch(2.0), Flip()])
    (first, doubled, log_det), (second, flipped, none) = chain.stages(X)
    assert (first, second) == (0, 1)
    assert torch.equal(doubled, 2 * X) and torch.equal(flipped, 2 * X.flip(-1))
    assert log_det[0] > 0 and none.abs().max() == 0


def test_an_inverse_swaps_the_directions():
    turned = Inverse(Stretch(2.0))
    assert torch.equal(turned(X)[0], X / 2) and torch.equal(turned.inverse(X)[0], 2 * X)
    assert torch.equal(turned(X)[1], -turned.inverse(X)[1])


def test_an_empty_chain_is_the_identity():
    z, log_det = Chain([])(X)
    assert torch.equal(z, X) and torch.equal(log_det, torch.zeros(2))
