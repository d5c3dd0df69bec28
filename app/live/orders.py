"""What each command does to an engine."""

import contextlib
import secrets
from dataclasses import asdict
from functools import singledispatchmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.live import commands
from app.live.history import History
from app.live.home import free_name
from app.live.lane import Lane
from app.live.lockstep import StepGoal
from app.live.origins import expand, first_lane
from gen_core.checkpoint import card_of, save
from gen_core.errors import CheckpointError, CommandError, RecordingError, SettingError
from gen_core.recipes.settings import Value

if TYPE_CHECKING:
    from app.live.engine import Engine

__all__ = ["Orders"]


class Orders:
    """Carries out commands on one engine."""

    def __init__(self, engine: "Engine") -> None:
        self.engine = engine

    def carry_out(self, command: commands.Command, viewer: str) -> None:
        """Do what a command says.

        Raises:
            GenLabError: It cannot be done now; nothing has changed then.
        """
        if self.engine.over:
            expected, remedy = "a run that is going on", "Open its recording or start a new run."
            raise CommandError(expected, f"one that is {self.engine.state}", remedy)
        self._do(command, viewer)

    @singledispatchmethod
    def _do(self, command: commands.Command, viewer: str) -> None:
        raise CommandError("a command for a worker", repr(command.do), "Send it to the server.")

    @_do.register
    def _(self, command: commands.Want, viewer: str) -> None:
        self.engine.wanted = True

    @_do.register
    def _(self, command: commands.Leave, viewer: str) -> None:
        self.engine.observer.leave(viewer)

    @_do.register
    def _(self, command: commands.Subscribe, viewer: str) -> None:
        engine = self.engine
        for sentence in engine.observer.subscribe(viewer, command.probes):
            engine.event("error", message=sentence, viewer=viewer)
        self._ask()

    @_do.register
    def _(self, command: commands.Look, viewer: str) -> None:
        moving = self.engine.state in ("playing", "loading")
        self.engine.observer.look(viewer, command, 64 if moving else 256)
        self._ask()

    @_do.register
    def _(self, command: commands.Play, viewer: str) -> None:
        engine = self.engine
        if engine.state == "loading":
            engine.plays = engine.spec.train
            return
        self._trainable()
        engine.goal = None
        engine.tempo.set(engine.tempo.limit)
        engine.enter("playing")

    @_do.register
    def _(self, command: commands.Pause, viewer: str) -> None:
        engine = self.engine
        engine.plays = False
        if engine.state == "playing":
            engine.goal = None
            engine.enter("paused")
            engine.record(now=True)
        else:  # tell whoever asked how things stand
            engine.enter(engine.state, engine.message)

    @_do.register
    def _(self, command: commands.Step, viewer: str) -> None:
        self._trainable()
        engine = self.engine
        engine.goal = StepGoal.of(engine.lanes, command.n, command.player)
        engine.tempo.set(engine.tempo.limit)
        engine.enter("playing")

    @_do.register
    def _(self, command: commands.Speed, viewer: str) -> None:
        self.engine.tempo.set(command.rounds_per_second)
        self.engine.enter(self.engine.state, self.engine.message)

    @_do.register
    def _(self, command: commands.SetValue, viewer: str) -> None:
        engine = self.engine
        self._loaded()
        lanes = [lane for lane in self._lanes(command.lane) if lane.status != "frozen"]
        if command.lane == "*":
            lanes = [lane for lane in lanes if command.name in lane.hot()]
        if not lanes:
            hot = ", ".join(dict.fromkeys(name for each in engine.lanes for name in each.hot()))
            expected = f"a setting that may change during a run ({hot})"
            raise SettingError(expected, repr(command.name), "Start a new run for others.")
        for lane in lanes:  # all or none
            lane.state.recipe.edited(command.name, command.value)
        for lane in lanes:
            self._edit(lane, command.name, command.value)
        engine.journal.note(marks=engine.marks)
        seeking = engine.state == "seeking"
        engine.enter("paused" if seeking else engine.state, engine.message)

    @_do.register
    def _(self, command: commands.Seek, viewer: str) -> None:
        engine = self.engine
        self._loaded()
        if engine.state == "diverged":
            raise CommandError("a healthy run", engine.message, "Go back or freeze the lane.")
        if not engine.journal.rounds:
            remedy = engine.journal.problem or "Play first."
            raise CommandError("a recorded round", "a run without a recording", remedy)
        engine.goal = None
        engine.record(now=True)
        engine.enter("seeking")
        engine.cursor = command.round

    @_do.register
    def _(self, command: commands.Save, viewer: str) -> None:
        engine = self.engine
        places = [(lane.spec.stem, lane.spec.name) for lane in engine.lanes]
        title, paths = free_name(command.name, places)
        recording = Path(engine.spec.recording).name if engine.spec.recording else None
        together = secrets.token_hex(8)
        try:
            for lane, path in zip(engine.lanes, paths, strict=True):
                origin = f"lane {lane.name} of the run {engine.spec.title!r}, saved from its page"
                card = card_of(lane.state, origin, engine.measurer.values[lane.name])
                card |= {"title": title, "label": lane.spec.label, "lane": asdict(lane.spec)}
                card |= {"recording": recording, "save": together}  # its picture, its other lanes
                save(path, lane.snapshot(), card)
        except CheckpointError:
            for path in [*paths, *(path.with_suffix(".json") for path in paths)]:
                with contextlib.suppress(OSError):  # all lanes or none
                    path.unlink()
            raise
        engine.event("saved", name=title, viewer=viewer, paths=[str(path) for path in paths])
        if not engine.journal.note(saved=True, title=title):
            why = engine.journal.problem or "This run has no recording."
            message = f"The checkpoints are saved, the recording is not kept. {why}"
            engine.event("error", message=message, viewer=viewer)

    @_do.register
    def _(self, command: commands.Sleep, viewer: str) -> None:
        engine = self.engine
        self._loaded()
        card = {"pending": engine.pending, "marks": engine.marks, "head": engine.round}
        engine.record(now=True)
        try:
            engine.journal.fall_asleep(engine.moment(), **card)
        except RecordingError as error:
            if engine.state == "playing":  # who cannot sleep shall at least not work on
                engine.goal = None
                engine.enter("paused", str(error))
            raise
        self._end("asleep")

    @_do.register
    def _(self, command: commands.Stop, viewer: str) -> None:
        engine = self.engine
        engine.record(now=True)
        engine.journal.note(marks=engine.marks, head=engine.round)
        self._end("ended")

    @_do.register
    def _(self, command: commands.Reset, viewer: str) -> None:
        engine = self.engine
        states = [first_lane(engine.spec, lane.spec).state for lane in engine.lanes]
        for lane, state in zip(engine.lanes, states, strict=True):
            lane.use(state)
            lane.history, lane.status, lane.message = History(), "ok", None
        engine.marks = []
        engine.pending = expand(
            engine.spec.edits if engine.spec.origin is None else (), engine.lanes
        )
        self._gone_back(0)

    @_do.register
    def _(self, command: commands.Recover, viewer: str) -> None:
        engine = self.engine
        moment = engine.journal.good
        ill = [lane for lane in self._lanes(command.lane) if lane.status == "diverged"]
        if engine.state != "diverged" or not ill:
            raise CommandError("a diverged lane", "none", "Nothing needs recovering.")
        if moment is None:
            remedy = "Begin again, or start a new run."
            raise CommandError("a finite moment to go back to", "none", remedy)
        if command.how == "back":
            moment.restore(engine.lanes)
            engine.marks = moment.marks()
            self._gone_back(moment.round)
            return
        for lane in ill:
            message = lane.message
            moment.restore([lane])
            lane.message = message
            lane.freeze()
        engine.observer.forget()
        engine.enter("playing" if next(iter(self._alive()), None) else "paused")

    def _ask(self) -> None:
        """Send a frame for who only watches: while training goes on, it pays for it."""
        engine = self.engine
        engine.wanted = engine.changed = True
        engine.urgent |= engine.state not in ("playing", "loading")

    def apply_pending(self, lane: Lane) -> None:
        """Make the edits that were waiting for this lane to come to their t."""
        engine = self.engine
        due = [each for each in engine.pending if self._due(each, lane)]
        for edit in due:
            with contextlib.suppress(ValueError):
                engine.pending.remove(edit)
            try:
                self._edit(lane, edit["name"], edit["value"])
            except SettingError as error:
                engine.errors.append(str(error))
        if due:
            engine.journal.note(marks=engine.marks)

    def _due(self, edit: dict[str, Any], lane: Lane) -> bool:
        return edit["lane"] == lane.name and edit["t"] <= lane.state.t

    def _edit(self, lane: Lane, name: str, value: Value) -> None:
        made = lane.edit(name, value)
        place = {"t": made.t, "lane": lane.name, "name": name}
        earlier = [mark for mark in self.engine.marks if not place.items() <= mark.items()]
        mark = {"round": lane.state.round} | place | {"value": made.value}
        self.engine.marks[:] = [*earlier, mark]

    def _gone_back(self, round: int) -> None:
        engine = self.engine
        engine.goal = None
        engine.observer.forget()
        engine.measurer.forget()
        engine.journal.go_back(round, engine.marks)
        engine.enter("paused")
        engine.journal.keep_moment(engine.good_moment, now=True)
        engine.record(now=True)

    def _end(self, state: str) -> None:
        engine = self.engine
        engine.goal = None
        engine.enter(state)
        engine.send_last()

    def _lanes(self, name: str) -> list[Lane]:
        found = [lane for lane in self.engine.lanes if name in ("*", lane.name)]
        if not found:
            known = ", ".join(lane.name for lane in self.engine.lanes)
            raise CommandError(f"a lane ({known}) or *", repr(name), "Choose one of these.")
        return found

    def _alive(self) -> list[Lane]:
        return [lane for lane in self.engine.lanes if lane.status == "ok"]

    def _loaded(self) -> None:
        if self.engine.state == "loading":
            got = self.engine.message or "one that loads"
            raise CommandError("a run that has loaded", got, "Wait a moment.")

    def _trainable(self) -> None:
        engine = self.engine
        self._loaded()
        if engine.state == "diverged":
            remedy = "Go back to the last good snapshot, or freeze the lane and go on."
            raise CommandError("a healthy run", engine.message, remedy)
        if not engine.spec.train:
            remedy = "Continue its checkpoint from the checkpoints page."
            raise CommandError("a run that trains", "one that only looks", remedy)
