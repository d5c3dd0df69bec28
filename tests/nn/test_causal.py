"""Masks by hand, kernels with and without norm, and a convolution taken position by position."""

import pytest
import torch

from gen_core.errors import SettingError
from gen_core.nn.causal import CausalConv2d, ConvStepper, colour_mask, pointwise


def test_the_table_of_centre_taps():
    """R, then G given R, then B given both (2016a, figure 2); groups by index mod 3."""
    a, b = (colour_mask(kind, 6, 3, 3).tolist() for kind in "AB")
    assert a == 2 * [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    assert b == 2 * [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert colour_mask("A", 2, 3, 1).sum() == 0 and colour_mask("B", 2, 3, 1).all()


@pytest.mark.parametrize(("kind", "centre"), [("A", 0), ("B", 1)])
def test_the_five_by_five_mask_of_the_lecture(kind, centre):
    layer = CausalConv2d(1, 1, kind, above=2, left=2, right=2)
    assert layer.mask[0, 0].tolist() == [[1] * 5, [1] * 5, [1, 1, centre, 0, 0]]
    open_rows = CausalConv2d(1, 1, "open", above=2, left=2, right=2)
    assert open_rows.mask.all() and not open_rows.masked


def test_the_norm_is_taken_before_the_mask():
    layer = CausalConv2d(1, 1, "A", above=0, left=1, right=1, weight_norm=True)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[[[2.0, 3.0, 6.0]]]]))  # length 7, of which 2 is seen
        layer.gain.fill_(14.0)
    assert layer.kernel().tolist() == [[[[4.0, 0.0, 0.0]]]]


def test_a_fresh_norm_changes_nothing():
    plain = CausalConv2d(4, 6, "B", 1, 1, 1)
    normed = CausalConv2d(4, 6, "B", 1, 1, 1, weight_norm=True)
    with torch.no_grad():
        normed.weight.copy_(plain.weight)
        normed.gain.copy_(plain.weight.flatten(1).norm(dim=1))
    assert torch.allclose(normed.kernel(), plain.kernel(), atol=1e-6)


def test_rows_of_zeros_shift_down():
    layer = CausalConv2d(2, 3, "open", 1, 1, 1)
    x = torch.randn(2, 2, 4, 5)
    assert torch.allclose(layer(x, down=1)[:, :, 1:], layer(x), atol=1e-6)
    alone = layer(x, down=1)[:, :, 0]
    assert torch.allclose(alone, layer.bias[:, None].expand_as(alone)), "nothing above: the bias"


@pytest.mark.parametrize("kind", ["A", "B"])
def test_stepping_is_the_convolution(kind):
    layer = CausalConv2d(3, 6, kind, 2, 2, 2, colours=3).double()
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, 3, 5, 6).double()
    whole, step = layer(x), ConvStepper(layer, 2, 5, 6)
    for i in range(5):
        for j in range(6):
            step.put(i, j, x[:, :, i, j])
            torch.testing.assert_close(step.at(i, j), whole[:, :, i, j])


def test_maps_are_the_last_channels_and_points_need_no_past():
    layer = CausalConv2d(3, 2, "B", 1, 1, 1)
    x, maps = torch.randn(2, 1, 4, 4), torch.randn(2, 2, 4, 4)
    step = ConvStepper(layer, 2, 4, 4)
    step.fill(maps)
    step.put(0, 0, x[:, :, 0, 0])
    expected = layer(torch.cat((x, maps), 1))[:, :, 0, 0]
    torch.testing.assert_close(step.at(0, 0), expected)
    point = ConvStepper(pointwise(3, 2), 2, 100, 100)
    assert point.seen.numel() == 0


def test_channels_that_colours_cannot_share_are_refused():
    with pytest.raises(SettingError, match="3 colours can share, got 4"):
        CausalConv2d(3, 4, "A", colours=3)
