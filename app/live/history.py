"""A lane's curves: bounded, thinned evenly, and the same however often a run was interrupted.

A round is kept while it is a multiple of the stride; when there are too many, the stride doubles.
Which rounds stay depends on the rounds alone, so a fork holds the same points as the unbroken
run. The newest round is always there.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["History"]

LIMIT = 512


class History:
    """Metrics by round.

    Args:
        limit: Most rounds to keep, besides the newest.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.stride = 1
        self._kept: dict[int, dict[str, float]] = {}
        self._newest: tuple[int, dict[str, float]] | None = None
        self._held: dict[str, float] = {}

    @property
    def newest(self) -> dict[str, float]:
        """Values of the newest round."""
        return self._newest[1] if self._newest else {}

    def hold(self, name: str, value: float) -> None:
        """Give a slow metric's value to every round from the next on."""
        self._held[name] = value

    def add(self, round: int, values: Mapping[str, float]) -> None:
        """Enter the values of a round."""
        merged = self._held | dict(values)
        self._newest = (round, merged)
        if round % self.stride == 0:
            self._kept[round] = merged
        while len(self._kept) > self.limit:
            self.stride *= 2
            kept = self._kept.items()
            self._kept = {each: values for each, values in kept if each % self.stride == 0}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return ``rounds`` (int32) and each metric (float32), all of shape (N,)."""
        points = dict(self._kept)
        if self._newest:
            points[self._newest[0]] = self._newest[1]
        names = sorted({name for values in points.values() for name in values})
        curves = {
            name: np.array([values.get(name, np.nan) for values in points.values()], np.float32)
            for name in names
        }
        return {"rounds": np.array(list(points), np.int32)} | curves

    def state(self) -> dict[str, Any]:
        """JSON-like rest that :meth:`restore` needs beside the arrays."""
        return {"stride": self.stride, "held": self._held}

    @classmethod
    def restore(
        cls, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any], limit: int = LIMIT
    ) -> "History":
        """Rebuild the history that gave these arrays and this state."""
        history = cls(limit)
        history.stride = int(state.get("stride", 1))
        names = [name for name in arrays if name != "rounds"]
        for index, round in enumerate(arrays.get("rounds", np.empty(0)).tolist()):
            values = {name: float(arrays[name][index]) for name in names}
            present = {name: value for name, value in values.items() if not np.isnan(value)}
            history.add(round, present)
        held = state.get("held") or {}
        history._held = {name: value for name, value in held.items() if value is not None}
        return history
