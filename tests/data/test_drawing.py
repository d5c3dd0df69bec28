"""A drawing's text and its points are the same thing, bit for bit."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gen_core.data.drawing import MOST, STEP, decode, drawing, encode, quantise
from gen_core.data.home import home
from gen_core.data.stored import keep, points_or_set
from gen_core.errors import DataError
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

POINTS = arrays.arrays(
    np.float64,
    st.tuples(st.integers(2, 64), st.just(2)),
    elements=st.floats(-2, 2 - STEP),
).filter(lambda points: (quantise(points) != quantise(points)[0]).any())


@given(POINTS)
@settings(deadline=None)
def test_points_to_text_and_back_is_exact(points):
    text = encode(points)
    again = decode(text)
    assert again.dtype == np.float32
    assert np.array_equal(again, quantise(points))
    assert np.abs(again - points).max() <= STEP / 2
    assert encode(again) == text


@given(st.binary(min_size=6, max_size=90).filter(lambda octets: len(octets) % 3 == 0))
@settings(deadline=None)
def test_every_text_of_whole_points_is_the_text_of_its_points(octets):
    import base64

    text = "1" + base64.urlsafe_b64encode(octets).decode()
    try:
        points = decode(text)
    except DataError:
        assert len({octets[i : i + 3] for i in range(0, len(octets), 3)}) == 1
    else:
        assert encode(points) == text


def test_the_grid_holds_the_round_numbers():
    points = np.array([[1.0, 0.0], [-2.0, 0.5], [0.0, -1.0]])
    assert decode(encode(points)).tolist() == points.tolist()
    assert decode(encode(np.array([[5.0, -5.0], [0, 0]])))[0].tolist() == [2 - STEP, -2.0]


def test_hand_worked_text():
    # (1, 0) is k = 3072, 2048: c00 800 in hexadecimal, 110000 000000 100000 000000 in sixes.
    assert encode(np.array([[1.0, 0.0], [-2.0, -2.0]])) == "1wAgAAAAA"


def test_the_largest_drawing_has_4097_characters():
    points = np.random.default_rng(0).uniform(-2, 2, (MOST, 2))
    text = encode(points)
    assert len(text) == 4097 and re.fullmatch("[A-Za-z0-9_-]+", text)
    with pytest.raises(DataError, match="at most 1024 points, got 1025 points"):
        encode(np.vstack((points, points[:1])))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Expected a drawing of at least two different points, got an empty one. Draw a line"),
        ("1", "got an empty one."),
        ("1wAgA", "Expected a drawing of at least two different points, got a single one."),
        ("1wAgAwAgA", "got a single one."),
        ("2wAgAAAAA", "Expected a drawing that begins with 1, got '2'. Copy the whole link"),
        ("1wAgAAAA", "Expected four characters for each point, got 7. Copy the whole link"),
        ("1wAgA AAA", "Expected letters, digits, - and _ in a drawing, got ' '."),
        ("1wAgA+AAA", "got '+'."),
        ("1wAgAAAA=", "got '='."),
        ("1wAgAAAAé", "got 'é'."),
        ("1" + "wAgA" * 1025, "Expected a drawing of at most 1024 points, got 4100 characters."),
    ],
)
def test_a_broken_text_is_said(text, sentence):
    with pytest.raises(DataError) as caught:
        decode(text)
    assert sentence in str(caught.value)


def test_points_that_are_none_are_said():
    with pytest.raises(DataError, match="finite"):
        encode(np.array([[0.0, np.nan], [1.0, 1.0]]))


def line():
    return drawing(encode(np.stack((np.linspace(-1, 1, 99), np.zeros(99)), 1)))


def test_a_batch_draws_the_points_themselves():
    source = line()
    drawn = source.batch(500, torch.Generator().manual_seed(3))
    assert drawn.dtype == torch.float32 and drawn.shape == (500, 2)
    held = {tuple(point) for point in source.points.tolist()}
    assert {tuple(point) for point in drawn.tolist()} <= held
    assert source.log_density(drawn) is None and source.extent == (-2.0, 2.0, -2.0, 2.0)


def test_a_kept_drawing_comes_back_by_its_name():
    source = line()
    name = keep(source)
    assert name == source.name == f"drawing-{source.sha256[:16]}"
    again = points_or_set(name)
    assert again.text == source.text and torch.equal(again.points, source.points)
    assert points_or_set(name) is again, "read once"


def test_a_drawing_that_is_not_here_is_said():
    for name in ("drawing-0123456789abcdef", "drawing-../../etc/passwd"):
        with pytest.raises(DataError) as caught:
            points_or_set(name)
        assert str(caught.value) == (
            f"Expected a drawing that was made on this machine, got {name}, which is missing "
            "here. Open the link that carries the drawing itself, or choose another data set."
        )


def test_a_changed_drawing_is_refused():
    name = keep(drawing(encode(np.array([[0.0, 1.0], [1.0, 0.0]]))))
    (home() / "points" / f"{name}.txt").write_text("1wAgAAAAA")
    with pytest.raises(DataError, match="got a changed file"):
        points_or_set(name)


def test_a_recipe_trains_on_a_drawing():
    recipe = make("wgan", "gp", {"data": keep(line()), "width": 4, "batch": 8})
    state = TrainingState.start(recipe, 0)
    assert next(train(state)).t == 1
    assert set(recipe.metrics()) == {"w1"}
