"""Commands: what a viewer or a page may ask of a run, typed and checked.

A command travels as a JSON object whose ``do`` names it. :func:`parse` turns outside text into
one of the frozen dataclasses below or refuses it with a sentence; nothing behind this file sees
an unchecked message. What a command *means* is in ``engine.py``, ``playback.py`` and ``run.py``.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from app.live import fits
from gen_core.errors import CommandError

__all__ = [
    "Ack", "Command", "Fork", "Leave", "Look", "Pause", "Play", "Recover", "Reset", "Save",
    "Seek", "SetValue", "Sleep", "Speed", "Step", "Stop", "Subscribe", "Want", "parse", "to_json",
]  # fmt: skip


def _field(check: fits.Check, default: object = dataclasses.MISSING) -> Any:  # noqa: ANN401
    if default is dataclasses.MISSING:
        return field(metadata={"check": check})
    return field(default=default, metadata={"check": check})


@dataclass(frozen=True)
class Command:
    """Base of every command. ``follower`` marks those that a view-only visitor may send."""

    do: ClassVar[str] = ""
    follower: ClassVar[bool] = False
    internal: ClassVar[bool] = False


@dataclass(frozen=True)
class Ack(Command):
    """The viewer has painted the last frame and is ready for another."""

    do = "ack"
    follower = True


@dataclass(frozen=True)
class Subscribe(Command):
    """Replace the probes that this viewer wants in live frames."""

    do = "subscribe"
    follower = True
    probes: tuple[tuple[str, dict[str, Any]], ...] = _field(fits.probes)


@dataclass(frozen=True)
class Look(Command):
    """Ask one probe once; a newer request of the same viewer and probe replaces it."""

    do = "look"
    follower = True
    probe: str = _field(fits.text(64))
    settings: dict[str, Any] = field(default_factory=dict, metadata={"check": fits.settings})
    size: int = _field(fits.whole(8, 256), 128)
    request: int = _field(fits.whole(0, 2**53), 0)


@dataclass(frozen=True)
class Play(Command):
    """Train on from the head."""

    do = "play"


@dataclass(frozen=True)
class Pause(Command):
    """Stop before the next update."""

    do = "pause"


@dataclass(frozen=True)
class Step(Command):
    """Go on through the schedule until ``n`` updates of ``player`` are done in every lane.

    ``player`` "" counts every update, "round" rounds of the run, "turn" an update of each lane
    whose turn it is.
    """

    do = "step"
    n: int = _field(fits.whole(1, 100_000), 1)
    player: str = _field(fits.text(32, empty=True), "")


@dataclass(frozen=True)
class SetValue(Command):
    """Change a hot setting of one lane, or with lane "*" of every lane that has it."""

    do = "set"
    name: str = _field(fits.text(64))
    value: Any = _field(fits.scalar)
    lane: str = _field(fits.text(64), "*")


@dataclass(frozen=True)
class Speed(Command):
    """Limit the pace; None trains as fast as the machine can."""

    do = "speed"
    rounds_per_second: float | None = _field(fits.optional(fits.rate), None)


@dataclass(frozen=True)
class Seek(Command):
    """Pause and show what was recorded at or before a round; the head stays."""

    do = "seek"
    round: int = _field(fits.whole(0, 2**31 - 1))


@dataclass(frozen=True)
class Fork(Command):
    """Begin a new run from a recorded round (None: the round on show)."""

    do = "fork"
    round: int | None = _field(fits.optional(fits.whole(0, 2**31 - 1)), None)


@dataclass(frozen=True)
class Save(Command):
    """Keep the head as checkpoints and the recording for good."""

    do = "save"
    name: str = _field(fits.text(80))


@dataclass(frozen=True)
class Sleep(Command):
    """Take a snapshot and end the process; play wakes the run."""

    do = "sleep"


@dataclass(frozen=True)
class Stop(Command):
    """End the run."""

    do = "stop"


@dataclass(frozen=True)
class Reset(Command):
    """Begin again at round 0 with the settings that the run was started with."""

    do = "reset"


@dataclass(frozen=True)
class Recover(Command):
    """After a lane went non-finite: go "back" to the last good snapshot, or "freeze" it."""

    do = "recover"
    lane: str = _field(fits.text(64), "*")
    how: str = _field(fits.one_of("back", "freeze"), "back")


@dataclass(frozen=True)
class Want(Command):
    """Some viewer is ready for a frame (sent by the server only)."""

    do = "want"
    internal = True


@dataclass(frozen=True)
class Leave(Command):
    """A viewer is gone (sent by the server only)."""

    do = "leave"
    internal = True


_KINDS = {kind.do: kind for kind in Command.__subclasses__()}


def parse(message: str | bytes | Mapping[str, Any], *, internal: bool = False) -> Command:
    """Read a command.

    Args:
        message: JSON text of an object with ``do``, or the object itself. Fields that the
            command does not know are ignored, so that an older server serves a newer page.
        internal: Also accept what only the server may send to a worker.

    Returns:
        The checked command.

    Raises:
        CommandError: The text is not JSON, the command is unknown, or a field does not fit.
    """
    fields = message if isinstance(message, Mapping) else _load(message)
    do = fields.get("do")
    kind = _KINDS.get(do) if isinstance(do, str) else None
    if kind is None or (kind.internal and not internal):
        known = ", ".join(name for name, each in _KINDS.items() if not each.internal)
        raise CommandError(f"one of the commands {known}", repr(do)[:80], "Reload the page.")
    values = {}
    for each in dataclasses.fields(kind):
        if each.name not in fields:
            optional = each.default_factory is not dataclasses.MISSING
            if each.default is dataclasses.MISSING and not optional:
                raise CommandError(f"{each.name!r} in {do!r}", "none", "Say which one you mean.")
            continue
        try:
            values[each.name] = each.metadata["check"](fields[each.name])
        except fits.Unfit as unfit:
            got = repr(fields[each.name])[:80]
            raise CommandError(f"{unfit} as {each.name!r}", got, "Try another value.") from None
    return kind(**values)


def to_json(command: Command) -> dict[str, Any]:
    """The JSON object that :func:`parse` reads back as an equal command."""
    fields = dataclasses.asdict(command)
    if isinstance(command, Subscribe):
        fields["probes"] = [{"probe": name, "settings": each} for name, each in command.probes]
    return {"do": command.do} | fields


def _load(text: str | bytes) -> dict[str, Any]:
    def refuse(constant: str) -> object:
        raise ValueError(f"{constant} is no JSON number")

    try:
        fields = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        remedy = "Reload the page."
        raise CommandError("a command as a JSON object", repr(text[:40]), remedy) from error
    if not isinstance(fields, dict):
        raise CommandError("a command as a JSON object", type(fields).__name__, "Reload the page.")
    return fields
