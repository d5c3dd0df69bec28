"""When a run writes into its recording, and what happens when it no longer can.

A run records whether or not anybody watches. Frames and snapshots each have a small purse of
time; the newest good moment is also kept in memory, so that a lane can be taken back even when
the disk is full.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.live.moments import Moment
from app.live.pace import Clock, Purse
from app.live.recorder import Recorder
from app.live.recording import Recording
from gen_core.errors import GenLabError, RecordingError

__all__ = ["Journal"]

FRAME_SHARE, FRAME_EVERY = 0.008, 0.5  # of the wall clock; seconds
MOMENT_SHARE, MOMENT_EVERY = 0.006, 2.0


class Journal:
    """The recording of a run, as the engine sees it.

    Args:
        recorder: Writer of the recording; None records nothing.
        clock: Seconds, increasing.

    Attributes:
        good: Newest moment at which every lane was finite.
        problem: Why recording stopped, as a sentence.
    """

    def __init__(self, recorder: Recorder | None, clock: Clock = time.perf_counter) -> None:
        self.recorder = recorder
        self.clock = clock
        self.good: Moment | None = None
        self.problem: str | None = None
        self._frames, self._moments = Purse(FRAME_SHARE, clock), Purse(MOMENT_SHARE, clock)
        self._last_frame = self._last_moment = clock()
        self._shown: tuple[int, ...] | None = None

    @property
    def rounds(self) -> list[int]:
        """Recorded rounds."""
        return self.recorder.rounds if self.recorder else []

    def keep_frame(
        self, at: tuple[int, ...], round: int, make: Callable[[], bytes], *, now: bool = False
    ) -> None:
        """Record what the run looks like, if it is time to.

        Args:
            at: t of every lane; the same is not recorded twice.
            round: Rounds completed.
            make: Computes the frame; called only if it will be stored.
            now: Whether a pause, a step or an end makes it time.
        """
        if self.recorder is None or self.problem or at == self._shown:
            return
        due = self.clock() - self._last_frame >= FRAME_EVERY and self._frames.open()
        if not (now or due):
            return
        with self._frames.paying(free=now):
            data = make()
            self._write(lambda recorder: recorder.add_frame(round, data))
        self._last_frame, self._shown = self.clock(), at

    def keep_moment(self, take: Callable[[], Moment | None], *, now: bool = False) -> None:
        """Keep a moment in memory and on disk, if it is time to and ``take`` finds it good."""
        due = self.clock() - self._last_moment >= MOMENT_EVERY and self._moments.open()
        if not (now or due):
            return
        with self._moments.paying(free=now):
            moment = take()
            if moment is not None:
                self.good = moment
                self._write(lambda to: to.add_snapshot(moment.round, moment.lanes, moment.curves))
        self._last_moment = self.clock()

    def recall_good(self) -> None:
        """Take the newest good moment from the disk, where none is in memory."""
        stored = Recording(self.recorder.folder) if self.recorder and not self.good else None
        for round in sorted(stored.snapshots, reverse=True) if stored else ():
            with contextlib.suppress(GenLabError):  # a damaged one is passed over
                moment = Moment.read(stored, round)
                if moment.is_good():
                    self.good = moment
                    return

    def note(self, **card: object) -> bool:
        """Set fields of the card; return whether they are on the disk."""
        self._write(lambda recorder: recorder.write_card(**card))
        return self.recorder is not None and self.problem is None

    def go_back(self, round: int, marks: list[Mapping[str, Any]]) -> None:
        """The run went back to a round: forget what was recorded after it."""
        self._write(lambda recorder: recorder.truncate(round))
        self.note(marks=marks)
        self._shown = None

    def fall_asleep(self, moment: Moment, **card: object) -> None:
        """Store the head for waking up.

        Raises:
            RecordingError: It cannot be stored, so the process must stay.
        """
        if self.recorder is None or self.problem:
            remedy = self.problem or "Stop the run instead."
            raise RecordingError("a recording to wake up from", "none", remedy)
        self.recorder.put_asleep(moment.lanes, moment.curves, **card)

    def _write(self, action: Callable[[Recorder], None]) -> None:
        if self.recorder is None or self.problem:
            return
        try:
            action(self.recorder)
        except RecordingError as error:
            self.problem = str(error)
