"""Couplings by hand, by their masks, by an independent library, and in one go."""

import pytest
import torch
import zuko
from torch import nn

from gen_core.bijections.alternating import AlternatingCouplings
from gen_core.bijections.base import Chain
from gen_core.bijections.coupling import (
    AffineCoupling,
    HalfCoupling,
    channel_mask,
    checkerboard_mask,
    opposite,
)
from gen_core.nn.mlp import Mlp
from tests.bijections.laws import randomized


class Says(nn.Module):
    """A network that says the same raw scale and shift of everything."""

    def __init__(self, raw, shift):
        super().__init__()
        self.said = torch.tensor([[raw, shift]])

    def forward(self, kept):
        return self.said.expand(len(kept), 2)


def test_a_coupling_by_hand():
    """s = 2 tanh(0.5) = 0.924234; z2 = 3 e^s - 1 = 6.559814."""
    coupling = HalfCoupling(Says(0.5, -1.0), scale_start=2.0)
    z, log_det = coupling(torch.tensor([[7.0, 3.0]]))
    torch.testing.assert_close(z, torch.tensor([[7.0, 6.559814]]))
    torch.testing.assert_close(log_det, torch.tensor([0.924234]))
    turned = HalfCoupling(Says(0.5, -1.0), keeps_second=True, scale_start=2.0)
    torch.testing.assert_close(
        turned(torch.tensor([[3.0, 7.0]]))[0], torch.tensor([[6.559814, 7.0]])
    )


def test_at_first_a_coupling_is_a_shift():
    z, log_det = HalfCoupling(Says(0.5, -1.0))(torch.tensor([[7.0, 3.0]]))
    assert z.tolist() == [[7.0, 2.0]] and log_det.item() == 0


def test_masks():
    board = checkerboard_mask(torch.zeros(2, 3, 3, 4))
    rows = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
    assert board.shape == (1, 1, 3, 4) and board[0, 0].tolist() == rows
    assert opposite(checkerboard_mask)(torch.zeros(1, 1, 1, 3)).flatten().tolist() == [1, 0, 1]
    channels = channel_mask(torch.zeros(2, 5, 3, 3))
    assert channels.shape == (1, 5, 1, 1) and channels.flatten().tolist() == [1, 1, 0, 0, 0]
    assert channel_mask(torch.zeros(2, 3).double()).dtype == torch.float64


@pytest.mark.parametrize("mask", [checkerboard_mask, opposite(checkerboard_mask), channel_mask])
def test_what_a_mask_keeps_stays_and_nothing_else_is_read(mask):
    coupling = randomized(AffineCoupling(nn.Conv2d(3, 6, 3, padding=1), mask))
    x, noise = torch.randn(2, 2, 3, 4, 4).double()
    kept = mask(x).bool().expand_as(x)
    z, log_det = coupling(x)
    assert torch.equal(z[kept], x[kept]) and (z != x)[~kept].all()
    other, other_log_det = coupling(torch.where(kept, x, noise))
    assert torch.equal(log_det, other_log_det)


@pytest.mark.parametrize("second", [False, True])
def test_halves_are_the_channel_mask_without_the_zeros(second):
    """The masked form reads zeros where the half form reads nothing."""
    dim, first = 5, 2
    kept = slice(first, dim) if second else slice(0, first)
    moved = slice(0, first) if second else slice(first, dim)
    small = nn.Linear(dim - first if second else first, 2 * (first if second else dim - first))
    whole = nn.Linear(dim, 2 * dim)
    half = randomized(HalfCoupling(small, keeps_second=second))
    mask = opposite(channel_mask) if second else channel_mask
    masked = randomized(AffineCoupling(whole, mask))
    with torch.no_grad():
        masked.scale.copy_(half.scale)
        table = whole.weight.view(2, dim, dim)
        table[:, moved, kept] = small.weight.view(2, -1, small.in_features)
        whole.bias.view(2, dim)[:, moved] = small.bias.view(2, -1)
    x = torch.randn(4, dim).double()
    for a, b in zip(half(x) + half.inverse(x), masked(x) + masked.inverse(x), strict=True):
        torch.testing.assert_close(a, b)


class Conditional(nn.Module):
    """Reads the context beside what stays."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1 + 3, 2)

    def forward(self, kept, context):
        return self.linear(torch.cat((kept, context), 1))


def test_a_context_reaches_the_network_both_ways():
    coupling = randomized(HalfCoupling(Conditional()))
    x, c = torch.randn(4, 2).double(), torch.randn(4, 3).double()
    z, log_det = coupling(x, c)
    assert not torch.equal(z, coupling(x, c + 1)[0])
    torch.testing.assert_close(coupling.inverse(z, c)[0], x)


def test_one_coupling_equals_that_of_zuko_with_the_same_weights():
    dim = 4
    ours = randomized(HalfCoupling(Mlp(2, 4, width=9, depth=2)))

    def affine(raw, shift):
        scale = (ours.scale * raw.tanh()).exp()
        return torch.distributions.AffineTransform(shift, scale)

    theirs = zuko.flows.coupling.GeneralCouplingTransform(
        dim, mask=torch.tensor([True, True, False, False]), univariate=affine,
        hidden_features=(9, 9),
    ).double()  # fmt: skip
    linears = [part for part in theirs.hyper if isinstance(part, zuko.nn.Linear)]
    with torch.no_grad():
        for mine, other in zip(ours.network.linears, linears, strict=True):
            other.load_state_dict(mine.state_dict())
        order = [0, 2, 1, 3]  # zuko has raw and shift of a feature side by side
        linears[-1].weight.copy_(ours.network.linears[-1].weight[order])
        linears[-1].bias.copy_(ours.network.linears[-1].bias[order])
    x = torch.randn(6, dim).double()
    transform = theirs()
    z, log_det = ours(x)
    torch.testing.assert_close(z, transform(x))
    torch.testing.assert_close(log_det, transform.log_abs_det_jacobian(x, transform(x)))
    torch.testing.assert_close(ours.inverse(x)[0], transform.inv(x))


@pytest.mark.parametrize("dim, depth", [(2, 2), (3, 1), (5, 0), (2, 3)])
def test_in_one_go_couplings_are_their_chain(dim, depth):
    """Values and every gradient, with both results in the loss."""
    fused = randomized(AlternatingCouplings(dim, 4, width=8, depth=depth))
    x = torch.randn(7, dim).double().requires_grad_()
    leaves, weight = [x, *fused.parameters()], torch.randn(7, dim + 1).double()
    found = []
    for flow in (fused, Chain(list(fused.maps))):
        z, log_det = flow(x)
        loss = (torch.cat((z, log_det[:, None]), 1) * weight).sum()
        found.append((z, log_det, *torch.autograd.grad(loss, leaves)))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)
