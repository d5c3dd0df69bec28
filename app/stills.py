"""One whole frame of a run: what a thumbnail is drawn from."""

import shutil
from collections.abc import Mapping
from typing import Any

from app.live.commands import Want
from app.live.frames import header
from app.live.runs import RunManager

__all__ = ["still"]

_LOADS, _TRAINS = 60.0, 900.0  # seconds at most


def still(spec: Mapping[str, Any], rounds: int = 0, patience: float = 300.0) -> bytes:
    """Return a frame in which every picture is painted; of the run nothing is kept.

    Args:
        spec: The run's description.
        rounds: How long it trains before; 0 for a run that shall only be looked at.
        patience: Seconds at most until every picture is painted; then it is taken as it is.
    """
    runs = RunManager(spare=False)
    run = runs.start({**spec, "play": False})
    try:
        run.wait_for("paused", timeout=_LOADS)
        if rounds:
            run.command({"do": "step", "n": rounds, "player": "round"})

        def whole() -> bool:
            run.pass_on(Want(), None)
            fields = header(run.latest) if run.latest else {"round": -1, "entries": []}
            entries = fields["entries"]
            painted = [
                each["error"] or (each["arrays"] and each["progress"] in (None, 1))
                for each in entries
            ]
            fresh = all(each["t"] >= rounds for each in entries)  # not one begun before the steps
            return fields["round"] >= rounds and bool(entries) and fresh and all(painted)

        with run.changed:
            run.changed.wait_for(lambda: run.round >= rounds and run.state == "paused", _TRAINS)
            run.changed.wait_for(whole, patience)
        return run.latest
    finally:
        runs.stop_all()
        if run.recording is not None:
            shutil.rmtree(run.recording, ignore_errors=True)
