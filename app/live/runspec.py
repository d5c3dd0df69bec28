"""The description a run is started from, checked once at the door of the worker."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.live import fits
from gen_core.errors import CommandError

__all__ = ["LaneSpec", "RunSpec"]

MOST_LANES = 4
_NAME = re.compile(r"[A-Za-z0-9_]{1,24}")
_REMEDY = "Start the run from its page."


@dataclass(frozen=True)
class LaneSpec:
    """One recipe inside a run, in its outside form, with its name and colour on the screen."""

    name: str
    label: str
    color: str
    stem: str
    variant: str
    overrides: dict[str, Any]

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> "LaneSpec":
        """Read one lane; the recipe's own values are checked where it is built."""
        name = fields.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            expected = "a lane's name of letters, digits and underscores"
            raise CommandError(expected, repr(name)[:60], _REMEDY)
        return cls(
            name,
            str(fields.get("label") or name),
            str(fields.get("color") or name),
            str(fields.get("stem", "")),
            str(fields.get("variant") or ""),
            dict(fields.get("overrides") or {}),
        )


@dataclass(frozen=True)
class RunSpec:
    """Everything a run needs to know at its start.

    Attributes:
        seed: Seed shared by all lanes.
        lanes: One to four lanes.
        probes: Probes shown and recorded; none means each recipe's own defaults.
        device: ``"auto"`` or a device's name.
        play: Whether training starts at once.
        train: False for a run that only looks at a checkpoint.
        title: What a person calls the run.
        edits: Hot edits to apply when a lane reaches their t.
        snapshots: Checkpoint file by lane, to begin from instead of t = 0.
        origin: ``{"recording": path, "round": r}`` to begin from another run's past.
        recording: Folder to record into; None records nothing.
        resume: Whether to wake from what that folder holds.
        notice: A sentence that every frame shall carry, such as why nothing is recorded.
        sequence: Number of the last frame that viewers of this run have seen.
    """

    seed: int
    lanes: tuple[LaneSpec, ...]
    probes: tuple[tuple[str, dict[str, Any]], ...] = ()
    device: str = "auto"
    play: bool = True
    train: bool = True
    title: str = "run"
    edits: tuple[dict[str, Any], ...] = ()
    snapshots: dict[str, str] = field(default_factory=dict)
    origin: dict[str, Any] | None = None
    recording: str | None = None
    resume: bool = False
    notice: str | None = None
    sequence: int = 0

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> "RunSpec":
        """Read a run's JSON description.

        Raises:
            CommandError: A field is missing or does not fit.
        """
        lanes = tuple(LaneSpec.parse(each) for each in fields.get("lanes") or ())
        names = [lane.name for lane in lanes]
        if not 1 <= len(lanes) <= MOST_LANES or len(set(names)) < len(names):
            expected = f"1 to {MOST_LANES} lanes of different names"
            raise CommandError(expected, ", ".join(names) or "none", _REMEDY)
        try:
            return cls(
                seed=fits.whole(0, 2**32 - 1)(fields.get("seed", 0)),
                lanes=lanes,
                probes=fits.probes(fields.get("probes") or []),
                device=fits.text(32)(fields.get("device") or "auto"),
                play=bool(fields.get("play", True)),
                train=bool(fields.get("train", True)),
                title=fits.text(120)(fields.get("title") or names[0]),
                edits=tuple(_edit(each, names) for each in fields.get("edits") or ()),
                snapshots=dict(fields.get("snapshots") or {}),
                origin=fields.get("origin"),
                recording=fields.get("recording"),
                resume=bool(fields.get("resume")),
                notice=fields.get("notice"),
                sequence=fits.whole(0, 2**53)(fields.get("sequence") or 0),
            )
        except fits.Unfit as unfit:
            raise CommandError(f"{unfit} in a run", "another value", _REMEDY) from None

    def to_json(self) -> dict[str, Any]:
        """The JSON description of the same experiment, without where it is recorded."""
        fields = dataclasses.asdict(self)
        fields["probes"] = [{"probe": name, "settings": each} for name, each in self.probes]
        for name in ("recording", "resume", "notice", "sequence"):
            del fields[name]
        return fields


def _edit(fields: Mapping[str, Any], lanes: list[str]) -> dict[str, Any]:
    lane = fields.get("lane", "*")
    if lane != "*" and lane not in lanes:
        raise CommandError(f"an edit of a lane ({', '.join(lanes)})", repr(lane)[:60], _REMEDY)
    t = fits.whole(0, 2**53)(fields.get("t"))
    return {
        "t": t,
        "lane": lane,
        "name": fits.text(64)(fields.get("name")),
        "value": fits.scalar(fields.get("value")),
    }
