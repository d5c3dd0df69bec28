"""Flows as densities: they integrate to one, walk there and back, and refuse what has no parts."""

import math

import pytest
import torch

from gen_core.errors import SettingError
from gen_core.models.planar import PlanarFlow
from gen_core.models.realnvp import VectorRealNvp
from tests.bijections.laws import randomized

FLOWS = {
    "realnvp": lambda: randomized(VectorRealNvp(couplings=4, width=8), 0.4),
    "realnvp, normalised": lambda: randomized(
        VectorRealNvp(couplings=4, width=8, norm="batch"), 0.4
    ),
    "planar": lambda: randomized(PlanarFlow(steps=6), 0.8),
    "radial": lambda: randomized(PlanarFlow(steps=6, kind="radial"), 0.8),
}


@pytest.mark.parametrize("name", FLOWS)
def test_the_density_integrates_to_one(name):
    flow = FLOWS[name]()
    x = flow.sample(torch.randn(2000, 2).double()).detach()
    low, high = x.amin(0) - 3, x.amax(0) + 3
    axes = [
        torch.linspace(a, b, 900).double()
        for a, b in zip(low.tolist(), high.tolist(), strict=True)
    ]
    cell = math.prod((axis[1] - axis[0]).item() for axis in axes)
    with torch.no_grad():
        total = flow.log_prob(torch.cartesian_prod(*axes)).exp().sum().item() * cell
    assert total == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", FLOWS)
def test_samples_follow_the_density(name):
    """E[-log p(x)] of samples is the entropy that the change of variables gives."""
    flow, z = FLOWS[name](), torch.randn(20_000, 2).double()
    with torch.no_grad():
        x = flow.sample(z)
        log_p = flow.log_prob(x)
        torch.testing.assert_close(flow.layers(x)[0], z, rtol=0, atol=1e-6)
        expected = flow.log_prior(z) - flow.layers.inverse(z)[1]
    torch.testing.assert_close(log_p, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", FLOWS)
def test_stages_lead_from_data_to_latents_and_the_inverse_ones_back(name):
    flow, x = FLOWS[name](), torch.randn(5, 2).double()
    there = list(flow.stages(x))
    z, log_det = flow.layers(x)
    assert len(there) == len(flow.layers.maps) + 1 and torch.equal(there[0][0], x)
    torch.testing.assert_close(there[-1][0], z)
    torch.testing.assert_close(there[-1][1], log_det)
    back = list(flow.inverse_stages(z))
    for (a, before), (b, after) in zip(there, reversed(back), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)
        torch.testing.assert_close(before, log_det + after, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", FLOWS)
def test_every_parameter_learns(name):
    flow = FLOWS[name]()
    flow.log_prob(torch.randn(8, 2).double()).sum().backward()
    for key, parameter in flow.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, key


def test_what_cannot_be_built_is_refused():
    with pytest.raises(SettingError, match="at least two dimensions"):
        VectorRealNvp(1)
    with pytest.raises(SettingError, match="planar, radial"):
        PlanarFlow(kind="conical")
