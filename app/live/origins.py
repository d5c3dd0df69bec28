"""How a run begins: anew, from checkpoints, from another run's past, or from its own sleep."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from app.live.lane import Lane
from app.live.moments import Mark, Moment
from app.live.recording import Recording
from app.live.runspec import LaneSpec, RunSpec
from gen_core.checkpoint import load

__all__ = ["Beginning", "begin", "expand", "first_lane"]


@dataclass
class Beginning:
    """Where a run stands before its first update.

    Attributes:
        lanes: Its lanes.
        marks: Edits made so far.
        pending: Edits still to come, by the t at which they act.
        past: Recording whose frames up to ``round`` belong to this run's past.
        round: Round to replay to; None if there is nothing to replay.
    """

    lanes: list[Lane]
    marks: list[Mark] = field(default_factory=list)
    pending: list[dict[str, Any]] = field(default_factory=list)
    past: Recording | None = None
    round: int | None = None


def first_lane(spec: RunSpec, lane: LaneSpec) -> Lane:
    """Return a lane at its start: t = 0, or its checkpoint.

    Raises:
        GenLabError: The recipe, a value, the device or the checkpoint does not fit.
    """
    if lane.name not in spec.snapshots:
        return Lane.start(lane, spec.seed, spec.device)
    path = Path(spec.snapshots[lane.name])
    found = load(path, spec.device, stem=lane.stem)
    return Lane(lane, found.state, path, found.sha256)


def begin(spec: RunSpec) -> Beginning:
    """Bring a run to where its description says.

    A fork begins at the nearest earlier snapshot of the other run; what is missing up to the
    asked round is left to be replayed, with the edits made on the way.

    Raises:
        GenLabError: A lane cannot be built, or the recording cannot be read.
    """
    lanes = [first_lane(spec, lane) for lane in spec.lanes]
    if spec.resume and spec.recording:
        return _wake(lanes, Recording(spec.recording))
    start = Beginning(lanes, pending=expand(spec.edits, lanes))
    if spec.origin:
        start.round = int(spec.origin["round"])
    if spec.origin and spec.origin.get("recording"):
        start.past = Recording(spec.origin["recording"])
        nearest = start.past.snapshot_before(start.round or 0)
        if nearest is not None:
            moment = Moment.read(start.past, nearest)
            moment.restore(lanes)
            start.marks = moment.marks()
            start.pending = _still_to_come(start.pending, lanes)
    return start


def expand(edits: Sequence[dict[str, Any]], lanes: Sequence[Lane]) -> list[dict[str, Any]]:
    """Write an edit of all lanes ("*") as one of each lane that has the setting."""
    return [
        edit | {"lane": lane.name}
        for edit in sorted(edits, key=lambda edit: edit["t"])
        for lane in lanes
        if edit["lane"] == lane.name or (edit["lane"] == "*" and edit["name"] in lane.hot())
    ]


def _wake(lanes: list[Lane], recording: Recording) -> Beginning:
    moment = Moment.read(recording, None)
    moment.restore(lanes)
    return Beginning(lanes, marks=moment.marks(), pending=recording.card.get("pending", []))


def _still_to_come(edits: Sequence[dict[str, Any]], lanes: Sequence[Lane]) -> list[dict[str, Any]]:
    """Drop the edits that the restored lanes have passed or carry in their log already.

    An edit at the very t of the snapshot may have been made, or replaced by another, after it.
    """
    states = {lane.name: lane.state for lane in lanes}
    made = {(name, *astuple(each)) for name, state in states.items() for each in state.log}
    return [
        edit
        for edit in edits
        if edit["t"] >= states[edit["lane"]].t
        and (edit["lane"], edit["t"], edit["name"], edit["value"]) not in made
    ]
