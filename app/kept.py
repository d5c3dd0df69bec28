"""What is kept: checkpoints and recordings, shipped or one's own, looked at from outside.

Nothing here loads a model or imports torch: a card is JSON, and whether weights are whole is told
by their length and their hash.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "CHECKPOINT",
    "READER",
    "RECORDING",
    "Kept",
    "flaw_of_frame",
    "flaw_of_weights",
    "newest_frame",
]

CHECKPOINT, RECORDING, READER = "Checkpoint", "Recording", "Reader"
_FRAME = re.compile(r"\d{8,}-\d+\.safetensors")
_LARGEST_HASHED = 32 << 20  # bytes; of larger weights the list checks the length alone
_LARGEST_HEADER = 8 << 20  # bytes


@dataclass(frozen=True)
class Kept:
    """A checkpoint of one or more lanes, or a recording.

    Attributes:
        id: Name in addresses: its path below ``checkpoints``, ``saved/…`` or ``recorded/…``.
        kind: ``CHECKPOINT``, ``RECORDING``, or ``READER`` for a network that only measures.
        shipped: Whether it ships with the lab; such a one is never deleted.
        title: What it is called.
        lanes: Each lane's outside form: name (empty where any will do), label, stem, variant,
            overrides.
        files: The weights by lane; of a recording its folder or zip file, under ``""``.
        cards: What is said of each of these files.
        when: Time of its last change, in seconds since 1970.
        head: Last recorded round, or round of the weights.
        flaw: What is wrong with its files, as a sentence; empty where all is well.
    """

    id: str
    kind: str
    shipped: bool
    title: str
    lanes: tuple[Mapping[str, Any], ...]
    files: Mapping[str, Path]
    cards: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    when: float = 0.0
    head: int = 0
    flaw: str = ""

    @property
    def card(self) -> Mapping[str, Any]:
        """What is said of the recording, or of the first lane."""
        return next(iter(self.cards.values()), {})

    @property
    def stems(self) -> tuple[str, ...]:
        """The papers of its lanes, each once."""
        return tuple(dict.fromkeys(str(lane["stem"]) for lane in self.lanes))

    def size(self) -> int:
        """Return the bytes on the disk: weights and cards, or the whole recording."""
        total = 0
        for path in self.files.values():
            beside = [path] if path.is_dir() else [path, path.with_suffix(".json")]
            for each in beside:
                total += _bytes(each)
        return total


def flaw_of_weights(path: Path, card: Mapping[str, Any] | None) -> str:
    """Say what is wrong with a checkpoint's files; empty where all is well.

    Args:
        path: The weights; a kill while saving may have left the card alone, or the weights alone.
        card: What stands beside them, None if nothing that can be read.
    """
    if not path.is_file():
        return "The weights are missing."
    if card is None:
        return "The card is missing or cannot be read: saving was cut short."
    try:
        if not _is_whole(path):
            return "The weights are cut short."
        told = card.get("sha256")
        if told and path.stat().st_size <= _LARGEST_HASHED:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            return "" if found == told else "The weights are not those of the card."
    except OSError:
        return "The weights cannot be read."
    return ""


def newest_frame(folder: Path) -> tuple[Path, int] | None:
    """Return a recording's newest frame and its round; None where it holds no frame."""
    try:
        found = [each for each in os.listdir(folder / "frames") if _FRAME.fullmatch(each)]
    except OSError:
        return None
    if not found:
        return None
    name = max(found)
    return folder / "frames" / name, int(name.partition("-")[2].partition(".")[0])


def flaw_of_frame(path: Path) -> str:
    """Say what is wrong with a recorded frame; empty where it is whole."""
    try:
        return "" if _is_whole(path) else "Its newest picture is cut."
    except OSError:
        return "Its newest picture cannot be read."


def _is_whole(path: Path) -> bool:
    """Whether a file in safetensors format is as long as its header says."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > _LARGEST_HEADER:
            return False
        try:
            header = json.loads(file.read(size))
            ends = [e["data_offsets"][1] for name, e in header.items() if name != "__metadata__"]
            return path.stat().st_size == 8 + size + max(ends, default=0)
        except (ValueError, AttributeError, LookupError, TypeError, RecursionError):
            return False


def _bytes(path: Path) -> int:
    try:
        if path.is_dir():
            return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        return path.stat().st_size
    except OSError:  # thinned or deleted while we were counting
        return 0
