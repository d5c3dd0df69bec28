"""Guided tours: steps that set a live run, ask for a prediction, and then reveal.

A tour is the data of ``app/text/<page>.tour.json``; ``docs/lessons.md`` says how to write one. It
is checked when it is read, and each fault is a sentence that names the step.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.live import commands
from app.preset import Preset
from gen_core.errors import CommandError, SettingError, TourError

__all__ = ["Question", "Step", "Tour", "misfits", "parse", "tour_of"]

_TEXT = Path(__file__).parent / "text"
_MOST_WORDS = 60  # of a step's text: what a room reads while somebody talks
_ACTIONS = ("play", "pause", "step", "set", "speed", "seek", "reset")
_PANELS = ("field", "curves", "histogram", "lines", "atlas")
_PARTS = ("play", "step", "speed", "timeline", "fork", "reset", "metrics")
_WAITS = ("round", "rounds", "state")


@dataclass(frozen=True)
class Question:
    """A prediction: what is asked, two to four choices, the index of the right one, and why."""

    asks: str
    choices: tuple[str, ...]
    right: int
    reason: str


@dataclass(frozen=True)
class Step:
    """One card of a tour.

    Attributes:
        title: What it is about.
        text: At most 60 words.
        look: What is ringed: ``"field:gp"``, ``"control:clip.clip"``, ``"timeline"``, or nothing.
        actions: Commands of the engine, sent when the step is reached for the first time.
        question: What to predict, or None.
        reveal: Commands sent once the prediction is made, before its answer is shown.
        wait: What the answer waits for: ``round`` of the head, ``rounds`` more, or a ``state``.
    """

    title: str
    text: str
    look: str = ""
    actions: tuple[Mapping[str, Any], ...] = ()
    question: Question | None = None
    reveal: tuple[Mapping[str, Any], ...] = ()
    wait: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Tour:
    """A page's tour: the presets that it explains, and six to ten steps."""

    presets: tuple[str, ...]
    steps: tuple[Step, ...]

    def layout(self, opened: int = 0) -> dict[str, Any]:
        """Return what the viewer needs.

        Args:
            opened: Step that is open at once, counted from 1; 0 leaves the tour closed.
        """
        return {"steps": [asdict(step) for step in self.steps], "open": opened}


@lru_cache
def tour_of(page: str) -> Tour | None:
    """Return a page's tour, or None if it has none.

    Example:
        >>> tour_of("critic").steps[0].title
        'Two critics, one start'
        >>> tour_of("home")
    """
    path = _TEXT / f"{page}.tour.json"
    return parse(path.read_text(encoding="utf-8")) if path.is_file() else None


def parse(source: str) -> Tour:
    """Read a tour.

    Args:
        source: JSON text of an object with ``presets`` and ``steps``.

    Raises:
        TourError: The first thing that does not fit; it names the step.
    """
    try:
        fields = json.loads(source)
    except ValueError as error:
        raise TourError("a tour as JSON", str(error), "Mend the file.") from error
    fields = _known("the tour", fields, {"presets", "steps"})
    presets, steps = fields.get("presets"), fields.get("steps")
    if not isinstance(presets, list) or not all(isinstance(name, str) for name in presets):
        raise TourError("a list of preset names", repr(presets), "Say whom the tour explains.")
    if not isinstance(steps, list) or not 6 <= len(steps) <= 10:
        count = len(steps) if isinstance(steps, list) else "none"
        raise TourError("six to ten steps", count, "Join or part some.")
    return Tour(tuple(presets), tuple(_step(f"step {i}", step) for i, step in enumerate(steps, 1)))


def misfits(tour: Tour, preset: Preset) -> list[str]:
    """Return a sentence for each lane, setting, value or panel of a tour that a preset lacks."""
    found = []
    for number, step in enumerate(tour.steps, 1):
        where = f"Step {number}, at the preset {preset.name}"
        if step.look and not _shows(preset, step.look):
            found.append(f"{where}: there is no {step.look} to look at.")
        for action in (*step.actions, *step.reveal):
            if action["do"] == "set":
                fault = _unset(preset, action.get("lane", "*"), action["name"], action["value"])
                found += [f"{where}: {fault}"] if fault else []
    return found


def _step(where: str, given: object) -> Step:
    fields = _known(where, given, set(Step.__dataclass_fields__))
    title, text = (_text(where, fields, name) for name in ("title", "text"))
    if len(text.split()) > _MOST_WORDS:
        words = len(text.split())
        raise TourError(f"at most {_MOST_WORDS} words in {where}", words, "Say it in fewer.")
    look = fields.get("look", "")
    kind = look.partition(":")[0] if isinstance(look, str) else ""
    if look and kind not in (*_PANELS, *_PARTS, "control"):
        known = ", ".join((*_PANELS, *_PARTS, "control"))
        raise TourError(f"a look of {where} at one of {known}", repr(look), "Name another.")
    asked = fields.get("question")
    question = None if asked is None else _question(where, asked)
    if question is None and ("reveal" in fields or "wait" in fields):
        raise TourError(f"a question in {where}", "only what follows it", "Ask, or leave it out.")
    actions, reveal = (_actions(where, fields.get(name, [])) for name in ("actions", "reveal"))
    return Step(title, text, look, actions, question, reveal, _wait(where, fields.get("wait")))


def _question(where: str, given: object) -> Question:
    fields = _known(f"the question of {where}", given, set(Question.__dataclass_fields__))
    asks, reason = (_text(where, fields, name) for name in ("asks", "reason"))
    choices, right = fields.get("choices"), fields.get("right")
    texts = isinstance(choices, list) and all(isinstance(each, str) and each for each in choices)
    if not texts or not 2 <= len(choices) <= 4:
        raise TourError(f"two to four choices in {where}", repr(choices), "Add or drop some.")
    if type(right) is not int or not 0 <= right < len(choices):
        last = len(choices) - 1
        raise TourError(f"right in {where} from 0 to {last}", repr(right), "Count from 0.")
    return Question(asks, tuple(choices), right, reason)


def _actions(where: str, listed: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(listed, list):
        raise TourError(f"a list of commands in {where}", repr(listed), "Write [ ] around them.")
    for action in listed:
        do = action.get("do") if isinstance(action, Mapping) else action
        if do not in _ACTIONS:
            known = ", ".join(_ACTIONS)
            raise TourError(f"one of {known} in {where}", repr(do), "A tour sends no other.")
        try:
            commands.parse(action)
        except CommandError as error:
            raise TourError(f"{error.expected}, in {where}", error.got, error.remedy) from error
    return tuple(listed)


def _wait(where: str, fields: object) -> Mapping[str, Any] | None:
    if fields is None:
        return None
    name, value = next(iter(fields.items())) if isinstance(fields, dict) and fields else ("", None)
    fits = value in ("paused", "playing") if name == "state" else type(value) is int and value > 0
    if name not in _WAITS or len(fields) != 1 or not fits:
        expected = f'a wait of {where} such as {{"rounds": 60}} or {{"state": "paused"}}'
        raise TourError(expected, repr(fields), "Wait for one thing.")
    return dict(fields)


def _known(where: str, fields: object, names: set[str]) -> dict[str, Any]:
    if not isinstance(fields, dict):
        raise TourError(f"an object as {where}", repr(fields), "Write { } around its fields.")
    if unknown := sorted(set(fields) - names):
        known = ", ".join(sorted(names))
        raise TourError(f"{known} in {where}", repr(unknown[0]), "Mind the spelling.")
    return fields


def _text(where: str, fields: Mapping[str, Any], name: str) -> str:
    text = fields.get(name)
    if not isinstance(text, str) or not text.strip():
        raise TourError(f"a text as {name!r} in {where}", repr(text), "Write one.")
    return text


def _shows(preset: Preset, look: str) -> bool:
    kind, _, detail = look.partition(":")
    if kind == "metrics":
        return bool(preset.metrics)
    if kind in _PARTS:
        return not detail
    if kind == "control":
        return detail in {f"{control.lane}.{control.name}" for control in preset.controls}
    panels = [panel for panel in preset.panels if panel["kind"] == kind]
    names = [
        {"", panel.get("lane"), panel.get("probe"), *panel.get("metrics", ())} for panel in panels
    ]
    return any(detail in each for each in names)


def _unset(preset: Preset, lane: str, name: str, value: object) -> str:
    setting = preset.setting(lane, name, hot=True)
    if setting is None:
        return f"{lane}.{name} is no setting that may change during a run."
    try:
        setting.parse(name, value)
    except SettingError as error:
        return str(error)
    return ""
