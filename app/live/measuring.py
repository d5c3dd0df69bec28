"""Slow metrics of all lanes, one slice at a time, each beside what fresh real samples score."""

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.live.lane import Lane
from app.live.mishaps import MISHAPS, sentence
from gen_core.errors import DataError
from gen_core.exploration.base import isolated
from gen_core.recipes.measures import Metric

__all__ = ["Measurer"]


class Measurer:
    """Goes round the metrics of all lanes, slice by slice.

    Args:
        lanes: The run's lanes.

    Attributes:
        declared: ``lane -> metric``: what will be measured, known before the first value.
        values: ``lane -> metric -> {"value", "floor", "label", "unit", "better", "round",
            "scope", "error", "told"}``; a value that could not be measured is None, and its error
            says why; a floor that does not exist is None too. Where the data are missing the
            value is what the checkpoint's card says, and ``told`` is the scope that stands there;
            else it is None, and ``scope`` says when in training it was measured.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.lanes = lanes
        self.values: dict[str, dict[str, dict[str, Any]]] = {lane.name: {} for lane in lanes}
        self.declared: dict[str, Mapping[str, Metric]] = {
            lane.name: lane.state.recipe.metrics() for lane in lanes
        }
        self._work = self._round()
        self._seen: tuple[int, ...] | None = None

    def advance(self) -> bool:
        """Do one slice; return whether there was work, or all is measured and nothing moved."""
        state = tuple(lane.state.t for lane in self.lanes)
        if self._work is None:
            if state == self._seen:
                return False
            self._work = self._round()
        try:
            next(self._work)
        except StopIteration:
            self._work = None
            return any(self.declared.values())
        return True

    def forget(self) -> None:
        """The lanes were replaced: what is under way no longer counts; floors still do."""
        for metrics in self.values.values():
            for value in metrics.values():
                value["value"] = None
        self._work, self._seen = self._round(), None

    def _round(self) -> Iterator[None]:
        self._seen = tuple(lane.state.t for lane in self.lanes)
        for lane in self.lanes:
            fresh: dict[str, float] = {}
            for name, metric in self.declared[lane.name].items():
                if lane.status != "ok":
                    break
                yield from self._measure(lane, name, metric, fresh)

    def _measure(
        self, lane: Lane, name: str, metric: Metric, fresh: dict[str, float]
    ) -> Iterator[None]:
        """Measure one metric; ``fresh`` has those of the lane that this round has measured."""
        view, round = lane.view(), lane.state.round
        slices = metric.measured(view, fresh)
        value: float | None = math.nan
        error = None
        told: Mapping[str, Any] = {}
        try:
            while True:
                with isolated(view.models):
                    value = next(slices)
                yield
        except StopIteration:
            pass
        except MISHAPS as mishap:  # such as points of a generator that has just diverged
            value, error = None, sentence(mishap)
            if isinstance(mishap, DataError):  # no pictures here: the checkpoint's card has it
                told = lane.told(name)
                value = told.get("value")
        known = self.values[lane.name].get(name)
        if known is None:
            known = {"floor": None, "label": metric.label, "unit": metric.unit}
            known["better"] = metric.better
            self.values[lane.name][name] = known
        if known["floor"] is None and metric.floor:
            with contextlib.suppress(*MISHAPS), isolated(view.models):
                known["floor"] = float(metric.floor(view))
        if value is not None and told:
            known["floor"], error = told.get("floor"), None
        scope = told.get("scope") or f"in training, after {round} rounds"
        known |= {"value": value, "round": round, "scope": scope}
        known |= {"error": error, "told": told.get("scope")}
        if value is not None:
            fresh[name] = value
            lane.history.hold(name, value)
        yield
