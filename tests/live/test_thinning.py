"""Thinning: bounded, spacing grows with age, the first and the newest stay."""

import hypothesis.strategies as st
from hypothesis import example, given

from app.live.thinning import spacing, thin


def record(n, count, total=10**12, size=1):
    """Record n entries; return those that stayed, and the window at the end."""
    kept, window = [], count
    for number in range(n):
        kept.append(number)
        gone, window = thin(kept, [size] * len(kept), window, count, total)
        kept = [each for each in kept if each not in set(gone)]
        assert len(kept) <= count and len(kept) * size <= max(total, size)
        assert kept[-1] == number
    return kept, window


@given(st.integers(1, 700), st.integers(4, 60))
def test_the_bound_holds_at_every_moment_and_first_and_newest_stay(n, count):
    kept, _ = record(n, count)
    assert kept[0] == 0 and kept[-1] == n - 1
    assert len(kept) >= min(n, count) / 3  # the room is used


@given(st.integers(50, 700), st.integers(8, 60))
@example(129, 8)
def test_spacing_follows_age(n, count):
    kept, window = record(n, count)
    gaps = [later - earlier for earlier, later in zip(kept, kept[1:], strict=False)]
    for number, gap in zip(kept, gaps, strict=False):
        assert gap <= max(1, 2 * spacing(n - 1 - number, window))
    half = len(gaps) // 2
    assert max(gaps[half:]) <= max(gaps[:half])


@given(st.integers(1, 10**6), st.integers(1, 600))
def test_spacing_doubles_when_age_doubles(age, window):
    assert spacing(window - 1, window) == 1 and spacing(window, window) == 2
    if age >= window:
        assert spacing(2 * age, window) == 2 * spacing(age, window)


@given(st.integers(1, 300), st.integers(10, 5000))
def test_bytes_bound_what_the_count_does_not(n, total):
    kept, _ = record(n, count=600, total=total, size=10)
    assert 10 * len(kept) <= total


def test_one_entry_larger_than_the_bound_is_kept():
    kept, _ = record(5, count=600, total=10, size=100)
    assert kept == [4]
