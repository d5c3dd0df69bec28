"""Writing a recording: bounded, thinned with age, and never half-written.

Every file is written under a name that no reader lists, brought to the disk, and then renamed;
a snapshot of several lanes comes and goes as one folder. So a process killed at any moment leaves
a recording that opens, and nothing half-written in it.
"""

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.live.recording import ASLEEP, FrameEntry, Recording
from app.live.thinning import thin
from gen_core.data.home import write_whole
from gen_core.errors import RecordingError

__all__ = ["Recorder"]


class Recorder:
    """The one writer of a recording's folder.

    Args:
        folder: Existing folder; one that holds a recording is continued.
        card: Fields of a new recording's card.
        frame_limits: Most frames, and most bytes of them together.
        snapshot_limits: Most snapshots, and most bytes of them together.

    Raises:
        RecordingError: The folder cannot be written to.
    """

    def __init__(
        self,
        folder: Path,
        card: Mapping[str, Any],
        *,
        frame_limits: tuple[int, int] = (600, 64 << 20),
        snapshot_limits: tuple[int, int] = (32, 256 << 20),
    ) -> None:
        self.folder = folder
        self.frame_limits, self.snapshot_limits = frame_limits, snapshot_limits
        self.frames: dict[FrameEntry, int] = {}  # entry -> bytes
        self.snapshots: dict[int, tuple[int, int]] = {}  # round -> (number, bytes)
        self._frame_window, self._snapshot_window = frame_limits[0], snapshot_limits[0]
        self._unwanted: dict[Path, None] = {}  # files that could not be deleted yet
        with _writing():
            (folder / "frames").mkdir(exist_ok=True)
            (folder / "snapshots").mkdir(exist_ok=True)
        if (folder / "card.json").is_file():
            self._continue(Recording(folder), card)
        else:
            self.card = {"format": 1, "saved": False, "head": 0, "marks": []} | dict(card)
            self.write_card()

    @property
    def rounds(self) -> list[int]:
        """Rounds of the frames on disk, oldest first."""
        return [entry.round for entry in self.frames]

    def frame_at(self, round: int) -> bytes | None:
        """Bytes of the newest frame at or before a round; the oldest if all are later.

        Raises:
            RecordingError: It cannot be read.
        """
        earlier = [entry for entry in self.frames if entry.round <= round]
        entry = earlier[-1] if earlier else next(iter(self.frames), None)
        try:
            return (self.folder / entry.name).read_bytes() if entry else None
        except OSError as error:
            got = (error.strerror or str(error)).lower()
            remedy = "Choose another round; the run goes on."
            raise RecordingError("a recorded frame that can be read", got, remedy) from error

    def write_card(self, **changes: object) -> None:
        """Set fields of the card and write it."""
        self.card |= changes
        numbers = {str(round): number for round, (number, _) in self.snapshots.items()}
        text = json.dumps(self.card | {"snapshot_numbers": numbers}, indent=1)
        with _writing():
            write_whole(self.folder / "card.json", text.encode())

    def add_frame(self, round: int, data: bytes) -> None:
        """Store a frame and thin the older ones.

        Raises:
            RecordingError: It cannot be written; what was stored before stays readable.
        """
        number = next(reversed(self.frames)).number + 1 if self.frames else 0
        entry = FrameEntry(number, round)
        with _writing():
            write_whole(self.folder / entry.name, data)
        self._unwanted.pop(self.folder / entry.name, None)
        self.frames[entry] = len(data)
        gone, self._frame_window = thin(
            [each.number for each in self.frames],
            list(self.frames.values()),
            self._frame_window,
            *self.frame_limits,
        )
        dropped = set(gone)
        self._drop_frames([each for each in self.frames if each.number in dropped])

    def add_snapshot(self, round: int, lanes: Mapping[str, bytes], curves: bytes) -> None:
        """Store the states of all lanes at the end of a round and thin the older ones.

        Raises:
            RecordingError: They cannot be written.
        """
        self._put_snapshot(f"{round:08d}", lanes, curves)
        number = max((number for number, _ in self.snapshots.values()), default=-1) + 1
        self.snapshots.pop(round, None)
        self.snapshots[round] = (number, sum(map(len, lanes.values())))
        gone, self._snapshot_window = thin(
            [number for number, _ in self.snapshots.values()],
            [size for _, size in self.snapshots.values()],
            self._snapshot_window,
            *self.snapshot_limits,
        )
        for each in [each for each, (number, _) in self.snapshots.items() if number in gone]:
            self._drop_snapshot(each)
        self.write_card(head=round)

    def put_asleep(self, lanes: Mapping[str, bytes], curves: bytes, **card: object) -> None:
        """Store the head of a run whose process is about to end."""
        self._put_snapshot(ASLEEP, lanes, curves)
        self.write_card(**card)

    def truncate(self, round: int) -> None:
        """Forget what was recorded after a round, because the run went back to it."""
        first = next((entry for entry in self.frames if entry.round == round), None)
        self._drop_frames([e for e in self.frames if e.round >= round and e != first])
        for each in [each for each in self.snapshots if each > round]:
            self._drop_snapshot(each)
        self.write_card(head=round)

    def adopt(self, parent: Recording, round: int) -> None:
        """Take over what another recording holds up to a round: the past of a fork."""
        for index, entry in enumerate(parent.frames):
            if entry.round <= round:
                with contextlib.suppress(RecordingError):  # thinned while we were reading
                    self.add_frame(entry.round, parent.frame(index))
        for each in sorted(each for each in parent.snapshots if each <= round):
            with contextlib.suppress(RecordingError):
                self.add_snapshot(each, parent.snapshot(each), parent.curves(each) or b"")

    def _continue(self, before: Recording, card: Mapping[str, Any]) -> None:
        numbers = before.card.get("snapshot_numbers", {})
        self.card = before.card | dict(card)
        self.frames = {each: (self.folder / each.name).stat().st_size for each in before.frames}
        for order, (round, lanes) in enumerate(sorted(before.snapshots.items())):
            place = self.folder / "snapshots" / f"{round:08d}"
            size = sum((place / f"{lane}.safetensors").stat().st_size for lane in lanes)
            self.snapshots[round] = (int(numbers.get(str(round), order)), size)

    def _put_snapshot(self, place: str, lanes: Mapping[str, bytes], curves: bytes) -> None:
        snapshots = self.folder / "snapshots"
        part = snapshots / f".part-{place}"
        with _writing():
            shutil.rmtree(part, ignore_errors=True)
            for lane, data in lanes.items():
                write_whole(part / f"{lane}.safetensors", data)
            _remove(snapshots / place)  # first: lanes never stand beside other curves
            if curves:
                write_whole(snapshots / f"{place}.curves.safetensors", curves)
                self._unwanted.pop(snapshots / f"{place}.curves.safetensors", None)
            part.rename(snapshots / place)

    def _drop_frames(self, unwanted: Iterable[FrameEntry]) -> None:
        for entry in unwanted:
            del self.frames[entry]
            self._unwanted[self.folder / entry.name] = None
        self._delete()

    def _drop_snapshot(self, round: int) -> None:
        del self.snapshots[round]
        _remove(self.folder / "snapshots" / f"{round:08d}")
        self._unwanted[self.folder / "snapshots" / f"{round:08d}.curves.safetensors"] = None
        self._delete()

    def _delete(self) -> None:
        """Delete what is unwanted; a file that somebody holds open is tried again next time."""
        for path in list(self._unwanted):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                del self._unwanted[path]


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    """Say in a sentence why a file could not be written."""
    try:
        yield
    except OSError as error:
        raise RecordingError(
            "room and leave to write the recording",
            (error.strerror or str(error)).lower(),
            "Recording stopped, the run goes on; free some space and start a new run to record.",
        ) from error


def _remove(folder: Path) -> None:
    """Delete a folder; out of sight first, so that no half of it is ever listed."""
    gone = folder.with_name(f".gone-{folder.name}")
    shutil.rmtree(gone, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
