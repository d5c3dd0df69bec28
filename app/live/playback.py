"""Playing a recording: stored frames at a chosen pace, without any model and without torch.

A recording of a run that is asleep, lost or shipped with the project answers the same commands
as a live run as far as stored frames can: play, pause, step, seek, speed. A frame is read only
when a viewer wants one.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from app.live import commands, frames
from app.live.recording import Recording
from gen_core.errors import CommandError, RecordingError

__all__ = ["Playback"]

FRAMES_PER_SECOND = 12.0


class Playback:
    """A cursor over a recording.

    Args:
        recording: What to show.
        deliver: Takes a frame and the state it shows.
        sequence: Number of the last frame that viewers have seen.
        message: A sentence that every frame carries, such as why the run was lost.
        state: State shown until somebody plays or seeks.

    Raises:
        RecordingError: The recording holds no frame.
    """

    def __init__(
        self,
        recording: Recording,
        deliver: Callable[[bytes, str], None],
        *,
        sequence: int = 0,
        message: str | None = None,
        state: str = "paused",
        index: int = 0,
    ) -> None:
        self.recording, self.deliver = recording, deliver
        self.sequence, self.message, self.state = sequence, message, state
        self.speed: float | None = None
        self.index = index if index >= 0 else len(recording.frames) - 1
        self._news = threading.Condition(threading.RLock())
        self._wanted = self._changed = False
        self._player: threading.Thread | None = None
        self._shown = b""
        last, _ = frames.decode(self._readable(len(recording.frames) - 1)[0])
        self._whole = {name: array for name, array in last.items() if frames.is_curve(name)}
        self._show()

    def receive(self, command: commands.Command) -> None:
        """Carry out a command.

        Raises:
            CommandError: Stored frames cannot do that.
        """
        with self._news:
            match command:
                case commands.Want():
                    self._wanted = True
                    if self._changed:
                        self._show()
                    return
                case commands.Leave() | commands.Subscribe():
                    return
                case commands.Play():
                    self._play()
                case commands.Pause():
                    self.state = "paused"
                case commands.Stop():
                    self.state = "ended"
                case commands.Seek(round=round):
                    self.index, self.state = self.recording.at(round), "seeking"
                case commands.Step(n=n):
                    self.index = min(self.index + n, len(self.recording.frames) - 1)
                    self.state = "paused"
                case commands.Speed(rounds_per_second=speed):
                    self.speed = speed
                case commands.Reset():
                    self.index, self.state = 0, "paused"
                case _:
                    expected = "a command that a recording can follow (play, pause, step, seek)"
                    remedy = "Continue from here to train on in a new run."
                    raise CommandError(expected, repr(command.do), remedy)
            self._show()
            self._news.notify_all()

    def close(self) -> None:
        """Stop playing."""
        with self._news:
            self.state = "paused"
            self._news.notify_all()

    def _play(self) -> None:
        if self.index >= len(self.recording.frames) - 1:
            self.index = 0
        self.state = "playing"
        if self._player is None:
            self._player = threading.Thread(target=self._run, name="playback", daemon=True)
            self._player.start()

    def _run(self) -> None:
        with self._news:
            try:
                self._advance()
            finally:  # still holding the lock: whoever plays next sees that nobody does
                self._player = None
                if self.state == "playing":
                    self.state = "paused"
                    self._show()

    def _advance(self) -> None:
        due = time.monotonic()
        while self.state == "playing" and self.index + 1 < len(self.recording.frames):
            due = max(due, time.monotonic() - 0.5) + self._pause_before_next()
            while self.state == "playing" and (wait := due - time.monotonic()) > 0:
                self._news.wait(wait)
            if self.state != "playing":
                return
            self.index += 1
            self._changed = True
            if self._wanted:
                self._show()

    def _pause_before_next(self) -> float:
        if self.speed is None:
            return 1.0 / FRAMES_PER_SECOND
        rounds = self.recording.rounds
        return max(0.02, (rounds[self.index + 1] - rounds[self.index]) / self.speed)

    def _show(self) -> None:
        """Deliver the frame under the cursor, patched to say where it stands.

        Where no frame can be read any more, the last one stays and says why.
        """
        self.sequence += 1
        self._wanted = self._changed = False
        try:
            stored, self.index = self._readable(self.index)
            self._shown = self._recall(stored)
        except RecordingError as error:
            if not self._shown:
                raise
            self.state = "paused"
            changes = {"seq": self.sequence, "state": self.state, "message": str(error)}
            self._shown = frames.patch(self._shown, **changes)
        self.deliver(self._shown, self.state)

    def _recall(self, stored: bytes) -> bytes:
        rounds = self.recording.rounds
        changes: dict[str, Any] = {
            "seq": self.sequence,
            "round": rounds[self.index],
            "head": rounds[-1],
            "state": self.state,
            "message": self.message,
            "speed": self.speed,
            "marks": self.recording.card.get("marks", []),
            "playback": True,
            "errors": [],
        }
        whole = self._whole | {frames.TIMELINE: np.array(rounds, np.int32)}
        return frames.recall(stored, whole, **changes)

    def _readable(self, index: int) -> tuple[bytes, int]:
        """Read a frame, or its nearest earlier neighbour that is whole; return where it stands.

        A run that still records may have thinned the frame away, so the names are read again,
        once; a frame that is still there is damaged and no longer listed.
        """
        recording, again = self.recording, False
        while True:
            entry = recording.entry(index)
            try:
                stored = recording.frame(index)
                frames.decode(stored)
                return stored, index
            except RecordingError:
                if not again:
                    recording.refresh()
                    again = True
                if entry in recording.frames:
                    recording.drop(entry)
                index = recording.at(entry.round)
