"""Reading recordings: a folder, or the same tree in one zip file.

::

    card.json                                   what was run, its edits, where it stands
    frames/<number>-<round>.safetensors         frames, numbered as they were recorded
    snapshots/<round>/<lane>.safetensors        from which any later round can be replayed
    snapshots/<round>.curves.safetensors        the curves up to there
    snapshots/asleep/<lane>.safetensors         the head of a run that was put to sleep

Names that do not fit this pattern, such as files that are still being written, are not seen.
"""

import bisect
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen_core.errors import RecordingError

__all__ = ["ASLEEP", "FrameEntry", "Recording", "is_part", "pack"]

ASLEEP = "asleep"
LARGEST = 256 << 20  # bytes of one file inside a zip
_FRAME = re.compile(r"frames/([0-9]{8,})-([0-9]+)\.safetensors")
_SNAPSHOT = re.compile(r"snapshots/([0-9]{8,}|asleep)/([^/\\]+)\.safetensors")
_CURVES = re.compile(r"snapshots/([0-9]{8,}|asleep)\.curves\.safetensors")
_REMEDY = "Open another recording."
_DAMAGE = (  # what zipfile raises for flipped bytes, cut files, ciphers and unknown methods
    OSError, EOFError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, order=True)
class FrameEntry:
    """One recorded frame: its number in the recording and the round it shows."""

    number: int
    round: int

    @property
    def name(self) -> str:
        """Path inside the recording."""
        return f"frames/{self.number:08d}-{self.round}.safetensors"


class Recording:
    """A recording that may still be growing.

    Args:
        path: Folder or zip file.

    Attributes:
        path: Where it lies.
        card: What was run: ``spec``, ``marks``, ``head``, ``title``, …
        frames: Recorded frames, oldest first.
        snapshots: Lanes by round for every stored snapshot.

    Raises:
        RecordingError: There is none, or its card cannot be read.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.card: dict[str, Any] = {}
        self.frames: list[FrameEntry] = []
        self.snapshots: dict[int, list[str]] = {}
        self.asleep: list[str] = []
        self._damaged: set[FrameEntry] = set()
        self.refresh()

    def refresh(self) -> None:
        """Read card and names again; a run may have recorded more."""
        try:
            self.card = json.loads(self._read("card.json"))
        except ValueError as error:
            raise RecordingError("a readable card.json", str(error), _REMEDY) from error
        if not isinstance(self.card, dict):
            raise RecordingError("an object in card.json", type(self.card).__name__, _REMEDY)
        names = self._names()
        found = [match for name in names if (match := _FRAME.fullmatch(name))]
        listed = {FrameEntry(int(match[1]), int(match[2])) for match in found}
        self.frames = sorted(listed - self._damaged)
        self.snapshots, self.asleep = {}, []
        for match in (match for name in names if (match := _SNAPSHOT.fullmatch(name))):
            if match[1] == ASLEEP:
                self.asleep.append(match[2])
            else:
                self.snapshots.setdefault(int(match[1]), []).append(match[2])

    def drop(self, entry: FrameEntry) -> None:
        """Never list a frame again: it is damaged."""
        self._damaged.add(entry)
        self.frames = [each for each in self.frames if each != entry]

    @property
    def rounds(self) -> list[int]:
        """Round of every recorded frame."""
        return [entry.round for entry in self.frames]

    def at(self, round: int) -> int:
        """Index of the newest frame at or before a round; 0 if all are later."""
        return max(0, bisect.bisect_right(self.rounds, round) - 1)

    def entry(self, index: int) -> FrameEntry:
        """Which frame stands at an index.

        Raises:
            RecordingError: None, because the recording is empty or was thinned.
        """
        if not 0 <= index < len(self.frames):
            got = f"number {index} of {len(self.frames)}"
            raise RecordingError("a recorded frame", got, "Choose another round.")
        return self.frames[index]

    def frame(self, index: int) -> bytes:
        """Bytes of a recorded frame.

        Raises:
            RecordingError: It is not there, or it cannot be read.
        """
        return self._read(self.entry(index).name)

    def snapshot_before(self, round: int) -> int | None:
        """Round of the newest stored snapshot at or before a round."""
        return max((each for each in self.snapshots if each <= round), default=None)

    def snapshot(self, round: int | None) -> dict[str, bytes]:
        """Stored states of the lanes by name.

        Args:
            round: Round of the snapshot; None for the one taken when the run fell asleep.

        Raises:
            RecordingError: There is none of that round.
        """
        lanes = self.asleep if round is None else self.snapshots.get(round, [])
        if not lanes:
            raise RecordingError("a stored snapshot", f"none of round {round}", _REMEDY)
        place = ASLEEP if round is None else f"{round:08d}"
        return {lane: self._read(f"snapshots/{place}/{lane}.safetensors") for lane in lanes}

    def curves(self, round: int | None) -> bytes | None:
        """Curves up to a snapshot's round, if they were stored with it."""
        place = ASLEEP if round is None else f"{round:08d}"
        try:
            return self._read(f"snapshots/{place}.curves.safetensors")
        except RecordingError:
            return None

    def _names(self) -> list[str]:
        if self.path.is_dir():
            patterns = ("frames/*.safetensors", "snapshots/*/*.safetensors")
            found = [each for pattern in patterns for each in self.path.glob(pattern)]
            return [each.relative_to(self.path).as_posix() for each in found]
        with self._zip() as archive:
            return archive.namelist()

    def _read(self, name: str) -> bytes:
        try:
            if self.path.is_dir():
                return (self.path / name).read_bytes()
            with self._zip() as archive:
                if archive.getinfo(name).file_size > LARGEST:
                    got = f"{archive.getinfo(name).file_size} bytes in {name}"
                    raise RecordingError(f"at most {LARGEST} bytes a file", got, _REMEDY)
                return archive.read(name)
        except RecordingError:
            raise
        except _DAMAGE as error:
            got = f"none that can be read at {self.path.name}"
            raise RecordingError(f"a recording with {name}", got, _REMEDY) from error

    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except _DAMAGE as error:
            got = f"nothing of the kind at {self.path.name}"
            raise RecordingError("a recording's folder or zip file", got, _REMEDY) from error


def is_part(name: str) -> bool:
    """Whether a name inside a recording is that of a frame, a snapshot or its curves.

    Example:
        >>> is_part("frames/00000003-70.safetensors"), is_part("frames/3-70.safetensors")
        (True, False)
    """
    return any(pattern.fullmatch(name) for pattern in (_FRAME, _SNAPSHOT, _CURVES))


def pack(folder: Path, target: Path, changes: Mapping[str, Any] | None = None) -> None:
    """Write a recording's folder as one zip file.

    Args:
        folder: A recording.
        target: Zip file to write.
        changes: Fields of the card to set, such as a title or the command that made it.

    Raises:
        RecordingError: The folder holds no recording.
    """
    recording = Recording(folder)
    card = recording.card | dict(changes or {})
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.json", json.dumps(card, indent=1))
        for each in sorted(folder.rglob("*.safetensors")):
            name = each.relative_to(folder).as_posix()
            if is_part(name):
                archive.write(each, name)
