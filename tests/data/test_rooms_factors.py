"""The factors: named, grouped, independent, and held to their ranges."""

import pytest
import torch

from gen_core.data.rooms_factors import FACTORS, GROUPS, check, indices, named, sample
from gen_core.errors import DataError


def test_groups_share_out_the_factors():
    columns = [column for group in GROUPS for column in indices(group)]
    assert sorted(columns) == list(range(len(FACTORS)))
    assert len({factor.name for factor in FACTORS}) == len(FACTORS)


def test_ranges_run_from_low_to_high():
    ends = torch.stack([torch.zeros(len(FACTORS)), torch.ones(len(FACTORS))])
    for factor in FACTORS:
        values = named(ends)[factor.name]
        assert values.shape == (2, 1, 1)
        assert values.flatten().tolist() == pytest.approx([factor.low, factor.high], abs=1e-12)


def test_factors_are_uniform_and_independent():
    n = 20_000
    drawn = sample(n, torch.Generator().manual_seed(0)).double()
    check(drawn)
    correlation = torch.corrcoef(drawn.T) - torch.eye(len(FACTORS))
    assert correlation.abs().max() < 5 / n**0.5
    for column, factor in zip(drawn.T, FACTORS, strict=True):
        law = 1 / 4 if factor.choices else 1 / 12
        assert column.mean() == pytest.approx(0.5, abs=5 * (law / n) ** 0.5)
        assert column.var() == pytest.approx(law, rel=0.05)


@pytest.mark.parametrize("name", ["corner", "sky"])
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_a_number_outside_of_its_range_is_refused(name, value):
    factors = torch.zeros(2, len(FACTORS))
    factors[1, [factor.name for factor in FACTORS].index(name)] = value
    with pytest.raises(DataError, match=f"a number from 0 to 1 as {name}, got {value:g}. Keep"):
        check(factors)


def test_other_refusals():
    with pytest.raises(DataError, match="an index from 0 to 1 as side, got 0.5. Keep"):
        check(torch.full((1, len(FACTORS)), 0.5))
    with pytest.raises(DataError, match=r"shape \(B, 20\), got \(20,\). Give"):
        check(torch.zeros(len(FACTORS)))
    with pytest.raises(DataError, match="geometry, palette, texture.*got 'sound'. Choose"):
        indices("sound")
