"""All runs of this server: starting, waking, forking, and keeping within the machine's limit.

One manager serves pages and routes alike. It keeps one warm spare worker, so that a new run does
not wait for torch, and puts the longest paused or unwatched run to sleep when another needs its
place.
"""

import functools
import os
import threading
import time
from pathlib import Path
from typing import Any

from app.live import commands, frames, home, resting
from app.live.process import WorkerProcess
from app.live.recording import Recording
from app.live.run import Run
from app.live.viewers import Viewer
from gen_core.errors import CommandError, RecordingError

__all__ = ["RunManager", "manager"]

GRACE = 300.0  # seconds that a run goes on with nobody watching
FORGET = 24 * 3600.0  # seconds after which a run without a worker is dropped
SPARE_AFTER = 8.0  # seconds after a start, so that importing torch does not slow its first frames
WAKES = (
    commands.Play, commands.Step, commands.SetValue, commands.Reset, commands.Save, commands.Speed,
)  # fmt: skip


def _default_limit() -> int:
    chosen = os.environ.get("GEN_LAB_WORKERS", "")
    return int(chosen) if chosen.isdigit() and int(chosen) else max(4, os.cpu_count() or 1)


class RunManager:
    """The runs of one server process.

    Args:
        limit: Most workers at once, without the spare.
        grace: Seconds that a run goes on with nobody watching.
        spare: Whether to keep a warm worker.
    """

    def __init__(self, limit: int | None = None, grace: float = GRACE, spare: bool = True) -> None:
        self.limit = limit or _default_limit()
        self.grace = grace
        self.keep_spare = spare
        self._runs: dict[str, Run] = {}
        self._follow: dict[str, Run] = {}
        self._spare: WorkerProcess | None = None
        self._last_start = 0.0
        self._lock = threading.RLock()
        self._closed = True

    def start(self, spec: dict[str, Any], *, follow: str | None = None) -> Run:
        """Start a run.

        Args:
            spec: JSON description, see :class:`~app.live.runspec.RunSpec`.
            follow: Share link of an older run that shall lead to this one from now on.

        Raises:
            CommandError: All places are taken by runs that somebody watches.
        """
        with self._lock:
            self._make_room()
            spec, recording = _recorded(spec)
            run = Run(spec, recording, follow)
            self._enter(run)
            run.work(self._worker())
        return run

    def open_recording(self, path: Path | str) -> Run:
        """Open a recording, as a folder or a zip file, to be scrubbed and played.

        Raises:
            RecordingError: There is none, or it is damaged or empty.
        """
        recording = Recording(path)
        run = Run(dict(recording.card.get("spec") or {}), recording.path)
        run.play_back(state="paused", message=None)
        with self._lock:
            self._enter(run)
        return run

    def get(self, id: str) -> tuple[Run, str] | None:
        """Return the run of an id and the role it gives, ``"control"`` or ``"follow"``.

        Waits for nobody: the event loop asks, while another thread may hold the lock for seconds.
        """
        if (run := self._runs.get(id)) is not None:
            return run, "control"
        if (run := self._follow.get(id)) is not None:
            return run, "follow"
        return None

    def runs(self) -> list[Run]:
        """Return all runs, oldest first."""
        with self._lock:
            return list(self._runs.values())

    def command(
        self,
        run: Run,
        command: commands.Command | dict[str, Any],
        viewer: Viewer | None = None,
    ) -> None:
        """Carry out a command, those included that concern more than the run's worker.

        May wait for a worker: call it from a thread, not from the event loop, unless
        :meth:`quick` says otherwise.

        Raises:
            CommandError: It cannot be done now.
        """
        if isinstance(command, dict):
            command = commands.parse(command)
        controls = viewer is None or viewer.role == "control"
        if controls and isinstance(command, commands.Fork):
            child = self.fork(run, command.round)
            if viewer:
                viewer.tell("forked", run=child.id)
            return
        if controls and run.over and isinstance(command, commands.Reset):
            return self.restart(run)
        if controls and run.asleep and isinstance(command, WAKES):
            self.wake(run)
        run.command(command, viewer)

    @staticmethod
    def quick(run: Run, command: commands.Command) -> bool:
        """Whether :meth:`command` returns at once."""
        return not (isinstance(command, commands.Fork) or run.asleep or run.over)

    def fork(self, run: Run, round: int | None = None) -> Run:
        """Begin a new run from a recorded round; the parent stays paused.

        Args:
            run: The parent.
            round: Where to begin; None for the round on show.

        Raises:
            CommandError: The parent has no description to go on from, or there is no place.
        """
        if run.worker is not None:
            if run.state == "playing":
                run.command(commands.Pause())
                run.wait_for("paused", "diverged", "ended", "lost", timeout=10)
            elif run.state == "loading":
                raise CommandError("a run that has loaded", "one that loads", "Wait a moment.")
        if not run.spec.get("lanes"):
            remedy = "Start a new run from its page."
            raise CommandError("a recording that says what was run", "none", remedy)
        header = frames.header(run.latest)
        head = int(header["head"])
        begin = min(head, int(header["round"]) if round is None else round)
        edits = [
            mark
            for mark in header["marks"]
            if mark["round"] < begin or (begin == head and mark["round"] == head)
        ]
        origin = {
            "recording": None if run.recording is None else str(run.recording.resolve()),
            "name": None if run.recording is None else run.recording.stem,
            "round": begin,
            "head": begin == head,
        }
        return self.start(run.spec | {"origin": origin, "edits": edits, "play": True})

    def wake(self, run: Run) -> None:
        """Give a sleeping run a worker again; it stands paused where it fell asleep.

        Raises:
            CommandError: There is no place for it.
        """
        with self._lock:
            if not run.asleep:
                return
            self._make_room()
            run.enter("loading", None)
            run.work(self._worker(), resume=True, play=False)
        run.wait_for("paused", "playing", "diverged", "ended", "lost", timeout=20)

    def restart(self, run: Run) -> None:
        """Begin a run that is lost or ended again at round 0, for the same viewers.

        It gets a new recording; what it had recorded stays where it is.

        Raises:
            CommandError: There is no place for it.
        """
        with self._lock:
            if not run.over:
                return
            self._make_room()
            spec = run.spec | ({"origin": None, "edits": []} if run.spec.get("origin") else {})
            run.spec, run.recording = _recorded(spec)
            run.enter("loading", None)
            run.work(self._worker())

    @staticmethod
    def put_to_sleep(run: Run, timeout: float = 5.0) -> bool:
        """Store a run's head and end its process; return whether it could be done."""
        return resting.put_to_sleep(run, timeout)

    def open(self) -> None:
        """Begin to serve: keep a spare from now on."""
        with self._lock:
            self._closed = False
        self.warm()

    def warm(self) -> None:
        """Start the spare worker, unless there is one or a run has only just begun."""
        with self._lock:
            wanted = self.keep_spare and not self._closed
            if self._spare is not None and not self._spare.alive:
                self._spare = None
            if wanted and self._spare is None and self._quiet(SPARE_AFTER):
                self._spare = WorkerProcess()

    def reap(self) -> None:
        """Put long unwatched runs to sleep and drop those that nobody came back to."""
        now = time.monotonic()
        for run in self.runs():
            alone = 0.0 if run.viewers else now - run.unwatched_since
            if run.worker is not None and alone > self.grace and run.state != "loading":
                resting.look_after(run, self.grace)
            elif run.worker is None and alone > FORGET:
                with self._lock:
                    self._runs.pop(run.id, None)
                    self._follow.pop(run.follow_id, None)
        self.warm()

    def evict(self) -> None:
        """Keep the recordings of this user within their limit."""
        home.evict(keep=[run.recording for run in self.runs() if run.recording])

    def stop_all(self, timeout: float = 2.5) -> None:
        """End every worker; each stores its head first."""
        with self._lock:
            self._closed = True
            workers = [run.worker for run in self._runs.values() if run.worker]
            if self._spare:
                workers.append(self._spare)
            self._spare = None
        ends = [threading.Thread(target=worker.close, args=(timeout,)) for worker in workers]
        for end in ends:
            end.start()
        for end in ends:
            end.join()

    def _enter(self, run: Run) -> None:
        before = self._follow.get(run.follow_id)
        if before is not None:
            before.hand_over()
            self._follow[before.follow_id] = before
        self._runs[run.id] = self._follow[run.follow_id] = run

    def _worker(self) -> WorkerProcess:
        worker, self._spare = self._spare, None
        self._last_start = time.monotonic()
        return worker if worker is not None and worker.alive else WorkerProcess()

    def _quiet(self, seconds: float) -> bool:
        return not self._last_start or time.monotonic() - self._last_start > seconds

    def _make_room(self) -> None:
        now = time.monotonic()
        busy = [run for run in self._runs.values() if run.worker is not None]
        idle = sorted(
            (since, index)
            for index, run in enumerate(busy)
            if (since := resting.idle_since(run, now, self.grace)) is not None
        )
        for _, index in idle[: max(0, len(busy) - self.limit + 1)]:
            self.put_to_sleep(busy[index])
        taken = sum(run.worker is not None for run in self._runs.values())
        if taken >= self.limit:
            got = f"{taken} runs that are playing"
            raise CommandError(
                f"fewer than {self.limit} runs at once", got, "Pause or stop one of them first."
            )


def _recorded(spec: dict[str, Any]) -> tuple[dict[str, Any], Path | None]:
    """Make room for a run's recording; without it the run goes on, and its notice says so."""
    spec = {name: value for name, value in spec.items() if name != "notice"}
    try:
        return spec, home.new_recording(str(spec.get("title") or "run"))
    except RecordingError as error:
        return spec | {"notice": str(error)}, None


@functools.cache
def manager() -> RunManager:
    """Return the one manager of this server process."""
    return RunManager()
