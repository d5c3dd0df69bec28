"""Variance components by hand and on data with known ones, and the law of total variance."""

import pytest
import torch

from gen_core.errors import DataError
from gen_core.evaluation.nested import alone, components, explained, variance_by_level

# Row means 2, 6 and 10, 14, then 4 and 12, then 8: steps of 1, of 2 and of 4.
TABLE = torch.tensor([[[1.0, 3.0], [5.0, 7.0]], [[9.0, 11.0], [13.0, 15.0]]])


def test_a_table_by_hand():
    """SS = 128, 32, 8 with 1, 2, 4 degrees of freedom; (128 - 16) / 4, (16 - 2) / 2 and 2."""
    assert components(TABLE).tolist() == [28.0, 7.0, 2.0]
    shares = explained(TABLE[..., None])[:, 0].tolist()
    assert shares == pytest.approx([28 / 37, 7 / 37, 2 / 37])
    maps = variance_by_level(TABLE[..., None, None, None]).flatten().tolist()
    assert maps == [16.0, 4.0, 1.0] and sum(maps) == TABLE.var(correction=0)
    unbiased = variance_by_level(TABLE[..., None, None, None], unbiased=True)
    assert unbiased.flatten().tolist() == [28.0, 7.0, 2.0]


def test_a_component_below_nothing_counts_as_nothing():
    """Equal means of the rows: MS = 0, 0, 8, so that (0 - 0) / 4, (0 - 8) / 2 and 8."""
    table = torch.tensor([2.0, -2.0]).expand(2, 2, 2)
    assert components(table).tolist() == [0.0, -4.0, 8.0]
    assert explained(table[..., None])[:, 0].tolist() == [0.0, 0.0, 1.0]


def gaussian(counts, components, seed):
    random = torch.Generator().manual_seed(seed)
    y = torch.zeros(counts, dtype=torch.float64)
    for level, component in enumerate(components):
        shape = [*counts[: level + 1], *[1] * (len(counts) - level - 1)]
        y = y + component**0.5 * torch.randn(shape, generator=random, dtype=torch.float64)
    return y


def standard_errors(counts, components):
    """Var MS = 2 (E MS)^2 / df, the mean squares being independent."""
    i, j, k = counts
    top, middle, pixel = components
    squares = [pixel + k * middle + j * k * top, pixel + k * middle, pixel]
    freedom = [i - 1, i * (j - 1), i * j * (k - 1)]
    variances = [2 * s**2 / f for s, f in zip(squares, freedom, strict=True)]
    return [
        (variances[0] + variances[1]) ** 0.5 / (j * k),
        (variances[1] + variances[2]) ** 0.5 / k,
        variances[2] ** 0.5,
    ]


@pytest.mark.parametrize("known", [(2.0, 0.5, 1.0), (0.0, 1.0, 0.2), (1.0, 0.0, 0.0001)])
@pytest.mark.parametrize("counts", [(300, 5, 4), (40, 2, 30)])
def test_known_components_of_gaussian_data(known, counts):
    y = gaussian(counts, known, seed=1)
    errors = standard_errors(counts, known)
    for found, component, error in zip(components(y), known, errors, strict=True):
        assert float(found) == pytest.approx(component, abs=5 * error)
    shares = explained(y[..., None])
    assert shares.min() >= 0 and float(shares.sum()) == pytest.approx(1)


def test_estimates_are_unbiased_where_few_samples_leave_much_to_chance():
    known = (1.0, 2.0, 3.0)
    random = torch.Generator().manual_seed(2)
    y = sum(
        component**0.5 * torch.randn(*shape, 20_000, generator=random)
        for component, shape in zip(known, [(3, 1, 1), (3, 2, 1), (3, 2, 2)], strict=True)
    )
    found = components(y)
    error = found.std(1) / 20_000**0.5
    assert ((found.mean(1) - torch.tensor(known)).abs() < 5 * error).all()


def test_any_number_of_levels():
    y = gaussian((60, 4, 3, 5), (1.0, 0.5, 2.0, 0.25), seed=3)
    four = components(y, levels=4)
    assert four.tolist() == pytest.approx([1.0, 0.5, 2.0, 0.25], abs=0.6)
    assert components(y[0], levels=3)[2] == pytest.approx(0.25, abs=0.15)
    assert components(y.flatten(0, 2), levels=2)[1] == pytest.approx(float(four[3]))


@pytest.mark.parametrize("level", [0, 1, 2])
def test_where_only_one_level_varies_it_explains_all(level):
    shape = [1, 1, 1]
    shape[level] = 6
    y = torch.randn(shape, generator=torch.Generator().manual_seed(level)).expand(6, 6, 6)
    assert explained(y[..., None])[:, 0].tolist() == torch.eye(3)[level].tolist()
    maps = variance_by_level(y[..., None, None, None]).flatten()
    assert (maps / maps.sum()).tolist() == pytest.approx(torch.eye(3)[level].tolist(), abs=1e-12)


def test_maps_sum_to_the_total_variance():
    random = torch.Generator().manual_seed(4)
    pictures = torch.rand(3, 4, 5, 3, 8, 6, generator=random)
    maps = variance_by_level(pictures)
    total = pictures.double().flatten(0, 2).var(0, correction=0).mean(0)
    assert maps.shape == (3, 8, 6) and maps.min() >= 0
    assert torch.allclose(maps.sum(0), total, rtol=1e-12)


def test_population_maps_show_what_few_samples_leave():
    """With pixel noise alone E of the middle's map is s_c^2 (J - 1) / (J K), here 2 / 12."""
    random = torch.Generator().manual_seed(5)
    noise = torch.randn(6, 3, 4, 3, 40, 40, generator=random)
    middle = float(variance_by_level(noise)[1].mean())
    assert middle == pytest.approx(2 / 12, rel=0.03)
    # clipping leaves the positive half of an estimate around nothing
    assert float(variance_by_level(noise, unbiased=True)[1].mean()) < 0.05


def test_alone_is_the_share_without_interactions_and_more_with():
    random = torch.Generator().manual_seed(6)
    held = 2 * torch.randn(500, 1, 1, generator=random)
    varied = held + torch.randn(500, 20, 1, generator=random)
    free = 2 * torch.randn(20_000, 1, generator=random) + torch.randn(20_000, 1, generator=random)
    assert float(alone(varied, free)) == pytest.approx(1 / 5, rel=0.05)
    product = held * torch.randn(500, 20, 1, generator=random)
    both = 2 * torch.randn(20_000, 1, generator=random) * torch.randn(20_000, 1, generator=random)
    assert float(alone(product, both)) == pytest.approx(1, rel=0.2)


def test_nothing_varies():
    assert explained(torch.ones(2, 2, 2, 1)).isnan().all()
    assert alone(torch.ones(2, 2, 1), torch.ones(2, 1)).isnan().all()


def test_refusals():
    with pytest.raises(DataError, match="3 levels with at least 2 noises each.*got .2, 1, 4, 5"):
        explained(torch.zeros(2, 1, 4, 5))
    with pytest.raises(DataError, match="then 3 axes, got .2, 2, 2, 8, 8.*Draw more"):
        variance_by_level(torch.zeros(2, 2, 2, 8, 8))
    with pytest.raises(DataError, match=r"got \(3, 1, 4\) and \(9, 4\). Draw"):
        alone(torch.zeros(3, 1, 4), torch.zeros(9, 4))
