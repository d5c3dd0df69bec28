"""Uploaded points are found again by the hash of their content, or missed with a sentence."""

import os

import pytest
import torch

from gen_core.data.home import home
from gen_core.data.points_csv import read_points
from gen_core.data.stored import keep, points_or_set
from gen_core.errors import DataError
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train


def csv(rows=50, salt=0):
    random = torch.Generator().manual_seed(salt)
    drawn = torch.randn(rows, 2, generator=random, dtype=torch.float64)
    return "\n".join(f"{x},{y}" for x, y in drawn.tolist()).encode()


def draw(source):
    return source.batch(64, torch.Generator().manual_seed(1))


def test_kept_points_come_back_bit_for_bit():
    points = read_points(csv())
    name = keep(points)
    again = points_or_set(name)
    assert name == f"points-{points.sha256[:16]}" and again.name == name
    assert torch.equal(again.raw, points.raw)
    assert torch.equal(draw(again), draw(points))
    assert points_or_set(name) is again, "read once"


def test_the_name_is_that_of_the_content():
    unix, windows = csv(), csv().replace(b"\n", b"\r\n")
    assert keep(read_points(unix)) == keep(read_points(windows))
    assert keep(read_points(csv(salt=1))) != keep(read_points(unix))


def test_keeping_twice_writes_once_and_leaves_nothing_partial():
    name = keep(read_points(csv(salt=2)))
    path = home() / "points" / f"{name}.csv"
    before = path.stat().st_mtime_ns
    keep(read_points(csv(salt=2)))
    assert path.stat().st_mtime_ns == before
    assert not list(path.parent.glob("*.partial"))


@pytest.fixture
def homeless(tmp_path):
    """A home that is a file."""
    before = os.environ["GEN_LAB_HOME"]
    os.environ["GEN_LAB_HOME"] = str(tmp_path / "file")
    (tmp_path / "file").touch()
    yield
    os.environ["GEN_LAB_HOME"] = before


def test_points_that_cannot_be_written_are_said(homeless):
    with pytest.raises(DataError, match="leave to keep the points, got .*GEN_LAB_HOME"):
        keep(read_points(csv(salt=6)))


@pytest.mark.parametrize("rows", [["1e-300,1e300", "0.1,0.30000000000000004"], ["-0.0,5e-324"]])
def test_extreme_numbers_survive_the_file(rows):
    data = "\n".join([*rows, "0,0", "1,1"]).encode()
    try:
        points = read_points(data)
    except DataError:
        return  # refused at the door is as good
    assert torch.equal(points_or_set(keep(points)).raw, points.raw)


@pytest.mark.parametrize("name", ["points-0123456789abcdef", "points-../../../etc/passwd",
                                  "points-", "points-0123456789ABCDEF"])  # fmt: skip
def test_points_that_are_not_here(name):
    with pytest.raises(DataError) as caught:
        points_or_set(name)
    assert str(caught.value) == (
        f"Expected points that were uploaded on this machine, got {name}, which is missing here. "
        "Upload the same file again, or choose another data set."
    )


def test_a_changed_file_is_refused():
    name = keep(read_points(csv(salt=3)))
    (home() / "points" / f"{name}.csv").write_bytes(csv(salt=4))
    with pytest.raises(DataError, match=f"Expected the points named {name}, got a changed file"):
        points_or_set(name)


def test_toy_sets_go_by_their_own_names():
    assert points_or_set("moons").name == "moons"
    with pytest.raises(DataError, match="one of the data sets"):
        points_or_set("suns")


def test_a_recipe_trains_on_kept_points():
    name = keep(read_points(csv(salt=5)))
    recipe = make("wgan", "gp", {"data": name, "width": 4, "batch": 8})
    state = TrainingState.start(recipe, 0)
    assert next(train(state)).t == 1
    assert set(recipe.metrics()) == {"w1"}
