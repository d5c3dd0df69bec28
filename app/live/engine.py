"""The engine of a worker: lanes in lockstep, under commands, watched without being touched.

Pure Python over ``gen_core``: no process, no thread, no socket. Whoever owns an engine calls
:meth:`Engine.receive` for each command and :meth:`Engine.tick` in a loop; between two updates of
training it looks at the clock, sends a frame if somebody wants one and the purse allows it, and
advances slow looks and metrics by a slice. The laws it keeps: pause stops before the next
update; watching changes no number; a fork equals the unbroken run bit for bit; a lane that is
not finite pauses the run and is named.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from app.live import commands
from app.live.composing import FRAMES_PER_SECOND, Composer
from app.live.journal import Journal
from app.live.lockstep import Replay, StepGoal, current_round, next_lane
from app.live.measuring import Measurer
from app.live.mishaps import MISHAPS, sentence
from app.live.moments import Moment
from app.live.observing import Observer
from app.live.orders import Orders
from app.live.origins import begin
from app.live.pace import Clock, Meter, Purse, Tempo
from app.live.recorder import Recorder
from app.live.recording import Recording
from app.live.runspec import RunSpec
from gen_core.errors import GenLabError
from gen_core.training.devices import describe

__all__ = ["Engine"]

FRAME_SHARE = 0.07  # of the wall clock; with recording and metrics below 10 % in all
METRIC_SHARE = 0.01
PAINT_SHARE = 0.05  # slow probes, where somebody looks at one
LATE = 0.15  # seconds after which a frame no longer waits for the end of a round

Send = Callable[[bytes, bytes], None]


class Engine:
    """One run.

    Args:
        spec: What to run.
        send: Takes a tag (``b"F"`` frame, ``b"J"`` JSON event) and bytes.
        clock: Seconds, increasing.
        patient: Whether recorded frames wait for slow probes: where nobody waits for the run.

    Attributes:
        state: ``loading playing paused seeking diverged asleep ended``.
        message: A sentence about the state.

    Raises:
        GenLabError: The run cannot be built.
    """

    def __init__(
        self,
        spec: RunSpec,
        send: Send,
        clock: Clock = time.perf_counter,
        *,
        patient: bool = False,
    ) -> None:
        self.spec, self.send, self.clock = spec, send, clock
        start = begin(spec)
        self.lanes, self.marks, self.pending = start.lanes, start.marks, start.pending
        self.observer = Observer(self.lanes, spec.probes, clock, patient=patient)
        self.measurer = Measurer(self.lanes)
        self.tempo, self.meter = Tempo(clock), Meter(clock)
        self.frame_tempo = Tempo(clock)
        self.frame_tempo.set(FRAMES_PER_SECOND)
        self.frame_purse = Purse(FRAME_SHARE, clock)
        self.metric_purse = Purse(METRIC_SHARE, clock)
        self.paint_purse = Purse(PAINT_SHARE, clock)
        self.state, self.message = "paused", None
        self.goal: StepGoal | Replay | None = None
        self.cursor: int | None = None
        self.wanted, self.urgent, self.changed = False, True, True
        self.errors = [spec.notice] if spec.notice else []
        self.plays = spec.play and spec.train
        self._last_frame = self._last_state = 0.0
        self._slow = [
            (self.observer.advance, self.paint_purse),
            (self.measurer.advance, self.metric_purse),
        ]
        self._told: str | None = None
        self.journal = Journal(self._recorder(start.past, start.round), clock)
        self.orders, self.composer = Orders(self), Composer(self)
        if start.round is not None and not self._at(start.round):
            self.goal = Replay(start.round, current_round(self.lanes))
            self.state, self.message = "loading", f"Replaying to round {start.round}."
        else:
            self.arrive()

    @property
    def over(self) -> bool:
        """Whether the run has ended or fallen asleep."""
        return self.state in ("ended", "asleep")

    @property
    def round(self) -> int:
        """Rounds that every lane has completed: the head."""
        return current_round(self.lanes)

    def receive(self, command: commands.Command, viewer: str | None = None) -> None:
        """Carry out a command, or tell the viewer in a sentence why not."""
        try:
            self.orders.carry_out(command, viewer or "")
        except MISHAPS as error:
            self.event("error", message=sentence(error), viewer=viewer)

    def tick(self) -> float | None:
        """Do one small piece of work; what goes wrong pauses the run and is said.

        Returns:
            Seconds until there may be more to do; 0 for at once, None for a command only.
        """
        if self.over:
            return None
        try:
            return self._work()
        except MISHAPS as error:
            self.goal, self.plays = None, False
            self.event("error", message=sentence(error), viewer=None)
            if self.state in ("paused", "diverged"):
                return None  # it would fail again
            self.enter("paused", sentence(error))
            return 0.0

    def _work(self) -> float | None:
        if self.state == "playing" or isinstance(self.goal, Replay):
            wait = 0.0 if self.goal else self.tempo.wait()
            if wait <= 0:
                self._train()
                self._look_up()
                return 0.0
            worked = self._look_up()
            return 0.0 if worked else min(wait, 0.25)
        return 0.0 if self._look_up(still=True) else None

    def event(self, event: str, /, **fields: object) -> None:
        """Send a JSON event."""
        self.send(b"J", json.dumps({"event": event} | fields).encode())

    def enter(self, state: str, message: str | None = None) -> None:
        """Change state; the next frame goes out at once."""
        self.state, self.message = state, message
        self.urgent = self.changed = True
        if state != "seeking":
            self.cursor = None
        if state != "playing":
            self.meter.rest()

    def arrive(self) -> None:
        """The lanes stand where the run begins: record that, then play or wait."""
        self.pending = [edit for edit in self.pending if self._ahead(edit)]
        self.goal = None
        self.journal.note(marks=self.marks, head=self.round)
        self.enter("playing" if self.plays else "paused")
        self.journal.keep_moment(self.good_moment, now=True)
        if self.state == "diverged":  # a sleeper that slept ill, or a bad checkpoint
            self.journal.recall_good()
        if self.round not in self.journal.rounds:  # a fork's or a sleeper's past shows it already
            self.record(now=True)

    def moment(self) -> Moment:
        """Hold on to the run as it is."""
        return Moment.take(self.lanes, self.marks)

    def good_moment(self) -> Moment | None:
        """Hold on to the run if every parameter of every lane is finite; else pause it."""
        ill = [lane for lane in self.lanes if not lane.examine()]
        if ill:
            self.goal = None
            self.enter("diverged", ill[0].message)
            return None
        return self.moment()

    def record(self, *, now: bool = False) -> None:
        """Record what the run looks like, if it is time to."""
        at = tuple(lane.state.t for lane in self.lanes)
        self.journal.keep_frame(at, self.round, lambda: self.composer.live(own=True), now=now)

    def send_last(self) -> None:
        """Send the frame that stays on the screens when the process is gone."""
        self._emit(free=True)

    def _recorder(self, past: Recording | None, round: int | None) -> Recorder | None:
        if self.spec.recording is None:
            return None
        card = {
            "title": self.spec.title,
            "spec": self.spec.to_json(),
            "parent": self.spec.origin,
            "seed": self.spec.seed,
            "lanes": [lane.outside() for lane in self.lanes],
            "device": describe(self.lanes[0].state.device),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
        }
        try:
            recorder = Recorder(Path(self.spec.recording), card)
            if past is not None and round is not None:
                recorder.adopt(past, round)
        except GenLabError as error:
            self.errors.append(str(error))
            return None
        return recorder

    def _at(self, round: int) -> bool:
        return all(lane.state.round >= round for lane in self.lanes if lane.status == "ok")

    def _ahead(self, edit: dict[str, Any]) -> bool:
        lanes = [lane for lane in self.lanes if edit["lane"] in ("*", lane.name)]
        # a fork's replay has passed these edits, unless they were made at its very end
        return self.spec.origin is None or any(edit["t"] == lane.state.t for lane in lanes)

    def _train(self) -> None:
        lane = next_lane(self.lanes, self.goal.prefer if self.goal else None)
        if lane is None:
            self.goal = None
            return self.enter("paused", "No lane is left to train.")
        self.orders.apply_pending(lane)
        start = self.clock()
        step = lane.update()
        boundary = all(each.state.position == 0 for each in self.lanes if each.status == "ok")
        self.meter.count(self.clock() - start, step.round_done and boundary)
        ok = [each for each in self.lanes if each.status == "ok"]
        self.tempo.count(sum(len(each.state.schedule) for each in ok) or 1)
        self.changed = True
        if lane.status == "diverged":
            self.goal = None
            return self.enter("diverged", lane.message)
        if self.goal:
            self.goal.count(lane, step)
            if self.goal.done(self.lanes):
                return self._reached()
        if boundary and self.state == "playing":
            self.journal.keep_moment(self.good_moment)
            self.record()

    def _reached(self) -> None:
        if isinstance(self.goal, Replay):
            return self.arrive()
        self.goal = None
        self.enter("paused")
        self.record(now=True)

    def _look_up(self, still: bool = False) -> bool:
        """Between updates: frames, looks, metrics. Return whether anything was done."""
        now = self.clock()
        if now - self._last_state > 1.0 and self.state == "playing":
            self._tell_state()
        if self.urgent or (self.wanted and self.changed and self._frame_time(now, still)):
            self._emit(free=self.urgent or still)
            return True
        for work, purse in self._slow:
            if not (still or purse.open()):
                continue
            with purse.paying(free=still):
                worked = work()
            if worked:
                self._slow.reverse()  # they take turns, also where both are free
                self.changed = True
                return True
        return False

    def _frame_time(self, now: float, still: bool) -> bool:
        if still:
            return True
        if self.frame_tempo.wait() > 0:
            return False
        paced = self.tempo.limit is not None and self.tempo.limit < 20
        boundary = all(lane.state.position == 0 for lane in self.lanes if lane.status == "ok")
        return (boundary or paced or now - self._last_frame > LATE) and self.frame_purse.open()

    def _emit(self, free: bool) -> None:
        self.wanted = self.urgent = self.changed = False
        with self.frame_purse.paying(free=free):
            still = self.state == "seeking"
            self.send(b"F", self.composer.recalled() if still else self.composer.live())
        self._last_frame = self.clock()
        self.frame_tempo.count(1)
        if self._told != self.state:  # after the frame: who hears of a state can show it
            self._tell_state()
        if not free:
            self.composer.fit(self.frame_purse)

    def _tell_state(self) -> None:
        self._last_state, self._told = self.clock(), self.state
        t = max(lane.state.t for lane in self.lanes)
        self.event("state", state=self.state, message=self.message, round=self.round, t=t)
