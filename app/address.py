"""Reading the address of a live page: typed, checked, and never a surprise.

Values pass through the recipe's own range checks; every part that is refused becomes one
sentence, and its default is used.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from app.preset import Preset
from app.state import (
    DEVICE,
    HIDEABLE,
    LONGEST,
    PROJECTOR,
    SEED,
    TOUR,
    WALKED,
    Edit,
    PageState,
    text_of,
)
from gen_core.errors import DataError, SettingError
from gen_core.recipes.settings import Setting, Value

__all__ = ["PageReader", "Parsed"]

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_KEPT = re.compile(r"[^\x00-\x1f]{1,200}")
_MOST_SENTENCES = 6


@dataclass(frozen=True)
class Parsed:
    """A state, and one sentence for each part of the address that was refused."""

    state: PageState
    refused: tuple[str, ...]


class PageReader:
    """Reads addresses of one page.

    Args:
        presets: The page's presets by name; the first is the default.

    Example:
        >>> from app.presets import CRITIC
        >>> PageReader(CRITIC).read("seed=-3").refused
        ('seed=-3 is outside 0 to 999999; the default 7 is used.',)
    """

    def __init__(self, presets: Mapping[str, Preset]) -> None:
        self.presets = presets

    def read(self, query: str) -> Parsed:
        """Parse a query string; never raises."""
        first = next(iter(self.presets))
        text = query.removeprefix("?")
        if len(text) > LONGEST:
            return Parsed(
                PageState(first),
                (
                    f"The address holds {len(text)} characters, more than {LONGEST};"
                    " it is left out and every default is used.",
                ),
            )
        refused: list[str] = []
        given = _once(parse_qsl(text, keep_blank_values=True), refused)
        self._version(given.pop("v", "1"), refused)
        preset = given.pop("preset", first)
        if preset not in self.presets:
            refused.append(
                f"preset={_cut(preset)} is not one of {', '.join(self.presets)}; {first} is shown."
            )
            preset = first
        state = PageState(
            preset=preset,
            seed=int(_checked("seed", given.pop("seed", "7"), SEED, refused)),
            device=str(_checked("device", given.pop("device", "auto"), DEVICE, refused)),
            run=_identity("run", given.pop("run", ""), refused),
            follow=_identity("follow", given.pop("follow", ""), refused),
            opened=_kept(given.pop("open", ""), refused),
            projector=bool(
                _checked("projector", given.pop("projector", "false"), PROJECTOR, refused)
            ),
            tour=int(_checked("tour", given.pop("tour", "0"), TOUR, refused)),
        )
        chosen = self.presets[preset]
        if state.follow:
            state = replace(state, run="")
        state = replace(
            state,
            edits=_edits(given.pop("edits", ""), chosen, refused),
            lesson=_lesson(given.pop("lesson", ""), chosen, refused),
        )
        state = replace(state, walk=_walk(given, refused))
        drawn = given.pop("drawing", None)
        state = replace(state, overrides=_overrides(given, chosen, refused))
        return Parsed(_drawn(state, drawn, chosen, refused), _few(refused))

    @staticmethod
    def walk(query: str) -> tuple[tuple[str, Value], ...]:
        """Return what an address says of a walk now; what is wrong is left out."""
        return _walk(dict(parse_qsl(query.removeprefix("?"))), [])

    @staticmethod
    def _version(version: str, refused: list[str]) -> None:
        if version != "1":
            refused.append(f"v={_cut(version)} is not a form of address known here; v=1 is read.")


def _once(pairs: Iterable[tuple[str, str]], refused: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            refused.append(f"{_cut(name)} is given twice; {_cut(given[name])} is used.")
        else:
            given[name] = value
    return given


def _checked(name: str, text: str, setting: Setting, refused: list[str]) -> Value:
    try:
        return setting.parse(name, text)
    except SettingError:
        refused.append(_sentence(name, text, setting, f"the default {text_of(setting.default)}"))
        return setting.default


def _sentence(name: str, text: str, setting: Setting, instead: str) -> str:
    given = f"{_cut(name)}={_cut(text)}"
    outside = setting.low is not None and setting.high is not None and _is_number(text)
    if outside and not (isinstance(setting.default, int) and "." in text):
        span = f"{_plain(setting.low)} to {_plain(setting.high)}"
        return f"{given} is outside {span}; {instead} is used."
    return f"{given} is not {setting.describe_range()}; {instead} is used."


def _identity(name: str, text: str, refused: list[str]) -> str:
    if text and not _ID.fullmatch(text):
        refused.append(f"{name}={_cut(text)} is not the name of a run; it is left out.")
        return ""
    return text


def _kept(text: str, refused: list[str]) -> str:
    """Return what to open; whether it is here is found out where it is opened."""
    if text and not _KEPT.fullmatch(text):
        refused.append(f"open={_cut(text)} names nothing that is kept; it is left out.")
        return ""
    return text


def _edits(text: str, preset: Preset, refused: list[str]) -> tuple[Edit, ...]:
    made: list[Edit] = []
    for part in filter(None, text.split(",")):
        fields = part.split(":")
        setting = preset.setting(fields[1], fields[2], hot=True) if len(fields) == 4 else None
        try:
            if setting is None or not re.fullmatch(r"\d{1,12}", fields[0]):
                raise SettingError("an edit", part, "")
            made.append(
                Edit(int(fields[0]), fields[1], fields[2], setting.parse(fields[2], fields[3]))
            )
        except SettingError:
            refused.append(f"The edit {_cut(part)} cannot be made; it is left out.")
    return tuple(sorted(made, key=lambda edit: edit.t))


def _lesson(text: str, preset: Preset, refused: list[str]) -> tuple[str, ...]:
    hidden = {part for part in text.split(",") if part}
    if not hidden:
        return ()
    known = {*HIDEABLE, *preset.settings()}
    for part in sorted(hidden - known):
        refused.append(f"lesson={_cut(part)} names no control of this page; it is left out.")
    return tuple(sorted(hidden & known))


def _overrides(
    given: Mapping[str, str], preset: Preset, refused: list[str]
) -> tuple[tuple[str, Value], ...]:
    made: dict[str, Value] = {}
    for key, text in given.items():
        lane, _, name = key.rpartition(".")
        setting = preset.setting(lane or "*", name)
        if setting is None:
            refused.append(f"{_cut(key)}={_cut(text)} is no setting here; it is left out.")
            continue
        try:
            made[key] = setting.parse(name, text)
        except SettingError:
            values = {text_of(value) for value in preset.values(lane or "*", name)}
            instead = f"the default {values.pop()}" if len(values) == 1 else "each lane's default"
            refused.append(_sentence(key, text, setting, instead))
    return tuple(sorted(made.items()))


def _walk(given: dict[str, str], refused: list[str]) -> tuple[tuple[str, Value], ...]:
    """Take what is said of a walk out of an address."""
    made: dict[str, Value] = {}
    for key in [each for each in given if each.startswith("walk.")]:
        name, text = key.removeprefix("walk."), given.pop(key)
        try:
            made[name] = WALKED[name].parse(name, text)
        except KeyError:
            refused.append(f"{_cut(key)} is no part of a walk; it is left out.")
        except SettingError:
            refused.append(_sentence(key, text, WALKED[name], "the default"))
    return tuple(sorted(made.items()))


def _drawn(
    state: PageState, text: str | None, preset: Preset, refused: list[str]
) -> PageState:
    if text is None:
        return state
    if preset.own_data() != "points":
        refused.append("The drawing is left out: nothing here trains on points.")
        return state
    try:
        return state.with_drawing(text)
    except DataError as error:
        got = f"expected {error.expected}, got {error.got}"
        refused.append(f"The drawing is left out: {got}; the preset's data are used.")
        return state


def _few(refused: list[str]) -> tuple[str, ...]:
    if len(refused) <= _MOST_SENTENCES:
        return tuple(refused)
    rest = len(refused) - _MOST_SENTENCES + 1
    return (*refused[: _MOST_SENTENCES - 1], f"{rest} more parts of the address were refused.")


def _plain(number: float | None) -> str:
    return f"{number:.10g}"


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", text.strip()) is not None


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:38]}…"
