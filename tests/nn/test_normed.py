"""Weight normalisation: filters of a length of their own, and maps that begin with unit gain."""

import pytest
import torch

from gen_core.nn.normed import NormedConv2d, NormedLinear
from gen_core.training.seeding import initialize_


@pytest.mark.parametrize(
    "layer, x",
    [
        (NormedLinear(3, 4), torch.randn(2, 3)),
        (NormedConv2d(3, 4, 2), torch.randn(2, 3, 5, 5)),
        (NormedConv2d(3, 4, up=True), torch.randn(2, 3, 5, 5)),
    ],
)
def test_the_length_of_v_does_not_matter_and_g_is_the_filters(layer, x):
    before = layer(x)
    with torch.no_grad():
        layer.weight.mul_(torch.rand(4).add(0.5).view(-1, *[1] * (layer.weight.ndim - 1)))
    torch.testing.assert_close(layer(x), before)
    with torch.no_grad():
        layer.gain[1] *= 3
    after = layer(x)
    torch.testing.assert_close(after[:, 1], 3 * before[:, 1])
    torch.testing.assert_close(after[:, [0, 2, 3]], before[:, [0, 2, 3]])


@pytest.mark.parametrize("how", [{}, {"stride": 2}, {"up": True}])
def test_maps_begin_with_the_variance_of_hes_law(how):
    """The mean square of what comes out is twice that of what goes in, up or down."""
    layer = NormedConv2d(64, 64, **how)
    initialize_(torch.nn.ModuleList([layer, torch.nn.Linear(1, 1)]), 0, "x")
    x = torch.randn(4, 64, 16, 16)
    inner = layer(x)[:, :, 2:-2, 2:-2]
    assert inner.square().mean().item() == pytest.approx(2, rel=0.2)


@pytest.mark.parametrize("side", [3, 5])
def test_a_transposed_convolution_is_the_plain_one_read_backwards(side):
    """Its map is the transpose of the convolution of stride 2 with the same kernels."""
    up = NormedConv2d(2, 3, up=True, side=side).double()
    down = NormedConv2d(3, 2, stride=2, side=side).double()
    with torch.no_grad():
        down.weight.copy_(2 * up.kernel().transpose(0, 1))
        down.gain.copy_(down.weight.flatten(1).norm(dim=1))
    x, y = torch.randn(1, 2, 4, 4).double(), torch.randn(1, 3, 8, 8).double()
    torch.testing.assert_close((up(x) * y).sum(), (x * down(y)).sum())
