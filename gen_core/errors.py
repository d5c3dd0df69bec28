"""Typed errors that say what was expected, what came, and what to do."""

import difflib
from collections.abc import Iterable

__all__ = [
    "CheckpointError",
    "CommandError",
    "DataError",
    "GenLabError",
    "ProbeError",
    "RecordingError",
    "SettingError",
    "SnapshotError",
    "TourError",
    "nearest",
    "one_of",
]


class GenLabError(ValueError):
    """Base of every error that a person may read on a page or in a terminal.

    Args:
        expected: What would have been right, as the middle of a sentence.
        got: What came instead.
        remedy: What to do about it, as a full sentence.

    Example:
        >>> raise GenLabError("a seed of 0 or more", -3, "Choose another seed.")
        Traceback (most recent call last):
        ...
        gen_core.errors.GenLabError: Expected a seed of 0 or more, got -3. Choose another seed.
    """

    def __init__(self, expected: str, got: object, remedy: str) -> None:
        super().__init__(f"Expected {expected}, got {got}. {remedy}")
        self.expected = expected
        self.got = got
        self.remedy = remedy


class SettingError(GenLabError):
    """A recipe's or a probe's setting is unknown, of the wrong type or out of range."""


class DataError(GenLabError):
    """Points or pictures that cannot be used as data."""


class CheckpointError(GenLabError):
    """A checkpoint that is missing, damaged or of another model."""


class SnapshotError(GenLabError):
    """A snapshot that does not hold the state of a training."""


class ProbeError(GenLabError):
    """A probe that is unknown or asked for something that it cannot show."""


class CommandError(GenLabError):
    """A command that the live engine does not know or may not carry out."""


class RecordingError(GenLabError):
    """A recording that is missing, damaged or full."""


class TourError(GenLabError):
    """A guided tour that does not say what its steps need."""


def nearest(name: str, names: Iterable[str], otherwise: str) -> str:
    """Return a remedy for a mistyped name: the names that look most like it.

    Args:
        name: What came.
        names: What is known.
        otherwise: The remedy where none looks like it.

    Example:
        >>> nearest("penalti", ["penalty", "width"], "Check its name.")
        'Did you mean penalty?'
        >>> nearest("colour", ["penalty", "width"], "Check its name.")
        'Check its name.'
    """
    close = difflib.get_close_matches(name[:60], list(names), n=3)
    return f"Did you mean {' or '.join(close)}?" if close else otherwise


def one_of(name: str, names: tuple[str, ...]) -> str:
    """Return the name where it is among the known ones.

    Raises:
        SettingError: It is not.

    Example:
        >>> one_of("iaf", ("diagonal", "iaf"))
        'iaf'
    """
    if name not in names:
        raise SettingError(f"one of {', '.join(names)}", repr(name)[:60], "Choose one of these.")
    return name
