"""What a worker reports, and what the server makes of it."""

import json
from typing import TYPE_CHECKING, Any

from app.live import frames

if TYPE_CHECKING:
    from app.live.process import WorkerProcess
    from app.live.run import Run

__all__ = ["take_event"]


def take_event(run: "Run", worker: "WorkerProcess", tag: bytes, payload: bytes) -> None:
    """Take one message of a run's worker.

    Args:
        run: Whose worker.
        worker: Who sent it; a worker that was replaced is not listened to.
        tag: ``b"F"`` for a frame, ``b"J"`` for a JSON event.
        payload: Its bytes.
    """
    if run.worker is not worker:
        return
    if tag == b"F":
        fields = frames.header(payload)
        run.message, run.round, run.sequence = fields["message"], fields["head"], fields["seq"]
        run.deliver(payload, fields["state"])
        if fields["state"] in ("asleep", "ended"):  # the last frame: the process is on its way out
            run.end(fields["state"], fields["message"])
        return
    event: dict[str, Any] = json.loads(payload)
    name, message = event.pop("event"), event.get("message")
    if name == "state":
        run.round = event["round"]
        if event["state"] not in ("asleep", "ended"):  # the last frame says so
            run.enter(event["state"], message)
    elif name == "refused":
        run.end("ended", message)
    elif name in ("error", "saved"):
        _tell(run, name, event)


def _tell(run: "Run", name: str, event: dict[str, Any]) -> None:
    """Tell the viewer who asked, or everybody who controls the run."""
    asked = event.pop("viewer", None)
    event.pop("paths", None)  # where files lie is nobody's business but the server's
    with run.changed:
        viewers = list(run.viewers.values())
    for viewer in viewers:
        if viewer.id == asked or (not asked and viewer.role == "control"):
            viewer.tell(name, **event)
