"""A run as the server sees it: its latest frame, its viewers, and what stands behind it.

Behind a run is a worker process, or, when it is asleep, lost or was shipped, a playback of its
recording. Only the latest frame is kept; a viewer gets it when it has painted the last.
"""

import math
import secrets
import threading
import time
from pathlib import Path
from typing import Any

from app.live import commands, frames
from app.live.playback import Playback
from app.live.process import WorkerProcess
from app.live.recording import Recording
from app.live.tidings import take_event
from app.live.viewers import Viewer
from gen_core.errors import CommandError, RecordingError

__all__ = ["Run"]

EMPTY = 1  # version of the frame that a run begins with: it says that the worker loads


class Run:
    """One experiment.

    Args:
        spec: JSON description of the run.
        recording: Its folder or zip file, if it has one.
        follow: Id of an older run's share link to take over.

    Attributes:
        id: Unguessable; whoever has it controls the run.
        follow_id: Unguessable; whoever has it may watch.
        state: As in a frame's header.
        asleep: Whether play wakes it, whatever its recording shows meanwhile.
        over: Whether its process is gone for good, so that reset must start it anew.
        sleepless_since: When it last refused to sleep.
        parting: Why it is being ended, for those who come back.
        latest: Bytes of the newest frame.
    """

    def __init__(
        self, spec: dict[str, Any], recording: Path | None, follow: str | None = None
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self.follow_id = follow or secrets.token_urlsafe(16)
        self.short = secrets.token_hex(3)
        self.spec, self.recording = spec, recording
        self.state, self.message, self.round = "loading", None, 0
        self.version = self.sequence = 0
        self.asleep = self.over = False
        self.sleepless_since = -math.inf
        self.parting: str | None = None
        self.viewers: dict[str, Viewer] = {}
        self.worker: WorkerProcess | None = None
        self.playback: Playback | None = None
        self.resting_since = self.unwatched_since = time.monotonic()
        self.changed = threading.Condition(threading.RLock())
        self.latest = b""
        self.deliver(_empty_frame("loading", None), "loading")

    @property
    def title(self) -> str:
        """What a person calls the run."""
        return str(self.spec.get("title") or "run")

    def work(self, worker: WorkerProcess, **extra: object) -> None:
        """Give the run to a worker that has no other.

        Args:
            worker: A warm spare or a new process.
            **extra: Fields beside the run's own description, such as ``resume``.
        """
        if self.playback:
            self.playback.close()
            self.sequence = max(self.sequence, self.playback.sequence)
        with self.changed:
            self.playback, self.worker, self.asleep = None, worker, False
            self.over, self.parting, self.sleepless_since = False, None, -math.inf
            place = None if self.recording is None else str(self.recording)
            spec = self.spec | {"recording": place, "sequence": self.sequence} | extra
            worker.send({"do": "start", "spec": spec})
            viewers = list(self.viewers.values())
        for viewer in viewers:
            if viewer.subscription:
                self.pass_on(viewer.subscription, viewer.id)
        if viewers:
            self.pass_on(commands.Want(), None)
        worker.connect(
            lambda tag, payload: take_event(self, worker, tag, payload),
            lambda: self._worker_gone(worker),
        )

    def play_back(self, *, state: str, message: str | None, index: int = 0) -> None:
        """Show the run's recording instead of a worker.

        Raises:
            RecordingError: There is none that holds a frame.
        """
        if self.recording is None:
            raise RecordingError("a recording of the run", "none", "Start a new run.")
        past = {"sequence": self.sequence, "message": message, "state": state, "index": index}
        playback = Playback(Recording(self.recording), self.deliver, **past)
        with self.changed:
            self.playback = playback

    def command(
        self, command: commands.Command | dict[str, Any], viewer: Viewer | None = None
    ) -> None:
        """Pass a command on to what stands behind the run.

        Raises:
            CommandError: The run has ended, or the visitor may only watch.
        """
        if isinstance(command, dict):
            command = commands.parse(command)
        if viewer and viewer.role != "control" and not command.follower:
            remedy = "Ask whoever shared this run, or start your own."
            raise CommandError("the link that controls this run", "the link to follow", remedy)
        if isinstance(command, commands.Ack):
            return self.acknowledge(viewer)
        if isinstance(command, commands.Subscribe) and viewer:
            viewer.subscription = command
        self.pass_on(command, viewer.id if viewer else None)

    def pass_on(self, command: commands.Command, viewer: str | None) -> None:
        """Hand a command to the worker or the playback.

        Raises:
            CommandError: Neither is there, or the playback cannot follow it.
        """
        worker, playback = self.worker, self.playback
        if worker is not None:
            worker.send(commands.to_json(command) | {"viewer": viewer})
        elif playback is not None:
            playback.receive(command)
        elif not isinstance(command, (commands.Want, commands.Leave, commands.Subscribe)):
            got = f"one that is {self.state}. {self.message or ''}".strip()
            remedy = "Open its recording or start a new run."
            raise CommandError("a run that is going on", got, remedy)

    def acknowledge(self, viewer: Viewer | None) -> None:
        """A viewer is ready for a newer frame."""
        if viewer is None:
            return
        with self.changed:
            viewer.ready, viewer.painted = True, viewer.seen
            self.changed.notify_all()
        if self.version > viewer.seen:
            viewer.notify()
        else:
            self.pass_on(commands.Want(), None)

    def attach(self, viewer: Viewer) -> None:
        """Let a viewer watch; it gets the newest frame at once."""
        with self.changed:
            self.viewers[viewer.id] = viewer
        viewer.notify()
        self.pass_on(commands.Want(), None)

    def detach(self, viewer: Viewer) -> None:
        """A viewer is gone."""
        with self.changed:
            self.viewers.pop(viewer.id, None)
            if not self.viewers:
                self.unwatched_since = time.monotonic()
        self.pass_on(commands.Leave(), viewer.id)

    def hand_over(self) -> None:
        """Another run takes over the share link: followers shall ask for it again."""
        with self.changed:
            self.follow_id = secrets.token_urlsafe(16)
            viewers = list(self.viewers.values())
        for viewer in viewers:
            if viewer.role == "follow":
                viewer.moved = True
                viewer.notify()
            else:
                viewer.tell("hello", role=viewer.role, run=self.short, follow=self.follow_id)

    def deliver(self, frame: bytes, state: str) -> None:
        """Take a new frame; older ones are forgotten."""
        with self.changed:
            self.latest = frame
            self.version += 1
            self.enter(state, self.message)
            viewers = list(self.viewers.values())
        for viewer in viewers:
            if viewer.ready:
                viewer.notify()

    def enter(self, state: str, message: str | None) -> None:
        """Note the state; viewers are told when it changes."""
        with self.changed:
            moved = state != self.state
            if moved and state not in ("playing", "loading"):
                self.resting_since = time.monotonic()
            self.state, self.message = state, message
            self.changed.notify_all()
            viewers = list(self.viewers.values()) if moved else []
        for viewer in viewers:
            viewer.tell("status", state=state, message=message)

    def wait_for(self, *states: str, timeout: float = 5.0) -> bool:
        """Wait until the run is in one of some states; return whether it is."""
        with self.changed:
            return self.changed.wait_for(lambda: self.state in states, timeout)

    def wait_for_picture(self, timeout: float) -> bool:
        """Wait until a viewer has painted a frame with pictures; return whether one has."""

        def painted() -> bool:
            return any(each.painted > EMPTY for each in self.viewers.values())

        with self.changed:
            return self.changed.wait_for(painted, timeout)

    def end(self, state: str, message: str | None) -> None:
        """No worker is behind the run any more: show its recording, or the last frame."""
        with self.changed:
            self.worker = None
            message = (state == "ended" and self.parting) or message
            self.message, self.asleep = message, state == "asleep"
            self.over = not self.asleep
            header = frames.header(self.latest)
            self.sequence = max(self.sequence, int(header.get("seq", 0))) + 1
        last = frames.patch(self.latest, state=state, message=message, seq=self.sequence)
        if state != "ended":
            try:
                return self.play_back(state=state, message=message, index=-1)
            except RecordingError:
                pass  # nothing was recorded yet; the last frame stays on the screens
        self.deliver(last, state)

    def _worker_gone(self, worker: WorkerProcess) -> None:
        if self.worker is not worker:
            return
        how = worker.farewell()
        message = f"The process of this run is gone ({how}). What it recorded is kept below"
        self.end("lost", f"{message}: scrub through it, or continue from any recorded round.")


def _empty_frame(state: str, message: str | None) -> bytes:
    return frames.encode({}, {
        "v": frames.VERSION, "seq": 0, "round": 0, "head": 0, "state": state, "message": message,
        "speed": None, "lanes": [], "marks": [], "performance": {}, "entries": [], "metrics": {},
        "curves": {}, "errors": [],
    })  # fmt: skip
