"""Laws of the toy distributions: scales, densities, and randomness from the generator alone."""

import math

import pytest
import torch

from gen_core.data.toy2d import dataset, names
from gen_core.errors import DataError

N = 100_000


def draw(name, n=N, seed=3):
    return dataset(name).batch(n, torch.Generator().manual_seed(seed))


def grid(n, width=3.0):
    """Cell centres, so that no point lies on the edge of a square of the checkerboard."""
    step = 2 * width / n
    axis = torch.arange(n, dtype=torch.float64) * step - width + step / 2
    return torch.cartesian_prod(axis, axis), step**2


WITH_DENSITY = [name for name in names() if name != "line"]


@pytest.fixture(scope="module", params=WITH_DENSITY)
def on_grid(request):
    """Log-density on a fine grid, shared by the tests that integrate."""
    # A midpoint sum of Gaussians is exact once its step is shorter than they are wide.
    points, cell = grid(1200 if "gaussians" in request.param else 312)
    log_p = torch.cat([dataset(request.param).log_density(x) for x in points.split(100_000)])
    return request.param, log_p, cell


def test_density_integrates_to_one(on_grid):
    _, log_p, cell = on_grid
    assert float(log_p.exp().sum() * cell) == pytest.approx(1.0, abs=1e-3)


def test_samples_agree_with_density(on_grid):
    """The samples' mean log-density is minus the entropy, as the grid (and the formula) has it."""
    name, log_p, cell = on_grid
    finite = log_p[log_p > -700]
    entropy = -float((finite.exp() * finite).sum() * cell)
    values = dataset(name).log_density(draw(name, 20_000).double())
    tolerance = 5 * float(values.std()) / math.sqrt(20_000) + 1e-3
    assert -float(values.mean()) == pytest.approx(entropy, abs=tolerance)
    assert dataset(name).entropy == pytest.approx(entropy, abs=1e-3)


def test_a_line_has_no_density_and_no_entropy():
    assert dataset("line").entropy is None
    assert dataset("line").log_density(draw("line", 3)) is None


def test_samples_fill_cells_as_the_density_says(on_grid):
    """Counts in quarter-unit cells against the integrated density: a chi-square over cells."""
    name, log_p, cell = on_grid
    part = math.isqrt(len(log_p)) // 24
    expected = log_p.exp().view(24, part, 24, part).sum((1, 3)) * cell * N
    where = ((draw(name) + 3.0) / 0.25).floor().long().clamp(0, 23)
    counts = torch.bincount(where[:, 0] * 24 + where[:, 1], minlength=576).view(24, 24)
    full = expected > 50
    chi_square = float(((counts - expected)[full].square() / expected[full]).sum())
    cells = int(full.sum())
    assert chi_square < cells + 5 * math.sqrt(2 * cells)
    assert float(counts[full].sum()) > 0.9 * N


@pytest.mark.parametrize("name", WITH_DENSITY)
def test_density_in_float32_and_elsewhere_agree(name):
    x = draw(name, 500)
    single, double = dataset(name).log_density(x), dataset(name).log_density(x.double())
    assert single.shape == (500,) and single.dtype == torch.float32
    assert torch.allclose(single.double(), double, atol=2e-2)
    assert dataset(name).log_density(x[:0]).shape == (0,)


@pytest.mark.parametrize("name", names())
def test_the_generator_alone_decides(name):
    torch.manual_seed(1)
    first = draw(name, 256, seed=11)
    before = torch.get_rng_state()
    torch.manual_seed(2)
    again = draw(name, 256, seed=11)
    assert first.dtype == torch.float32 and first.shape == (256, 2)
    assert torch.equal(first, again)
    assert not torch.equal(first, draw(name, 256, seed=12))
    torch.set_rng_state(before)
    draw(name, 8)
    assert torch.equal(torch.get_rng_state(), before), "the global generator was touched"


@pytest.mark.parametrize("name", names())
def test_a_batch_goes_on_from_where_the_generator_stands(name):
    generator = torch.Generator().manual_seed(5)
    first, second = (dataset(name).batch(64, generator) for _ in range(2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("name", names())
def test_a_batch_is_the_callers_own(name):
    """Writing into a batch must not change the data set."""
    batch = draw(name, 64)
    expected = batch.clone()
    batch.fill_(9.0)
    assert torch.equal(draw(name, 64), expected)


@pytest.mark.parametrize("name", names())
def test_the_plot_range_holds_the_data(name):
    x0, x1, y0, y1 = dataset(name).extent
    x, y = draw(name).unbind(1)
    inside = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    assert float(inside.float().mean()) > 0.999


@pytest.mark.parametrize(
    ("name", "sd_x", "sd_y", "mean_x", "mean_y"),
    [
        ("8gaussians", 1.00, 1.00, 0.0, 0.0),
        ("25gaussians", 1.00, 1.00, 0.0, 0.0),
        ("swissroll", 0.88, 0.93, 0.27, 0.03),
        ("checkerboard", 1.155, 1.155, 0.0, 0.0),
        ("moons", 0.872, 0.504, 0.0, 0.15),
        ("rings", 0.728, 0.728, 0.0, 0.0),
    ],
)
def test_scales(name, sd_x, sd_y, mean_x, mean_y):
    x = draw(name)
    assert x.std(0).tolist() == pytest.approx([sd_x, sd_y], abs=0.01)
    assert x.mean(0).tolist() == pytest.approx([mean_x, mean_y], abs=0.015)


@pytest.mark.parametrize(
    ("name", "std", "radius"), [("8gaussians", 0.01414, 1.4144), ("25gaussians", 0.01768, 2.0002)]
)
def test_mixtures_are_those_of_the_paper(name, std, radius):
    source = dataset(name)
    assert source.mode_std == pytest.approx(std, rel=1e-3)
    assert float(source.modes.norm(dim=1).max()) == pytest.approx(radius, rel=1e-3)
    distance = torch.cdist(draw(name), source.modes)
    nearest, which = distance.min(1)
    spread = float(nearest.square().mean().div(2).sqrt())
    assert spread == pytest.approx(std, rel=0.01)
    share = torch.bincount(which, minlength=len(source.modes)) / N
    assert torch.allclose(share, torch.full_like(share, 1 / len(source.modes)), atol=0.004)


def test_grid_spacing_and_swiss_roll_radii():
    assert float(torch.pdist(dataset("25gaussians").modes).min()) == pytest.approx(
        0.7072, abs=1e-3
    )
    radius = draw("swissroll").norm(dim=1)
    assert float(radius.quantile(0.01)) == pytest.approx(0.63, abs=0.05)
    assert float(radius.quantile(0.99)) == pytest.approx(1.88, abs=0.05)


def test_a_line_fills_no_area():
    points = draw("line")
    assert (points[:, 0] == 0).all() and dataset("line").log_density(points) is None
    counts = torch.histc(points[:, 1], bins=20, min=0, max=1)
    chi_square = float((counts - N / 20).square().sum() / (N / 20))
    assert counts.sum() == N and chi_square < 19 + 5 * math.sqrt(2 * 19), "U[0, 1]"


def test_rings_density_is_the_same_all_around():
    angle = torch.linspace(0, 2 * math.pi, 50, dtype=torch.float64)
    circle = torch.stack((angle.cos(), angle.sin()), 1) * 0.75
    values = dataset("rings").log_density(circle)
    assert float(values.max() - values.min()) < 1e-9


def test_unknown_name_is_a_sentence():
    with pytest.raises(DataError, match=r"Expected one of the data sets 8gaussians, .*got 'rong'"):
        dataset("rong")


def test_the_same_object_each_time():
    assert dataset("moons") is dataset("moons")
