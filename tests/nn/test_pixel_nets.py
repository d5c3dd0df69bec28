"""The order of drawing, proved by gradients: value by value, colour by colour, for both stacks."""

import pytest
import torch

from gen_core.errors import SettingError
from gen_core.nn.gated import GatedLayer, gate
from tests.nn.pixel_nets import KINDS, SIDE, before, heard, net


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_an_output_hears_of_nothing_that_comes_later(kind, channels):
    made = net(kind, channels)
    for c in range(channels):
        for i in range(SIDE):
            for j in range(SIDE):
                found = heard(made, (c, i, j), channels)
                assert not (found & ~before(c, i, j, channels)).any(), (c, i, j)


@pytest.mark.parametrize("channels", [1, 3])
def test_two_stacks_hear_of_everything_in_reach(channels):
    """Depth 4 of 3 x 3 reaches 5 up: with sides of 5 all that is before is heard."""
    made = net("gated", channels, depth=4)
    for c, i, j in [(0, 4, 0), (0, 2, 2), (channels - 1, 4, 4), (channels - 1, 3, 1)]:
        found = heard(made, (c, i, j), channels, side=5)
        assert torch.equal(found, before(c, i, j, channels, side=5)), (c, i, j)


def test_one_stack_is_blind_above_to_the_right():
    """Van den Oord et al. 2016b, figure 1: what is right of the diagonal is never seen."""
    found = heard(net("masked", depth=5), (0, 5, 1), 1)[0]
    blind = before(0, 5, 1, 1)[0] & ~found
    # each layer climbs one row for one column to the right: a wedge of slope one
    expected = torch.tensor([[j - 1 > 5 - i for j in range(SIDE)] for i in range(SIDE)])
    assert torch.equal(blind, expected & before(0, 5, 1, 1)[0]) and blind.sum() == 6


def test_the_law_sees_a_broken_mask():
    """Open one tap at a centre: the proof must fail."""
    for kind, layer in (("masked", "first"), ("gated", "layers.0.horizontal")):
        made = net(kind)
        made.get_submodule(layer).mask[:, :, -1, 1] = 1
        assert (heard(made, (0, 3, 3), 1) & ~before(0, 3, 3, 1)).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", [{}, {"vector_dim": 4}, {"maps_dim": 2}, {"weight_norm": True}])
def test_every_parameter_learns(kind, given):
    made = net(kind, outputs=2, **given)
    vector = torch.randn(3, 4).double() if "vector_dim" in given else None
    maps = torch.randn(3, 2, SIDE, SIDE).double() if "maps_dim" in given else None
    made(torch.randn(3, 1, SIDE, SIDE).double(), vector, maps).square().sum().backward()
    silent = [
        n for n, p in made.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0
    ]
    assert silent == []


@pytest.mark.parametrize("kind", KINDS)
def test_maps_at_the_centre_stay_hidden_from_the_horizontal_stack_of_the_first_layer(kind):
    made = net(kind, maps_dim=1, depth=0)
    maps = torch.randn(10, 1, SIDE, SIDE, dtype=torch.double, requires_grad=True)
    made(torch.randn(10, 1, SIDE, SIDE).double(), None, maps)[:, 0, 3, 3].sum().backward()
    seen = maps.grad.abs().sum(0)[0] > 0
    assert not seen[3, 3] and seen[3, 2] and seen[2, 4] and not seen[4].any()


def test_the_gate_by_hand():
    x = torch.tensor([[0.5, 0.0, 0.0, 3.0]])
    assert torch.allclose(gate(x), torch.tensor([[0.5, 0.0]]).tanh() * torch.tensor([[0.5, 1.0]]))


def test_residuals_run_along_the_horizontal_stack_alone():
    """All weights zero: the vertical stack forgets its input, the horizontal one keeps it."""
    layer = GatedLayer(4, 4, 3, "B")
    for parameter in layer.parameters():
        torch.nn.init.zeros_(parameter)
    v, h = torch.randn(1, 4, 3, 3), torch.randn(1, 4, 3, 3)
    below, beside = layer(v, h, None)
    assert not below.any() and torch.equal(beside, h)


def test_a_width_that_colours_cannot_share_is_refused():
    with pytest.raises(SettingError, match="3 colours share, got 8"):
        net("gated", 3, width=8)
