"""Looking at lanes for viewers: subscriptions, single looks, and slow probes in slices.

What a frame holds is the union of all subscriptions; before anyone subscribes it is the run's own
probes. A result is kept while models and settings stay as they are, so that two viewers and the
recording cost one computation. A slow probe paints a copy of the models slice by slice, and begins
anew when it is done and the models have moved on.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.live.commands import Look
from app.live.lane import Lane
from app.live.mishaps import MISHAPS, sentence
from app.live.pace import Clock
from gen_core.errors import ProbeError
from gen_core.exploration.base import isolated, probe_key, probe_slices, probes

__all__ = ["Observer", "Wish"]

Wish = tuple[str, dict[str, Any]]
ANSWERED = 1.0  # seconds for which an answer is in the frames: a slow viewer skips some


@dataclass
class _Painting:
    """One probe on one lane, possibly on its way."""

    lane: Lane
    probe: str
    settings: dict[str, Any]
    key: str
    size: int
    t: int
    viewer: str | None = None
    request: int | None = None
    slices: Iterator[dict[str, np.ndarray]] | None = None
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    shown: int | None = None  # t of the arrays: those of an older painting until the first slice
    done: bool = False
    error: str | None = None
    begun: float = 0.0  # clock when the look was asked for
    answered: float | None = None  # when it was first sent whole
    recipe: Any = field(init=False)  # a hot edit makes another, which may show at the same t

    def __post_init__(self) -> None:
        """Note the recipe in force."""
        self.recipe = self.lane.state.recipe

    def advance(self) -> None:
        """Paint the next slice; an error ends the painting with a sentence."""
        try:
            if self.slices is None:
                view = self.lane.view()
                self.t = view.t  # a slow probe may have waited while training went on
                self.slices = probe_slices(view, self.probe, self.settings, self.size)
            self.arrays = next(self.slices)
            self.shown = self.t
            self.done = not _slow(self.probe) or float(self.arrays["progress"]) >= 1
        except StopIteration:
            self.done = True
        except MISHAPS as error:
            self.error, self.done = sentence(error), True

    def entry(self) -> dict[str, Any]:
        """Return the painting's line in a frame's header."""
        progress = self.arrays.get("progress")
        return {
            "lane": self.lane.name,
            "probe": self.probe,
            "key": self.key,
            "settings": self.settings,
            "arrays": sorted(self.arrays),
            "t": self.t if self.shown is None else self.shown,
            "request": self.request,
            "viewer": self.viewer,
            "progress": None if progress is None else float(progress),
            "error": self.error,
        }


class Observer:
    """All looks at a run.

    Args:
        lanes: The run's lanes.
        own: Probes of the run itself; empty for each recipe's defaults.
        clock: Seconds, increasing.
        patient: Whether a recorded frame waits for its slow probes, instead of showing what is
            painted by then.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        own: Iterable[Wish] = (),
        clock: Clock = time.perf_counter,
        *,
        patient: bool = False,
    ) -> None:
        self.lanes, self.clock, self.patient = lanes, clock, patient
        self.own = list(own)
        self._subscriptions: dict[str, tuple[Wish, ...]] = {}
        self._looks: dict[tuple[str, str], list[_Painting]] = {}
        self._painted: dict[tuple[str, str], _Painting] = {}  # newest by lane and key

    def subscribe(self, viewer: str, wishes: Iterable[Wish]) -> list[str]:
        """Replace what a viewer wants; return a sentence for each wish that cannot be met."""
        met, refused = [], []
        for probe, settings in wishes:
            try:
                probe_key(probe, settings)
                met.append((probe, settings))
            except ProbeError as error:
                refused.append(str(error))
        self._subscriptions[viewer] = tuple(met)
        self._prune()
        return refused

    def leave(self, viewer: str) -> None:
        """Forget a viewer that is gone."""
        self._subscriptions.pop(viewer, None)
        self._prune()
        for key in [key for key in self._looks if key[0] == viewer]:
            del self._looks[key]

    def look(self, viewer: str, wish: Look, largest: int) -> None:
        """Begin one look; the viewer's older look through the same probe is dropped.

        Raises:
            ProbeError: The probe or a setting does not exist.
        """
        key = f"{probe_key(wish.probe, wish.settings)}#{viewer}"
        what = (wish.probe, wish.settings, key, min(wish.size, largest))
        self._looks[viewer, wish.probe] = [
            _Painting(lane, *what, lane.state.t, viewer, wish.request)
            for lane in self.lanes
            if probes()[wish.probe].suits(lane.state.recipe)
        ]

    def forget(self) -> None:
        """The lanes were replaced: nothing painted so far shows them."""
        self._painted.clear()
        self._looks.clear()

    def gather(
        self, size: int, *, own: bool = False, moving: bool = False
    ) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
        """Look at every lane now.

        Args:
            size: Side of a map.
            own: Only the run's own probes (for the recording), not those of viewers.
            moving: Whether the run plays, so that summaries may be as old as their probes allow.

        Returns:
            Arrays by ``lane/key/array`` and the entries of the header.
        """
        arrays: dict[str, np.ndarray] = {}
        entries = []
        shown = [self._current(lane, *wish, size, moving) for lane, wish in self._union(own)]
        if not own:
            shown += [each for looks in self._looks.values() for each in looks]
        for lane in self.lanes:
            due = [each for each in shown if each.lane is lane and not each.done]
            due = [each for each in due if not _slow(each.probe)]
            if due:
                with isolated(lane.view().models):
                    for painting in due:
                        painting.advance()
        for painting in shown:
            while own and self.patient and not painting.done:
                painting.advance()
            entries.append(painting.entry())
            for name, array in painting.arrays.items():
                arrays[f"{painting.lane.name}/{painting.key}/{name}"] = array
        if not own:
            self._retire()
        return arrays, entries

    def advance(self) -> bool:
        """Paint one slice of one look or slow probe; return whether there was any to paint.

        Looks go first, then what has waited longest: lanes that train ask anew all the time.
        """
        waiting = [each for looks in self._looks.values() for each in looks if not each.done]
        painted = [each for each in self._painted.values() if not each.done]
        waiting += sorted(painted, key=lambda each: each.begun)
        if waiting:
            waiting[0].advance()
        return bool(waiting)

    def _retire(self) -> None:
        """Drop the looks that every viewer has had time to see."""
        now = self.clock()
        for asked, looks in list(self._looks.items()):
            for each in looks:
                if each.done and each.answered is None:
                    each.answered = now
            self._looks[asked] = [
                each for each in looks if each.answered is None or now - each.answered < ANSWERED
            ]
            if not self._looks[asked]:
                del self._looks[asked]

    def _prune(self) -> None:
        """Drop what was painted for a wish that nobody has any more."""
        wishes = self._union(own=False) + self._union(own=True)
        kept = {(lane.name, probe_key(*wish)) for lane, wish in wishes}
        self._painted = {key: each for key, each in self._painted.items() if key in kept}

    def _union(self, own: bool) -> list[tuple[Lane, Wish]]:
        subscribed = [wish for wishes in self._subscriptions.values() for wish in wishes]
        wanted: dict[tuple[str, str], tuple[Lane, Wish]] = {}
        for lane in self.lanes:
            of_run = self.own or [(name, {}) for name in lane.state.recipe.default_probes]
            for probe, settings in of_run if own or not self._subscriptions else subscribed:
                if probes()[probe].suits(lane.state.recipe):
                    wanted[lane.name, probe_key(probe, settings)] = lane, (probe, settings)
        return list(wanted.values())

    def _current(
        self, lane: Lane, probe: str, settings: dict[str, Any], size: int, moving: bool
    ) -> _Painting:
        key = probe_key(probe, settings)
        before = self._painted.get((lane.name, key))
        same = before and before.t == lane.state.t and before.recipe is lane.state.recipe
        if before and same and (before.size == size or _slow(probe)):
            return before
        if before and _slow(probe) and not before.done:
            return before
        now = self.clock()
        if before and moving and before.done and now - before.begun < probes()[probe].every:
            return before
        painting = _Painting(lane, probe, settings, key, size, lane.state.t, begun=now)
        if _slow(probe) and before:  # show the finished picture until the next has begun
            painting.arrays, painting.shown = before.arrays, before.shown
        self._painted[lane.name, key] = painting
        return painting


def _slow(probe: str) -> bool:
    return probes()[probe].slow
