"""Planar and radial maps: by hand, at their limits, and inverted to the digits that there are."""

import math

import pytest
import torch

from gen_core.bijections.planar import (
    Planar,
    Radial,
    invertible_pull,
    invertible_push,
    solve_along,
)


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def planar(w, u, b):
    made = Planar(len(w)).double()
    with torch.no_grad():
        made.w.copy_(double([w]))
        made.u.copy_(double([u]).t())
        made.b.fill_(b)
    return made


def test_a_planar_map_by_hand():
    """w.u = ln(e - 1), where m is 0: u^ = (0, 2); h(0.5) = 0.462117."""
    made = planar([1.0, 0.0], [math.log(math.e - 1), 2.0], 0.0)
    z, log_det = made(double([[0.5, 3.0]]))
    torch.testing.assert_close(z, double([[0.5, 3.924234]]))
    assert log_det.item() == pytest.approx(0.0, abs=1e-12)


def test_a_radial_map_by_hand():
    """alpha = 1, beta^ = -1 + ln(1 + e^2) = 1.126928; r = 5, h = 1/6."""
    made = Radial(2).double()
    with torch.no_grad():
        made.centre.zero_()
        made.log_alpha.zero_()
        made.beta.fill_(2.0)
    z, log_det = made(double([[3.0, 4.0]]))
    torch.testing.assert_close(z, double([[3.0, 4.0]]) * (1 + 1.126928 / 6))
    expected = math.log(1 + 1.126928 / 6) + math.log(1 + 1.126928 / 36)
    assert log_det.item() == pytest.approx(expected, abs=1e-6)


def test_any_numbers_are_made_invertible():
    """Along w the push ends above -1, across w it stays."""
    w, u = torch.randn(2, 1000, 3).double() * 4
    pushed, steep = invertible_push(w, u)
    assert (steep > 0).all() and steep.min() < 1e-20
    torch.testing.assert_close((w * pushed).sum(1), steep - 1)
    moved, length = u - pushed, w.norm(dim=1, keepdim=True)
    along = (moved * w).sum(1, keepdim=True) / length
    torch.testing.assert_close(moved, along * w / length)
    alpha, beta = torch.randn(2, 1000).double() * 4
    assert (invertible_pull(alpha.exp(), beta) > -alpha.exp()).all()


def test_a_planar_map_without_direction_is_a_shift():
    z, log_det = planar([0.0, 0.0], [1.0, 2.0], 0.5)(torch.zeros(1, 2).double())
    torch.testing.assert_close(z, double([[1.0, 2.0]]) * math.tanh(0.5))
    assert log_det.item() == 0


@pytest.mark.parametrize("along", [-30.0, -3.0, 0.0, 30.0])
def test_a_planar_map_is_inverted_along_any_push(along):
    """At -30 the map is flat to 1e-13 at its middle, and hardly invertible there."""
    made = planar([1.0, 0.5], [along, along / 2], 0.3)
    x = torch.randn(500, 2).double() * 3
    z, log_det = made(x)
    back, log_det_back = made.inverse(z)
    sure = log_det > math.log(1e-4)
    assert (back - x).abs().max() < 1e-4 and sure.float().mean() > 0.9
    assert (back - x)[sure].abs().max() < 1e-10
    torch.testing.assert_close(log_det_back[sure], -log_det[sure], rtol=0, atol=1e-6)


def test_bisection_finds_the_root_to_its_last_digits():
    target = torch.linspace(-20, 20, 801).double()
    for slope in (-0.999, -0.5, 0.0, 7.0, 200.0):
        a = solve_along(target, double(slope), double(0.7))
        assert (a + slope * (a + 0.7).tanh() - target).abs().max() < 1e-10, slope


@pytest.mark.parametrize("beta", [-30.0, 0.0, 5.0])
def test_a_radial_map_is_inverted_at_its_centre_and_far_away(beta):
    made = Radial(2).double()
    with torch.no_grad():
        made.beta.fill_(beta)
    away = double([[0.0, 0.0], [1e-9, 0.0], [0.3, -0.4], [1e6, 2e6]])
    z, log_det = made(made.centre + away)
    back, log_det_back = made.inverse(z)
    tolerance = 1e-6 if beta < -1 else 1e-9
    assert ((back - made.centre - away).abs() <= tolerance * (1 + away.abs())).all()
    torch.testing.assert_close(log_det_back[2:], -log_det[2:], rtol=0, atol=1e-6)
