"""Laws of paths: they meet their anchors, keep a norm, and move at the speed asked for."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gen_core.errors import DataError
from gen_core.exploration.paths import PATHS, path_weights, shares_of_leg

WAYS = [
    (kind, closed, even) for kind in PATHS for closed in (False, True) for even in (False, True)
]


def anchors(count, *shape, seed=0):
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(seed)).double()


def leg(a, b, kind, n=21):
    """Points from a to b."""
    shares = shares_of_leg(a, b, kind, torch.linspace(0, 1, n, dtype=torch.float64))
    return shares @ torch.stack((a, b))


@pytest.mark.parametrize(("kind", "closed", "even"), WAYS)
@settings(deadline=None, max_examples=25)
@given(count=st.integers(2, 6), more=st.integers(0, 20), dims=st.integers(2, 40))
def test_a_path_meets_every_anchor_once_and_in_order(kind, closed, even, count, more, dims):
    steps = count + more
    weights = path_weights(anchors(count, dims), kind, steps, closed=closed, even=even)
    met = [(weights == row).all(1).nonzero().flatten().tolist() for row in torch.eye(count)]
    assert weights.shape == (steps, count)
    assert all(len(each) == 1 for each in met)
    assert met == sorted(met)
    assert met[0] == [0]
    assert closed or met[-1] == [steps - 1]


@settings(deadline=None)
@given(dims=st.integers(2, 60), seed=st.integers(0, 99))
def test_slerp_keeps_a_norm_that_its_ends_share(dims, seed):
    a, b = anchors(2, dims, seed=seed)
    if (a / a.norm() + b / b.norm()).norm() < 1e-3:
        return
    z = leg(a * 3 / a.norm(), b * 3 / b.norm(), "spherical")
    torch.testing.assert_close(z.norm(dim=1), torch.full((21,), 3.0).double())


def test_slerp_goes_between_unlike_norms_straight():
    a, b = torch.tensor([2.0, 0.0]).double(), torch.tensor([-4.0, 0.1]).double()
    norms = leg(a, b, "spherical").norm(dim=1)
    expected = torch.lerp(a.norm(), b.norm(), torch.linspace(0, 1, 21).double())
    torch.testing.assert_close(norms, expected)


def test_slerp_turns_by_equal_angles():
    z = leg(*torch.eye(2, dtype=torch.float64), "spherical", 4)
    angles = torch.atan2(z[:, 1], z[:, 0]).rad2deg()
    torch.testing.assert_close(angles, torch.tensor([0.0, 30.0, 60.0, 90.0]).double())


def test_slerp_is_the_published_formula_where_norms_agree():
    a, b = (each / each.norm() for each in anchors(2, 7))
    omega = math.acos(float(a @ b))
    t = torch.linspace(0, 1, 21).double()[:, None]
    white = ((1 - t) * omega).sin() / math.sin(omega) * a + (t * omega).sin() / math.sin(omega) * b
    torch.testing.assert_close(leg(a, b, "spherical"), white)


def test_the_shell_is_reached_and_kept_in_the_middle_half():
    a, b = anchors(2, 100)
    radii = leg(0.2 * a, 3 * b, "shell", 41).norm(dim=1)
    torch.testing.assert_close(radii[10:31], torch.full((21,), 10.0).double())
    torch.testing.assert_close(radii[[0, -1]], torch.stack((0.2 * a.norm(), 3 * b.norm())))
    assert (radii.diff()[:10] > 0).all()


def test_the_straight_path_between_two_draws_leaves_the_shell():
    a, b = anchors(2, 10_000)
    z = leg(a, b, "linear")
    assert float(z[10].norm() / 100) == pytest.approx(math.sqrt(0.5), abs=0.03)


@pytest.mark.parametrize("kind", ["spherical", "shell"])
def test_equal_ends_and_the_origin_have_a_straight_path(kind):
    a, b = anchors(2, 5)
    torch.testing.assert_close(leg(a, a.clone(), "spherical"), a.expand(21, -1))
    torch.testing.assert_close(leg(a, 2 * a, "spherical"), leg(a, 2 * a, "linear"))
    torch.testing.assert_close(leg(torch.zeros(5).double(), b, kind), leg(0 * b, b, "linear"))
    assert leg(a, a.clone(), kind).isfinite().all()


@pytest.mark.parametrize("kind", ["spherical", "shell"])
def test_opposite_ends_are_refused_unless_the_path_is_straight(kind):
    a = anchors(1, 5)[0]
    with pytest.raises(DataError, match=r"opposite each other.*180\.00°.*go straight"):
        path_weights(torch.stack((a, -2 * a)), kind, 9)
    assert path_weights(torch.stack((a, -2 * a)), "linear", 9).isfinite().all()


@pytest.mark.parametrize("kind", PATHS)
def test_even_steps_are_of_one_length_on_every_leg(kind):
    corners = torch.tensor([[3.0, 0.0], [0.0, 3.0], [-9.0, 0.0]]).double()
    weights = path_weights(corners, kind, 200)
    lengths = (weights @ corners).diff(dim=0).norm(dim=1)
    assert float(lengths.max() / lengths.min()) < 1.2
    per_leg = path_weights(corners, kind, 201, even=False)
    assert (per_leg == torch.eye(3)[1]).all(1).nonzero().item() == 100


def test_a_closed_path_does_not_repeat_its_first_point():
    weights = path_weights(torch.eye(3), "linear", 3, closed=True)
    assert torch.equal(weights, torch.eye(3).double())
    last = path_weights(torch.eye(3), "linear", 6, closed=True)[-1]
    torch.testing.assert_close(last, torch.tensor([0.5, 0.0, 0.5]).double())


def test_codes_of_any_shape_have_paths():
    maps = anchors(3, 2, 4, 4)
    assert torch.equal(path_weights(maps, "shell", 9), path_weights(maps.flatten(1), "shell", 9))


@pytest.mark.parametrize(
    ("count", "steps", "sentence"),
    [
        (1, 5, "Expected two anchors or more, got 1"),
        (4, 3, r"at least as many steps .*\(4\), got 3"),
    ],
)
def test_too_little_is_refused(count, steps, sentence):
    with pytest.raises(DataError, match=sentence):
        path_weights(anchors(count, 3), "linear", steps)
