"""W1 against closed forms, its bias, and the floor that has the same bias."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gen_core.data.toy2d import dataset, names
from gen_core.errors import DataError
from gen_core.evaluation import transport


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(n, seed):
    return torch.randn(n, 2, generator=seeded(seed))


def test_a_translation_costs_its_length():
    """The mean moves by |t| and no coupling beats that (Jensen), so W1 = |t| exactly."""
    x = normal(150, 1)
    order = torch.randperm(150, generator=seeded(2))
    assert transport.w1(x, (x + torch.tensor([0.3, -0.4]))[order]) == pytest.approx(0.5, abs=1e-6)


def test_on_a_line_the_sorted_pairing_is_optimal():
    a, b = normal(200, 3)[:, 0], 0.5 * normal(200, 4)[:, 0] + 1.0
    direction = torch.tensor([0.6, 0.8])
    expected = float((a.sort().values - b.sort().values).abs().mean())
    value = transport.w1(a[:, None] * direction, b[:, None] * direction)
    assert value == pytest.approx(expected, abs=1e-6)


def test_scaling_about_the_origin():
    """x -> s x is the gradient of a convex function, and optimal on a ray: W1 = (s-1) E|x|."""
    x = normal(100, 5)[:, :1].abs() * torch.tensor([[0.6, 0.8]])
    assert transport.w1(x, 3 * x) == pytest.approx(2 * float(x.norm(dim=1).mean()), abs=1e-5)


def test_against_all_pairings_of_six_points():
    x, y = normal(6, 6), normal(6, 7)
    cost = torch.cdist(x.double(), y.double())
    rows = torch.arange(6)
    best = min(float(cost[rows, list(p)].mean()) for p in itertools.permutations(range(6)))
    assert transport.w1(x, y) == pytest.approx(best, abs=1e-9)


def test_metric_laws():
    x, y, z = normal(80, 8), 2 * normal(80, 9), normal(80, 10) + 1
    assert transport.w1(x, x[torch.randperm(80, generator=seeded())]) == pytest.approx(
        0.0, abs=1e-9
    )
    assert transport.w1(x, y) == pytest.approx(transport.w1(y, x), abs=1e-9)
    assert transport.w1(x, z) <= transport.w1(x, y) + transport.w1(y, z)


def test_noise_of_the_fixed_generator_stays_under_its_bound():
    """W1(real, real + N(0, I)) <= E |N(0, I)| = sqrt(pi / 2)."""
    x = dataset("8gaussians").batch(400, seeded(11))
    noise = normal(400, 12)
    assert transport.w1(x, x + noise) <= float(noise.norm(dim=1).mean())
    assert float(noise.norm(dim=1).mean()) == pytest.approx(math.sqrt(math.pi / 2), rel=0.1)


def test_a_coupling_by_hand():
    """Two on each side of a street: 1 and 3 across, where along it would be 5 and 5.8."""
    x = torch.tensor([[0.0, 0.0], [5.0, 0.0]])
    found = transport.coupling(x, torch.tensor([[5.0, 1.0], [0.0, 3.0]]))
    assert found.partner.tolist() == [1, 0] and found.distance == 2.0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10_000), st.sampled_from([1, 3]))
def test_a_coupling_is_a_pairing_of_least_cost(n, seed, grid):
    """It is a permutation, costs W1, and no other pairing costs less; ties on a grid or none."""
    x, y = normal(n, seed), normal(n, seed + 1)
    if grid > 1:
        x, y = (x * grid).round() / grid, (y * grid).round() / grid
    found = transport.coupling(x, y)
    cost = torch.cdist(x.double(), y.double(), compute_mode="donot_use_mm_for_euclid_dist")
    assert sorted(found.partner.tolist()) == list(range(n))
    mine = cost[torch.arange(n), torch.from_numpy(found.partner)].mean()
    assert found.distance == pytest.approx(float(mine), abs=1e-9)
    assert found.distance == pytest.approx(transport.w1(x, y), abs=1e-9)
    for other in range(5):
        order = torch.randperm(n, generator=seeded(other))
        assert found.distance <= float(cost[torch.arange(n), order].mean()) + 1e-9


def test_a_coupling_is_of_sets():
    """Shuffled, every point still finds the same partner."""
    x, y = normal(120, 24), normal(120, 25) + 0.5
    order = torch.randperm(120, generator=seeded(26))
    straight, shuffled = transport.coupling(x, y), transport.coupling(x, y[order])
    assert torch.equal(y[straight.partner], y[order][shuffled.partner])
    assert shuffled.distance == pytest.approx(straight.distance, abs=1e-12)


def test_steps_are_the_running_mean_of_blocks():
    x, y = normal(330, 13), normal(330, 14) + 1
    by_hand = [transport.w1(x[i : i + 100], y[i : i + 100]) for i in (0, 100, 200)]
    steps = list(transport.w1_steps(x, y, block=100))
    assert [step.done for step in steps] == [1, 2, 3]
    assert [step.progress for step in steps] == pytest.approx([1 / 3, 2 / 3, 1.0])
    for i, step in enumerate(steps, start=1):
        assert step.value == pytest.approx(sum(by_hand[:i]) / i)
    spread = float(torch.tensor(by_hand).std()) / math.sqrt(3)
    assert steps[0].deviation == 0.0 and steps[-1].deviation == pytest.approx(spread, rel=1e-5)


def test_a_small_sample_is_one_block():
    x, y = normal(30, 15), normal(30, 16)
    (only,) = transport.w1_steps(x, y)
    assert only.value == pytest.approx(transport.w1(x, y)) and only.progress == 1.0


def test_small_samples_are_biased_upwards_and_the_floor_alike():
    """Two samples of one law are far from 0, the further the fewer points; the floor says so."""
    source = dataset("8gaussians")
    few = transport.floor(source, seeded(17), block=50, blocks=20)
    many = transport.floor(source, seeded(18), block=200, blocks=20)
    assert 0.1 < many.value < few.value - 3 * few.deviation


@pytest.mark.parametrize("name", names())
def test_a_perfect_generator_scores_the_floor(name):
    source = dataset(name)
    floor = transport.floor(source, seeded(19))
    pair = source.batch(4000, seeded(20))
    *_, perfect = transport.w1_steps(pair[:2000], pair[2000:])
    error = math.hypot(floor.deviation, perfect.deviation)
    assert abs(perfect.value - floor.value) < 4 * error
    *_, shifted = transport.w1_steps(pair[:2000], pair[2000:] + torch.tensor([0.3, 0.0]))
    assert shifted.value > floor.value + 4 * error


def test_the_floor_is_reproducible_and_in_slices():
    source = dataset("moons")
    steps = list(transport.floor_steps(source, seeded(21), block=40, blocks=5))
    assert [step.done for step in steps] == [1, 2, 3, 4, 5]
    assert transport.floor(source, seeded(21), block=40, blocks=5) == steps[-1]


def test_the_callers_tensors_are_left_alone():
    x = normal(20, 22).requires_grad_()
    before = x.detach().clone()
    transport.w1(x, normal(20, 23))
    assert torch.equal(x.detach(), before) and x.grad is None


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (torch.zeros(3, 2), torch.zeros(4, 2), r"one shape \(N, D\), got \(3, 2\) and \(4, 2\)"),
        (torch.zeros(0, 2), torch.zeros(0, 2), r"got \(0, 2\)"),
        (torch.zeros(3), torch.zeros(3), r"got \(3,\)"),
        (
            torch.zeros(3, 2),
            torch.full((3, 2), math.nan),
            "infinity in the second sample. Go back",
        ),
        (torch.full((3, 2), math.inf), torch.zeros(3, 2), "infinity in the first sample"),
    ],
)
def test_bad_samples_are_named(x, y, message):
    with pytest.raises(DataError, match=message):
        transport.w1(x, y)
    with pytest.raises(DataError, match=message):
        next(transport.w1_steps(x, y))
    with pytest.raises(DataError, match=message):
        transport.coupling(x, y)


def test_preparing_the_solver_twice_is_harmless_and_ends():
    transport.prepare()
    transport.prepare()
    assert transport.w1(torch.zeros(2, 2), torch.ones(2, 2)) == pytest.approx(2**0.5)
    assert not transport.preparing()
