"""Composing frames: what the engine knows, as arrays and the header that viewers read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.live import frames
from app.live.lane import Lane
from app.live.lockstep import Replay
from app.live.pace import Purse
from gen_core.errors import RecordingError
from gen_core.recipes.measures import Metric
from gen_core.training.devices import describe

if TYPE_CHECKING:
    from app.live.engine import Engine

__all__ = ["FRAMES_PER_SECOND", "Composer", "curve_arrays", "curve_labels"]

FRAMES_PER_SECOND = 12.0  # while playing: the viewer moves in between, maps shrink to afford it
PLAYING_SIZES = (64, 48, 40, 32)
STILL_SIZE = 128
_MEASURED = ("metrics", "curves")  # of a recorded frame's header, shown as they were


class Composer:
    """Makes the frames of one engine.

    Args:
        engine: Whose frames.
    """

    def __init__(self, engine: "Engine") -> None:
        self.engine = engine
        self.sequence = engine.spec.sequence
        self._size = 0
        self._price = 0.0  # mean seconds of a playing run's frame at this size

    @property
    def playing_size(self) -> int:
        """Side of the maps while the run plays."""
        return PLAYING_SIZES[self._size]

    def live(self, *, own: bool = False) -> bytes:
        """Return a frame of the head; with ``own`` one for the recording.

        A run that trains records often and small. One that only looks records what its first
        viewer will ask for, so that it looks once.
        """
        engine = self.engine
        moving = engine.spec.train if own else engine.state in ("playing", "loading")
        size = self.playing_size if moving else STILL_SIZE
        playing = engine.state == "playing" and not own
        arrays, entries = engine.observer.gather(size, own=own, moving=playing)
        arrays |= curve_arrays(engine.lanes, engine.journal.rounds)
        lanes = [lane.describe() for lane in engine.lanes]
        return frames.encode(arrays, self._fields() | {"lanes": lanes, "entries": entries})

    def recalled(self) -> bytes:
        """Return what was recorded at or before the cursor."""
        engine = self.engine
        recorder = engine.journal.recorder
        try:
            stored = recorder.frame_at(engine.cursor or 0) if recorder else None
            if stored is None:
                return self.live()
            measured = {each: frames.header(stored)[each] for each in ("round", *_MEASURED)}
            arrays = curve_arrays(engine.lanes, engine.journal.rounds, measured["round"])
            return frames.recall(stored, arrays, **self._fields() | measured)
        except (RecordingError, KeyError):
            got, remedy = "a missing or damaged file", "This is the head; choose another round."
            error = RecordingError(f"a recorded frame of round {engine.cursor}", got, remedy)
        engine.event("error", message=str(error), viewer=None)
        engine.enter("paused", str(error))
        return self.live()

    def fit(self, purse: Purse) -> None:
        """Choose the side of maps that the purse can pay for at the rate aimed at.

        The mean is slow, since once a second a frame holds the summaries too, and is taken along
        to another size in proportion to its nodes: one dear frame changes no picture.
        """
        self._price += (purse.last - self._price) * (0.05 if self._price else 1.0)
        affordable = purse.share / FRAMES_PER_SECOND
        smaller, now, larger = (self._nodes(self._size + step) for step in (1, 0, -1))
        if smaller and self._price > 1.1 * affordable:
            self._size, self._price = self._size + 1, self._price * smaller / now
        elif larger and self._price * larger / now < 0.9 * affordable:
            self._size, self._price = self._size - 1, self._price * larger / now

    @staticmethod
    def _nodes(index: int) -> int:
        """Nodes of a playing run's map by its place among the sizes; 0 where there is none."""
        return PLAYING_SIZES[index] ** 2 if 0 <= index < len(PLAYING_SIZES) else 0

    def _fields(self) -> dict[str, Any]:
        engine, goal = self.engine, self.engine.goal
        self.sequence += 1
        message = engine.message
        if isinstance(goal, Replay):
            message = f"Replaying to round {goal.round}, now at {engine.round}."
        problem = engine.journal.problem
        return {
            "v": frames.VERSION,
            "seq": self.sequence,
            "round": engine.round,
            "head": engine.round,
            "state": engine.state,
            "message": message,
            "speed": engine.tempo.limit,
            "marks": engine.marks,
            "performance": self._performance(),
            "metrics": engine.measurer.values,
            "curves": curve_labels(engine.lanes, engine.measurer.declared),
            "errors": engine.errors + ([problem] if problem else []),
        }

    def _performance(self) -> dict[str, Any]:
        engine = self.engine
        return {
            "rounds_per_second": round(engine.meter.rounds_per_second(), 2),
            "ms_per_step": round(1e3 * engine.meter.step, 3),
            "ms_per_frame": round(1e3 * engine.frame_purse.cost, 3),
            "device": describe(engine.lanes[0].state.device),
            "threads": torch.get_num_threads(),
        }


def curve_arrays(
    lanes: Sequence[Lane], rounds: Sequence[int], last: int | None = None
) -> dict[str, np.ndarray]:
    """Return the curves of all lanes, up to a last round, and the rounds to scrub to."""
    arrays = {frames.TIMELINE: np.array(rounds, np.int32)}
    for lane in lanes:
        curves = lane.history.arrays()
        seen = slice(None) if last is None else curves["rounds"] <= last
        for name, curve in curves.items():
            arrays[f"{lane.name}/curves/{name}"] = curve[seen]
    return arrays


def curve_labels(
    lanes: Sequence[Lane], slow: Mapping[str, Mapping[str, Metric]]
) -> dict[str, dict[str, str]]:
    """Return label and unit of every curve, of those to come too: a legend never changes names.

    Args:
        lanes: The run's lanes.
        slow: Their slow metrics, by lane.
    """
    labels: dict[str, dict[str, str]] = {}
    for lane in lanes:
        known = {name: (name.replace("_", " "), "") for name in lane.history.newest}
        known |= {name: (metric.label, metric.unit) for name, metric in slow[lane.name].items()}
        known |= getattr(lane.state.recipe, "curves", {})
        labels |= {name: {"label": label, "unit": unit} for name, (label, unit) in known.items()}
    return labels
