"""Rest for runs that nobody watches: asleep if they can, paused if they cannot, at last ended.

A run that has no recording to wake up from, such as one whose disk is full, refuses to sleep.
"""

import contextlib
import time

from app.live import commands
from app.live.run import Run
from gen_core.errors import CommandError

__all__ = ["idle_since", "look_after", "put_to_sleep"]

FRESH = 15.0  # seconds in which a new run is not yet unwatched
RESTING = ("paused", "seeking", "diverged")
PARTING = (
    "Nobody watched this run, and it could not be put to sleep because nothing was recorded to"
    " wake up from. It was ended to free its place; reset starts it again."
)


def put_to_sleep(run: Run, timeout: float = 5.0) -> bool:
    """Store a run's head and end its process; return whether it could be done."""
    if run.worker is not None:
        with contextlib.suppress(CommandError):  # its process has just ended by itself
            run.command(commands.Sleep())
        run.wait_for("asleep", "ended", "lost", timeout=timeout)
    if run.worker is not None:
        run.sleepless_since = time.monotonic()
    return run.worker is None


def look_after(run: Run, grace: float) -> None:
    """Give a run rest that has a worker and that nobody has watched for its grace.

    Args:
        run: Sleeps; if it refuses it is paused, and ended if nobody comes in another grace.
        grace: Seconds that a run is given.
    """
    tried = run.sleepless_since >= run.unwatched_since
    if not tried and put_to_sleep(run):
        return
    with contextlib.suppress(CommandError):  # its process has just ended by itself
        if tried and time.monotonic() - run.sleepless_since > grace:
            _part(run)
        elif run.state == "playing":
            run.command(commands.Pause())


def idle_since(run: Run, now: float, grace: float) -> float | None:
    """Since when a run could sleep: it rests, or nobody watches it; None if it could not."""
    if now - run.sleepless_since < grace:
        return None  # it refused only just now, and each try takes seconds
    since = [run.resting_since] if run.state in RESTING else []
    if not run.viewers and run.state != "loading" and now - run.unwatched_since > FRESH:
        since.append(run.unwatched_since)
    return min(since, default=None)


def _part(run: Run, timeout: float = 5.0) -> None:
    worker, run.parting = run.worker, PARTING
    run.command(commands.Stop())
    with run.changed:
        stopped = run.changed.wait_for(lambda: run.worker is not worker, timeout)
    if not stopped and worker is not None:
        worker.kill()
