"""The masked gated residual net: order by gradient, its groups, cached = whole, by hand."""

import pytest
import torch

from gen_core.distributions import Bernoulli
from gen_core.errors import SettingError
from gen_core.nn.decoder import Decoder
from gen_core.nn.masked_residual import MaskedResidualNet
from gen_core.sampling.ancestral import ancestral, finish
from gen_core.sampling.cached import cached, raw_outputs
from tests.nn.pixel_nets import SIDE, before, heard


def net(channels=3, outputs=1, maps=6, kernels=(3, 3), norm=True) -> MaskedResidualNet:
    made = MaskedResidualNet(
        channels, channels * outputs, 6, kernels, 3, maps, channels, weight_norm=norm
    ).double()
    for parameter in made.parameters():
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, 1.0, 0.1)
    return made


@pytest.mark.parametrize("channels", [1, 3])
def test_an_output_hears_of_nothing_that_comes_later(channels):
    made = net(channels, maps=0)
    for c in range(channels):
        for i in range(SIDE):
            for j in range(SIDE):
                found = heard(made, (c, i, j), channels)
                assert not (found & ~before(c, i, j, channels)).any(), (c, i, j)


def test_it_hears_of_the_neighbours_and_of_earlier_colours():
    found = heard(net(maps=0), (1, 3, 3), 3)
    assert found[0, 3, 3] and not found[1:, 3, 3].any()
    assert found[:, 3, 2].all() and found[:, 2, :5].all()


def test_the_law_sees_a_broken_mask():
    made = net(maps=0)
    made.first.mask[:, :, -1, 1] = 1
    assert (heard(made, (0, 3, 3), 3) & ~before(0, 3, 3, 3)).any()


def test_maps_first_would_shift_the_groups_and_leak():
    """One map too many before the picture's: red then reads what belongs to green."""
    made = net(maps=0)
    with torch.no_grad():  # as if the concatenation had begun with one map of the latents
        made.first.weight.copy_(made.first.weight.roll(1, 0))
        made.first.mask.copy_(made.first.mask.roll(1, 0))
    assert (heard(made, (0, 3, 3), 3) & ~before(0, 3, 3, 3)).any()


def test_maps_at_the_centre_are_shared_out_among_the_colours():
    """Red hears of every third map at its own place, blue of all; elsewhere both hear of all."""
    made = net(kernels=(1,))
    maps = torch.randn(10, 6, SIDE, SIDE, dtype=torch.double, requires_grad=True)
    raw = made(torch.randn(10, 3, SIDE, SIDE).double(), None, maps)
    for colour, expected in ((0, [0, 3]), (1, [0, 1, 3, 4]), (2, list(range(6)))):
        (grad,) = torch.autograd.grad(raw[:, colour, 3, 3].sum(), maps, retain_graph=True)
        seen = grad.abs().sum(0) > 0
        assert seen[:, 3, 3].nonzero().flatten().tolist() == expected
        assert seen.sum() == len(expected), "a 1 x 1 block looks nowhere else"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kernels", [(3, 3), (3, 1), ()])
@pytest.mark.parametrize("norm", [True, False])
def test_cached_is_ancestral(channels, kernels, norm):
    made = net(channels, kernels=kernels, norm=norm)
    maps = torch.randn(3, 6, 5, 4, dtype=torch.double)
    model = Decoder(made, Bernoulli, (channels, 5, 4), channels, lambda x: 2 * x - 1, maps=maps)
    uniforms = torch.rand(3, *model.shape, dtype=torch.double)
    plain = finish(ancestral(model, uniforms))
    assert torch.equal(finish(cached(model, uniforms)), plain) and 0 < plain.mean() < 1


def test_cached_outputs_are_the_nets_own_in_single_precision():
    made = net(outputs=4).float()
    maps, x = torch.randn(3, 6, 5, 4), torch.rand(3, 3, 5, 4)
    model = Decoder(made, Bernoulli, (3, 5, 4), 3, maps=maps)
    with torch.no_grad():
        torch.testing.assert_close(raw_outputs(model, x), made(x, None, maps), atol=1e-5, rtol=0)


def test_every_parameter_learns():
    made = net(outputs=2)
    x, maps = torch.randn(3, 3, SIDE, SIDE).double(), torch.randn(3, 6, SIDE, SIDE).double()
    made(x, None, maps).square().sum().backward()
    silent = [
        n for n, p in made.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0
    ]
    assert silent == []


def test_a_block_by_hand():
    """1 x 1, one map, all weights 1: x + sigmoid(elu x) tanh(elu x)."""
    made = MaskedResidualNet(1, 1, 1, (1,), 3, weight_norm=False).blocks[0]
    for parameter in made.parameters():
        torch.nn.init.constant_(parameter, 1.0 if parameter.ndim > 1 else 0.0)
    x = torch.tensor([0.7, -0.4]).view(2, 1, 1, 1)
    e = torch.tensor([0.7, -0.3296800]).view(2, 1, 1, 1)  # exp(-0.4) - 1
    torch.testing.assert_close(made(x), x + e.sigmoid() * e.tanh())


def test_latent_maps_are_halved():
    made = MaskedResidualNet(1, 1, 1, (), 3, maps_dim=1, weight_norm=False)
    for parameter in made.parameters():
        torch.nn.init.constant_(parameter, 1.0 if parameter.ndim > 1 else 0.0)
    found = made(torch.zeros(1, 1, 1, 1), None, torch.full((1, 1, 1, 1), 3.0))
    assert found.item() == 1.5


def test_what_does_not_fit_is_refused():
    with pytest.raises(SettingError, match="3 colours share, got 6 and 4"):
        MaskedResidualNet(3, 3, 6, maps_dim=4, colours=3)
    with pytest.raises(SettingError, match="no conditioning vector"):
        net()(torch.zeros(1, 3, 4, 4).double(), torch.zeros(1, 2).double())
