"""Strokes of a hand to points whose density does not depend on the hand's speed.

A browser reports where a pointer is at its own pace: few places of a fast hand, many of a slow
one, and a slow hand's places step from pixel to pixel. So each stroke is first reduced to the
corners of its line (Ramer 1972; Douglas & Peucker 1973), and the points are then spread evenly by
arc length over all strokes together: point j of N lies at ``(j + 1/2) / N`` of the whole length.
Each is moved within the brush, uniformly over a disc of its radius, by a seeded generator.

A tap has no length. It counts as a line of length ``pi r / 2``: a brush of radius r inks the area
``2 r l`` along a line of length l, and ``pi r^2`` at a tap. A stroke shorter than that counts so
too, because it inks no less.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gen_core.data.drawing import MOST, STEP, WINDOW, quantise
from gen_core.errors import DataError

__all__ = ["TOLERANCE", "Stroke", "read_strokes", "simplify", "spread"]

TOLERANCE = 0.02
"""How far a stroke may lie from its reduced line: two pixels of a canvas of 400."""

MOST_PLACES = 50_000
"""Most places of a pointer in one drawing: an hour of a slow hand."""

WIDEST = 0.5
"""Largest radius of a brush, in plot units."""

_REMEDY = "Draw a line, or tap several spots."


@dataclass(frozen=True, eq=False)
class Stroke:
    """One movement of the brush.

    Attributes:
        path: Places of the pointer, ``(V, 2)`` in plot units, V at least 1.
        radius: The brush's radius, in plot units.
    """

    path: np.ndarray
    radius: float


def read_strokes(value: object) -> list[Stroke]:
    """Check what a canvas sends: a list of ``{"radius": r, "path": [[x, y], ...]}``.

    Raises:
        DataError: It has another form, holds numbers that are not finite, or too many places.

    Example:
        >>> [tap] = read_strokes([{"radius": 0.1, "path": [[0, 1]]}])
        >>> tap.path.shape
        (1, 2)
    """
    parts: list[Any] = value if isinstance(value, list) else [value]
    try:
        strokes = [
            Stroke(
                np.array(each["path"], np.float64).reshape(-1, 2),
                min(max(float(each["radius"]), 0.0), WIDEST),
            )
            for each in parts
        ]
    except (TypeError, KeyError, ValueError) as error:
        raise DataError("strokes of a drawing", "something else", _REMEDY) from error
    strokes = [stroke for stroke in strokes if len(stroke.path)]
    places = sum(len(stroke.path) for stroke in strokes)
    if places > MOST_PLACES:
        got = f"{places} of them"
        raise DataError(f"at most {MOST_PLACES} places of the pointer", got, "Draw less.")
    if not all(np.isfinite([*stroke.path.flat, stroke.radius]).all() for stroke in strokes):
        raise DataError("strokes with finite coordinates", "others among them", _REMEDY)
    return strokes


def spread(strokes: Sequence[Stroke], *, count: int = MOST, seed: int = 0) -> np.ndarray:
    """Spread points over strokes, by arc length; see the module for the law.

    Args:
        strokes: What was drawn, in order; a brush that leaves the window is folded back into it.
        count: How many points.
        seed: Of the places within the brush. Point j uses the j-th draw, whatever was drawn.

    Returns:
        Points ``(count, 2)``, float32, on the grid of :mod:`gen_core.data.drawing`.

    Raises:
        DataError: Nothing was drawn, or a single tap.

    Example:
        >>> line = Stroke(np.array([[-1.0, 0.0], [1.0, 0.0]]), 0.0)
        >>> spread([line], count=4).tolist()
        [[-0.75, 0.0], [-0.25, 0.0], [0.25, 0.0], [0.75, 0.0]]
    """
    lines = [simplify(stroke.path) for stroke in strokes]
    if not lines or (len(lines) == 1 and len(lines[0]) == 1):
        got = "a single tap" if lines else "an empty drawing"
        raise DataError("a line, or at least two taps", got, _REMEDY)
    reached = [_reached(line) for line in lines]
    lengths = np.array([distances[-1] for distances in reached])
    radii = np.array([stroke.radius for stroke in strokes])
    shares = np.maximum(lengths, math.pi * radii / 2)
    if shares.sum() == 0:  # taps of a brush without a width
        shares = np.ones(len(lines))
    ends = shares.cumsum()
    at = (np.arange(count) + 0.5) / count * ends[-1]
    which = np.searchsorted(ends, at, side="right").clip(0, len(lines) - 1)
    along = (at - (ends - shares)[which]) * (lengths / np.maximum(shares, 1e-300))[which]
    points = np.empty((count, 2))
    for index, (line, distances) in enumerate(zip(lines, reached, strict=True)):
        own = which == index
        for axis in (0, 1):
            points[own, axis] = np.interp(along[own], distances, line[:, axis])
    points += _within_brush(count, seed) * radii[which, None]
    low, high = WINDOW[0], WINDOW[1] - STEP
    return quantise(high - np.abs(high - (low + np.abs(points - low))))


def simplify(path: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
    """Keep the corners of a line that no part of the path leaves by more than a tolerance.

    The place farthest from the line between two kept ones is kept as well, until none is farther
    than the tolerance. More places on the same path change nothing: the distance is convex along
    a straight part, so the farthest place is one of its ends.

    Args:
        path: ``(V, 2)``, V at least 1.
        tolerance: In plot units.

    Returns:
        Some rows of the path, first and last among them; one row if all is within the tolerance
        of the first.

    Example:
        >>> simplify(np.array([[0.0, 0.0], [0.5, 0.01], [1.0, 0.0], [1.0, 1.0]])).tolist()
        [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
    """
    kept = {0, len(path) - 1}
    pending = [(0, len(path) - 1)]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        gaps = _distance(path[first + 1 : last], path[first], path[last])
        middle = first + 1 + int(gaps.argmax())
        if gaps[middle - first - 1] > tolerance:
            kept.add(middle)
            pending += [(first, middle), (middle, last)]
    line = path[sorted(kept)]
    still = len(line) == 2 and np.hypot(*(line[1] - line[0])) <= tolerance
    return line[:1] if still else line


def _distance(places: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Distance of places ``(V, 2)`` from the straight line between two, ``(V,)``."""
    chord = end - start
    squared = float(chord @ chord)
    share = ((places - start) @ chord / squared).clip(0, 1) if squared else np.zeros(len(places))
    return np.hypot(*(places - start - share[:, None] * chord).T)


def _reached(line: np.ndarray) -> np.ndarray:
    """Arc length at each corner of a line, ``(V,)``; the first is 0."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    return np.concatenate(([0.0], steps.cumsum()))


def _within_brush(count: int, seed: int) -> np.ndarray:
    """Places of a disc of radius 1, uniform over its area, ``(count, 2)``."""
    turn, area = np.random.default_rng(seed).random((2, count))
    radius, angle = np.sqrt(area), 2 * math.pi * turn
    return np.stack((radius * np.cos(angle), radius * np.sin(angle)), 1)
