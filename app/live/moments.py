"""A moment: all lanes at the end of one round, with their curves and marks, as bytes.

What a snapshot holds is enough to train on bit for bit; what a person saw (curves, marks, which
lanes are frozen) travels beside it in a second block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from safetensors.torch import load as tensors

from app.live import frames
from app.live.history import History
from app.live.lane import Lane
from app.live.lockstep import current_round
from app.live.recording import Recording

__all__ = ["Moment"]

Mark = dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """A state of the whole run.

    Attributes:
        round: Rounds completed.
        lanes: Snapshot bytes by lane.
        curves: Curves, marks and statuses, as a frame without probes.
    """

    round: int
    lanes: Mapping[str, bytes]
    curves: bytes

    @classmethod
    def take(cls, lanes: Sequence[Lane], marks: Sequence[Mark]) -> "Moment":
        """Hold on to the lanes as they are."""
        arrays: dict[str, np.ndarray] = {}
        for lane in lanes:
            for name, curve in lane.history.arrays().items():
                arrays[f"{lane.name}/curves/{name}"] = curve
        fields = {
            "histories": {lane.name: lane.history.state() for lane in lanes},
            "statuses": {lane.name: [lane.status, lane.message] for lane in lanes},
            "marks": list(marks),
        }
        snapshots = {lane.name: lane.snapshot() for lane in lanes}
        return cls(current_round(lanes), snapshots, frames.encode(arrays, fields))

    @classmethod
    def read(cls, recording: Recording, round: int | None) -> "Moment":
        """Read a stored moment; None is the one at which the run fell asleep.

        Raises:
            RecordingError: There is none, or it is damaged.
        """
        curves = recording.curves(round) or frames.encode({}, {})
        return cls(round or 0, recording.snapshot(round), curves)

    def marks(self) -> list[Mark]:
        """Edits made before this moment."""
        return list(frames.header(self.curves).get("marks", []))

    def is_good(self) -> bool:
        """Whether no lane had diverged and every model in it is finite."""
        statuses = frames.header(self.curves).get("statuses", {})
        if any(status == "diverged" for status, _ in statuses.values()):
            return False
        return all(
            bool(value.isfinite().all())
            for snapshot in self.lanes.values()
            for name, value in tensors(snapshot).items()
            if name.startswith("models/")
        )

    def restore(self, lanes: Sequence[Lane]) -> None:
        """Set the lanes back to this moment; a lane that it does not know stays as it is."""
        arrays, fields = frames.decode(self.curves)
        for lane in lanes:
            if lane.name not in self.lanes:
                continue
            lane.load(self.lanes[lane.name], lane.state.device)
            prefix = f"{lane.name}/curves/"
            own = {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}
            state = fields.get("histories", {}).get(lane.name, {})
            lane.history = History.restore(own, state)
            lane.status, lane.message = fields.get("statuses", {}).get(lane.name, ["ok", None])
