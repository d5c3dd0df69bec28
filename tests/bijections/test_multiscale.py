"""The multi-scale flow keeps the law, puts out what the paper says, and refuses odd sides."""

import pytest
import torch
from torch import nn

from gen_core.bijections.multiscale import Squeeze, from_coarse, multi_scale, to_coarse
from gen_core.bijections.normalization import FlowBatchNorm
from gen_core.errors import DataError, SettingError
from gen_core.nn.coupling_net import CouplingNet
from tests.bijections.laws import assert_bijection, randomized


def network(read, made, scale, mask):
    return CouplingNet(read, made, 3, 1, mask=mask)


def flow(channels, scales, norm=False):
    made = multi_scale(channels, scales, network, lambda c: [FlowBatchNorm(c)] if norm else [])
    return randomized(made, 0.3)


@pytest.mark.parametrize(
    ("scales", "shape", "norm"),
    [
        (1, (1, 3, 3), False),
        (1, (2, 2, 2), True),
        (2, (1, 4, 4), False),
        (2, (2, 4, 2), True),
        (3, (1, 4, 4), False),
    ],
)
def test_all_scales_together_are_a_bijection(scales, shape, norm):
    made = flow(shape[0], scales, norm)
    assert_bijection(made, torch.randn(2, *shape).double())


def test_squeezes_are_the_two_of_the_public_code():
    x = torch.arange(8.0).view(1, 2, 2, 2)  # two channels: 0 1 / 2 3 and 4 5 / 6 7
    assert Squeeze()(x)[0].flatten().tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    ordered = Squeeze(ordered=True)
    assert ordered(x)[0].flatten().tolist() == [0, 4, 3, 7, 1, 5, 2, 6]
    assert torch.equal(ordered.inverse(ordered(x)[0])[0], x)


@pytest.mark.parametrize("scales", [1, 2, 3])
def test_widths_and_couplings_of_each_scale(scales):
    asked = []

    def record(read, made, scale, mask):
        asked.append((scale, read, made, mask is not None))
        return nn.Identity()

    multi_scale(3, scales, record)
    for scale in range(scales):
        c = 3 * 2**scale
        checkerboards = [each for each in asked if each[0] == scale and each[3]]
        channels = [each for each in asked if each[0] == scale and not each[3]]
        last = scale == scales - 1
        assert checkerboards == [(scale, c, 2 * c, True)] * (4 if last else 3)
        assert channels == ([] if last else [(scale, 2 * c, 4 * c, False)] * 3)


def test_what_a_scale_puts_out_no_later_scale_touches():
    """Change the last scale alone: the pixels of odd sum keep their latents."""
    made, x = flow(1, 2), torch.randn(2, 1, 4, 4).double()
    before = made(x)[0]
    with torch.no_grad():
        for parameter in made.rest.parameters():
            parameter.add_(0.3)
    moved = (made(x)[0] - before).abs().amax((0, 1)) > 0
    rows, columns = torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")
    assert torch.equal(moved, (rows + columns) % 2 == 0)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 4, 4), (2, 6, 4), (1, 7, 7)])
def test_order_from_coarse_to_fine_is_undone(shape):
    z = torch.randn(2, *shape)
    assert torch.equal(from_coarse(to_coarse(z), shape), z)


def test_the_coarsest_half_is_what_went_on():
    z = torch.arange(16.0).view(1, 1, 4, 4)
    flat = to_coarse(z)[0].tolist()
    assert sorted(flat[:8]) == [0, 2, 5, 7, 8, 10, 13, 15]  # even sums of coordinates
    # of them, as a picture of 2 x 2 with two channels, the even sums again
    assert sorted(flat[:4]) == [0, 5, 10, 15]


def test_odd_sides_and_no_scale_are_refused():
    with pytest.raises(DataError, match="even sides, got 3 x 4"):
        flow(1, 2)(torch.zeros(1, 1, 3, 4).double())
    with pytest.raises(SettingError, match="at least one scale"):
        multi_scale(1, 0, network)
