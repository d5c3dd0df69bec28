"""Checks of the fields of a command: each returns the value or says what would have fitted."""

from collections.abc import Callable
from typing import Any

__all__ = [
    "Check", "Unfit", "one_of", "optional", "probes", "rate", "scalar", "settings", "text",
    "whole",
]  # fmt: skip

MAX_PROBES = 12
Check = Callable[[object], Any]


class Unfit(Exception):
    """What a field should have been; the parser adds the name of the field."""


def whole(low: int, high: int) -> Check:
    """Whole numbers from ``low`` to ``high``."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Unfit(f"a whole number from {low} to {high}")
        return value

    return check


def text(longest: int, *, empty: bool = False) -> Check:
    """Text of at most ``longest`` characters."""

    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > longest or not (value or empty):
            raise Unfit(f"a text of at most {longest} characters")
        return value

    return check


def one_of(*choices: str) -> Check:
    """One of some fixed words."""

    def check(value: object) -> str:
        if value not in choices:
            raise Unfit("one of " + ", ".join(repr(choice) for choice in choices))
        return str(value)

    return check


def optional(inner: Check) -> Check:
    """Null, or what ``inner`` accepts."""
    return lambda value: None if value is None else inner(value)


def rate(value: object) -> float:
    """Rounds per second within what a person can mean."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unfit("a number of rounds per second, or null for full speed")
    if not 0.01 <= value <= 1e4:  # false for nan, and exact for whole numbers of any size
        raise Unfit("0.01 to 10000 rounds per second, or null for full speed")
    return float(value)


def scalar(value: object) -> Any:  # noqa: ANN401
    """The value of one setting: a number or a short text."""
    if isinstance(value, str) and len(value) > 200 or not isinstance(value, (str, int, float)):
        raise Unfit("a number or a short text")
    return value


def settings(value: object) -> dict[str, Any]:
    """Settings of a probe by name; the probe checks their values."""
    if not isinstance(value, dict) or len(value) > 24:
        raise Unfit("an object of at most 24 settings")
    return value


def probes(value: object) -> tuple[tuple[str, dict[str, Any]], ...]:
    """A subscription: probe names with their settings."""
    if not isinstance(value, list) or len(value) > MAX_PROBES:
        raise Unfit(f"a list of at most {MAX_PROBES} probes")
    wanted = []
    for item in value:
        if not isinstance(item, dict) or not isinstance(item.get("probe"), str):
            raise Unfit('probes written as {"probe": name, "settings": {…}}')
        wanted.append((item["probe"][:64], settings(item.get("settings") or {})))
    return tuple(wanted)
