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
        last, _ = frames.decode(recording.frame(len(recording.frames) - 1))
        self._whole = {name: array for name, array in last.items() if frames.is_curve(name)}
        self._whole[frames.TIMELINE] = np.array(recording.rounds, np.int32)
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
        if self._player is None or not self._player.is_alive():
            self._player = threading.Thread(target=self._run, name="playback", daemon=True)
            self._player.start()

    def _run(self) -> None:
        due = time.monotonic()
        with self._news:
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
            if self.state == "playing":
                self.state = "paused"
                self._show()

    def _pause_before_next(self) -> float:
        if self.speed is None:
            return 1.0 / FRAMES_PER_SECOND
        rounds = self.recording.rounds
        return max(0.02, (rounds[self.index + 1] - rounds[self.index]) / self.speed)

    def _show(self) -> None:
        """Deliver the frame under the cursor, patched to say where it stands."""
        while True:
            try:
                stored = self.recording.frame(self.index)
                break
            except RecordingError:  # thinned away by a run that still records
                round = self.recording.rounds[self.index]
                self.recording.refresh()
                self.index = self.recording.at(round)
                if not self.recording.frames:
                    raise
        self.sequence += 1
        card = self.recording.card
        changes: dict[str, Any] = {
            "seq": self.sequence,
            "round": self.recording.rounds[self.index],
            "head": self.recording.rounds[-1],
            "state": self.state,
            "message": self.message,
            "speed": self.speed,
            "marks": card.get("marks", []),
            "playback": True,
            "errors": [],
        }
        self._wanted = self._changed = False
        self.deliver(frames.recall(stored, self._whole, **changes), self.state)
