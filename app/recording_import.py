"""Recordings that came from elsewhere: checked whole, then kept as one's own.

Whatever a page, a viewer or a worker reads of a recording is looked at before: names, card, every
frame; snapshots are loaded in a process of their own, as checkpoints are. What the card says of
files on the other machine is forgotten. Nothing is ever unpickled.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.live import fits, frames
from app.live.home import new_recording
from app.live.recording import is_part
from app.live.runspec import RunSpec
from gen_core.data.home import write_whole
from gen_core.errors import CommandError, RecordingError

__all__ = ["CARD", "MOST_FILES", "Arrival", "arrival", "check_names", "is_recording", "keep"]

CARD = "card.json"
MOST_FILES = 1000  # more than a run ever records
_LARGEST_CARD = 1 << 20  # bytes
_LATEST = 2**31 - 1  # round; what the viewer's timeline holds
_TOLD = ("seed", "lanes", "device", "threads", "torch", "source", "command", "seconds")
_HEADER = {"round": int, "lanes": list, "entries": list, "metrics": dict, "curves": dict}
_HERE = {"edits": [], "snapshots": {}, "origin": None, "device": "auto", "play": False}
_NONSENSE = (fits.Unfit, LookupError, TypeError, ValueError, AttributeError, RecursionError)
_REMEDY = "Import what Export wrote, as it was written."

Check = Callable[[Sequence[Path]], list[str]]


@dataclass(frozen=True)
class Arrival:
    """A recording that passed every check.

    Attributes:
        title: What it is called.
        card: Its card in JSON, without what holds of the other machine alone.
        parts: Frames and snapshots by name.
    """

    title: str
    card: bytes
    parts: Mapping[str, bytes]


def is_recording(names: Iterable[str]) -> bool:
    """Whether files of these names are meant to be a recording, whole or not."""
    names = set(names)
    alone = CARD in names and "card.safetensors" not in names
    return alone or any(name.startswith(("frames/", "snapshots/")) for name in names)


def check_names(names: Iterable[str]) -> None:
    """Refuse files that no recording holds, above all those that lead out of its folder.

    Raises:
        RecordingError: There is one.
    """
    for name in names:
        if name != CARD and (len(name) > 120 or not is_part(name)):
            raise RecordingError("frames, snapshots and a card", repr(name)[:60], _REMEDY)


def arrival(name: str, files: Mapping[str, bytes], check: Check) -> Arrival:
    """Check a recording.

    Args:
        name: What its file was called.
        files: Contents by name, the card included.
        check: Loads snapshots and returns their papers' stems.

    Raises:
        GenLabError: It is damaged, or something else.
    """
    check_names(files)
    parts = {each: data for each, data in files.items() if each != CARD}
    title, card, stems = _card(name, files.get(CARD))
    _check_rounds([each for each in parts if _is_frame(each)])
    snapshots: dict[str, dict[str, bytes]] = {}
    for each, data in parts.items():
        if _is_frame(each):
            _check_frame(each, data, set(stems))
        elif each.count("/") == 1:
            _decoded(each, data)  # curves
        else:
            _, place, lane = each.split("/")
            snapshots.setdefault(place, {})[lane.removesuffix(".safetensors")] = data
    _check_snapshots(snapshots, stems, check)
    return Arrival(title, card, parts)


def keep(arrived: Arrival) -> str:
    """Write a recording into one's own folder; return its title.

    The card comes last: without it the folder is not listed, whenever a kill comes.

    Raises:
        RecordingError: It cannot be written; nothing of it is left.
    """
    folder = new_recording(arrived.title)
    try:
        for name, data in arrived.parts.items():
            write_whole(folder / name, data)
        write_whole(folder / CARD, arrived.card)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        got = (error.strerror or str(error)).lower()
        remedy = "Free some space, or set GEN_LAB_HOME to a folder that you may write to."
        raise RecordingError("room and leave to keep the recording", got, remedy) from error
    return arrived.title


def _card(name: str, text: bytes | None) -> tuple[str, bytes, dict[str, str]]:
    """Read a card; return the title, what of it is kept, and each lane's paper."""
    if text is None:
        raise RecordingError(f"a card in {name!r}", f"no {CARD!r}", _REMEDY)
    expected = f"the card of a recording in {name!r}"
    try:
        card = json.loads(text) if len(text) <= _LARGEST_CARD else {}
        if card["format"] != 1:
            raise ValueError
        marks = [{**mark, "round": _round(mark["round"])} for mark in card.get("marks", [])]
        spec = RunSpec.parse({**card["spec"], "edits": marks})
        title = str(card.get("title") or spec.title)[:120]
        told = {each: card[each] for each in _TOLD if each in card}
        told |= {"format": 1, "title": title, "head": _round(card.get("head", 0)), "saved": True}
        told |= {"spec": {**spec.to_json(), **_HERE}, "marks": marks}
        return title, json.dumps(told, indent=1).encode(), {e.name: e.stem for e in spec.lanes}
    except CommandError as error:
        raise RecordingError(f"{expected} with {error.expected}", error.got, _REMEDY) from error
    except _NONSENSE as error:
        raise RecordingError(f"{expected} that says what was run", "another", _REMEDY) from error


def _check_rounds(names: Sequence[str]) -> None:
    """Refuse a recording without frames, and one whose rounds go back."""
    if not names:
        raise RecordingError("a recording with frames", "none", _REMEDY)
    rounds = [int(name.partition("-")[2].partition(".")[0]) for name in sorted(names)]
    if rounds != sorted(rounds) or rounds[-1] > _LATEST:
        raise RecordingError("frames whose rounds go up", "others", _REMEDY)


def _check_frame(name: str, data: bytes, lanes: set[str]) -> None:
    """Refuse a frame that is cut, or whose header would not be understood."""
    arrays, fields = _decoded(name, data)
    try:
        fitting = fields["v"] == frames.VERSION
        fitting &= all(isinstance(fields[each], kind) for each, kind in _HEADER.items())
        for each in fields["entries"]:
            words = each["lane"], each["probe"], each["key"]
            fitting &= all(isinstance(word, str) for word in words) and each["lane"] in lanes
            fitting &= all(f"{words[0]}/{words[2]}/{array}" in arrays for array in each["arrays"])
        fitting &= {each["name"] for each in fields["lanes"]} <= lanes
    except (LookupError, TypeError):
        fitting = False
    if not fitting:
        raise RecordingError("frames of this version", f"{name!r} of another", _REMEDY)


def _check_snapshots(
    snapshots: Mapping[str, Mapping[str, bytes]], stems: Mapping[str, str], check: Check
) -> None:
    """Refuse snapshots that lack a lane, or are not of what was run."""
    for place, lanes in snapshots.items():
        if lanes.keys() != stems.keys():
            expected = f"lanes {', '.join(stems)} in snapshot {place}"
            raise RecordingError(expected, ", ".join(lanes)[:60], _REMEDY)
    found = [(lane, data) for lanes in snapshots.values() for lane, data in lanes.items()]
    with tempfile.TemporaryDirectory(prefix="gen-lab-import-") as folder:
        paths = [Path(folder) / f"{number}.safetensors" for number in range(len(found))]
        for path, (_, data) in zip(paths, found, strict=True):
            path.write_bytes(data)
        if paths and check(paths) != [stems[lane] for lane, _ in found]:
            raise RecordingError("snapshots of what was run", "those of others", _REMEDY)


def _decoded(name: str, data: bytes) -> tuple[Mapping[str, Any], dict[str, Any]]:
    try:
        arrays, fields = frames.decode(data)
    except _NONSENSE as error:
        raise RecordingError("whole frames", f"{name!r}, which is damaged", _REMEDY) from error
    if not isinstance(fields, dict):
        raise RecordingError("whole frames", f"{name!r}, which is damaged", _REMEDY)
    return arrays, fields


def _is_frame(name: str) -> bool:
    return name.startswith("frames/")


def _round(value: object) -> int:
    return int(fits.whole(0, _LATEST)(value))
