"""A drawing's density follows the length of its lines, never the speed of the hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gen_core.data.drawing import MOST, STEP
from gen_core.data.strokes import (
    MOST_PLACES,
    TOLERANCE,
    WIDEST,
    Stroke,
    read_strokes,
    simplify,
    spread,
)
from gen_core.errors import DataError

CORNERS = np.array([[-1.5, -1.0], [0.5, 1.0], [1.0, -1.2], [-0.5, 0.3]])


def along(corners, count):
    """A hand that reports `count` places on its way through some corners, and the corners."""
    steps = np.hypot(*np.diff(corners, axis=0).T)
    reached = np.concatenate(([0.0], steps.cumsum()))
    at = np.sort(np.concatenate((np.linspace(0, reached[-1], count), reached)))
    return np.stack([np.interp(at, reached, corners[:, axis]) for axis in (0, 1)], 1)


@pytest.mark.parametrize("radius", [0.0, 0.1])
def test_a_fast_and_a_slow_hand_give_the_same_points(radius):
    fast = spread([Stroke(along(CORNERS, 5), radius)])
    slow = spread([Stroke(along(CORNERS, 500), radius)])
    assert np.abs(fast - slow).max() <= STEP


def test_a_hand_that_slows_down_midway_leaves_no_lump():
    halting = np.concatenate((np.linspace(-1, -0.9, 400), np.linspace(-0.9, 1, 4)))
    points = spread([Stroke(np.stack((halting, 0 * halting), 1), 0.0)])
    shares, _ = np.histogram(points[:, 0], np.linspace(-1, 1, 11))
    assert shares.max() - shares.min() <= 1


def test_the_staircase_of_a_slow_hand_on_pixels_is_no_longer_than_the_line():
    exact = np.linspace((-1.0, -1.0), (1.0, 0.2), 400)
    pixels = np.round(exact * 100) / 100  # a canvas of 100 pixels a unit
    stairs = np.repeat(pixels, 2, axis=0)
    stairs[1::2, 0] = np.append(pixels[1:, 0], pixels[-1, 0])  # first across, then up
    slow, fast = [Stroke(stairs, 0.0)], [Stroke(exact[[0, -1]], 0.0)]
    other = Stroke(np.array([[-1.0, 1.5], [1.0, 1.5]]), 0.0)
    in_slow, in_fast = (np.sum(spread([*each, other])[:, 1] < 1) for each in (slow, fast))
    assert abs(int(in_slow) - int(in_fast)) <= 4


@given(st.lists(st.floats(0.5, 3.5), min_size=2, max_size=6))
@settings(deadline=None, max_examples=50)
def test_points_are_proportional_to_length(lengths):
    strokes = [
        Stroke(np.array([[-1.9, row], [-1.9 + length, row]]), 0.0)
        for row, length in enumerate(lengths, -2)
    ]
    points = spread([Stroke(each.path * (1, 0.5), 0.0) for each in strokes])
    for row, length in enumerate(lengths, -2):
        found = np.sum(np.abs(points[:, 1] - row / 2) < 0.1)
        assert abs(found - MOST * length / sum(lengths)) <= 1


def test_a_tap_gets_the_points_of_a_line_that_inks_as_much():
    radius, length = 0.2, 2.0
    line = Stroke(np.array([[-1.0, 1.0], [1.0, 1.0]]), radius)
    points = spread([line, Stroke(np.array([[0.0, -1.0]]), radius)])
    tapped = points[points[:, 1] < 0]
    equal = math.pi * radius / 2  # pi r^2 of ink at 2 r for each unit of length
    assert abs(len(tapped) - MOST * equal / (length + equal)) <= 1
    assert np.hypot(*(tapped - (0, -1)).T).max() <= radius + STEP


def test_points_lie_within_the_brush_and_fill_it_evenly():
    taps = [Stroke(np.array([[x, 0.0]]), 0.4) for x in (-1.0, 1.0)]
    from_tap = spread(taps) - np.array([[-1.0, 0.0]] * 512 + [[1.0, 0.0]] * 512)
    distance = np.hypot(*from_tap.T)
    assert distance.max() <= 0.4 + STEP
    assert abs(np.mean(distance <= 0.2) - 0.25) < 0.04, "a quarter of the area, of the points"
    assert np.abs(from_tap.mean(0)).max() < 0.02, "isotropic"


def test_what_is_drawn_at_a_place_lies_at_that_place():
    points = spread([Stroke(np.array([[1.0, 0.0], [1.0, 1.0]]), 0.0)])
    assert (points[:, 0] == 1.0).all()
    assert abs(points[:, 1].min()) <= STEP and abs(points[:, 1].max() - 1) <= STEP


def test_a_brush_over_the_border_is_folded_back_not_piled_up():
    edge = Stroke(np.array([[-2.0, -1.5], [-2.0, 1.5]]), 0.2)
    points = spread([edge])
    assert (points >= -2).all() and (points < 2).all()
    assert np.sum(points[:, 0] == -2) < 10


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=50)
def test_a_reduced_line_stays_within_the_tolerance(count, seed):
    path = np.random.default_rng(seed).normal(size=(count, 2)).cumsum(0) / 20
    line = simplify(path)
    for place in path:
        if len(line) == 1:
            nearest = np.hypot(*(place - line[0]))
        else:
            start, chord = line[:-1], np.diff(line, axis=0)
            share = ((place - start) * chord).sum(1) / np.maximum((chord**2).sum(1), 1e-300)
            nearest = np.hypot(*(place - start - share.clip(0, 1)[:, None] * chord).T).min()
        assert nearest <= TOLERANCE + 1e-9


TAP = {"radius": 0.1, "path": [[0, 0]]}


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ([], "Expected a line, or at least two taps, got an empty drawing."),
        ([{"radius": 0.1, "path": []}], "got an empty drawing."),
        ([TAP], "Expected a line, or at least two taps, got a single tap."),
        ([{"radius": 0.1, "path": [[0, 0], [0.001, 0]]}], "got a single tap."),
        (None, "Expected strokes of a drawing, got something else."),
        ([{"path": [[0, 0]]}], "got something else."),
        ([{"radius": 0.1, "path": [[0, 0, 0]] * 2 + [[1]]}], "got something else."),
        ([{"radius": "wide", "path": [[0, 0]]}], "got something else."),
        ([{"radius": 0.1, "path": [[0, "x"]]}], "got something else."),
        ([TAP, {"radius": 0.1, "path": [[0, float("nan")]]}], "got others among them."),
        ([TAP, {"radius": float("inf"), "path": [["inf", 0]]}], "got others among them."),
        ([TAP] * (MOST_PLACES + 1), f"Expected at most {MOST_PLACES} places of the pointer, got"),
    ],
)
def test_what_cannot_be_a_drawing_is_said(sent, sentence):
    with pytest.raises(DataError, match=sentence.replace(".", r"\.")):
        spread(read_strokes(sent))


def test_a_brush_has_bounds():
    wide, thin = read_strokes([TAP | {"radius": 9}, TAP | {"radius": -1}])
    assert (wide.radius, thin.radius) == (WIDEST, 0.0)
    points = spread([thin, Stroke(np.array([[1.0, 1.0]]), 0.0)])
    assert {tuple(point) for point in points.tolist()} == {(0.0, 0.0), (1.0, 1.0)}
