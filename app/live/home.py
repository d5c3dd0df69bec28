"""Where runs keep their files, and how much they may keep.

``GEN_LAB_HOME`` names the folder; without it the platform's folder for user data is taken. It
holds ``recordings/<name>/`` and ``checkpoints/<stem>/``. Recordings that nobody saved go first,
oldest first, when all together pass the limit.
"""

import contextlib
import itertools
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from gen_core.data.home import home
from gen_core.errors import RecordingError

__all__ = [
    "ABANDONED",
    "HOME_LIMIT",
    "evict",
    "free_name",
    "home",
    "new_recording",
    "plain_name",
    "recordings",
]

HOME_LIMIT = 4 << 30  # bytes of all recordings together
ABANDONED = 86_400.0  # seconds


def plain_name(title: str) -> str:
    """Turn a title into a file name: letters, digits and dashes only, never empty.

    Example:
        >>> plain_name("../Swiss roll, c = 0.1")
        'swiss-roll-c-0-1'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:48] or "run"


def free_name(title: str, lanes: Sequence[tuple[str, str]]) -> tuple[str, list[Path]]:
    """Return a title under which nothing was saved yet, and the checkpoint file of each lane.

    Args:
        title: The title asked for; a number is added where it is taken.
        lanes: Paper and name of each lane; the name is empty where it has none.
    """
    for number in itertools.count(1):
        numbered = title if number == 1 else f"{title[:40]} ({number})"
        name = plain_name(numbered)  # which cuts long names, but not the number off
        folder = home() / "checkpoints"
        files = ["-".join(filter(None, (name, lane))) for _, lane in lanes]
        pairs = zip(lanes, files, strict=True)
        paths = [folder / stem / f"{file}.safetensors" for (stem, _), file in pairs]
        if not any(path.exists() for path in paths):
            break
    return numbered, paths


def new_recording(title: str) -> Path:
    """Make the empty folder of a new recording.

    Args:
        title: What the run is called.

    Returns:
        A folder that did not exist before.

    Raises:
        RecordingError: It cannot be made.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    folder = home() / "recordings" / f"{stamp}-{plain_name(title)}-{secrets.token_hex(3)}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise RecordingError(
            f"a folder for recordings under {home()}",
            error.strerror or str(error),
            "Set GEN_LAB_HOME to a folder that you may write to.",
        ) from error
    return folder


def recordings() -> list[Path]:
    """Return the recordings of this user, oldest first."""
    folder = home() / "recordings"
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if (each / "card.json").is_file())


def evict(limit: int = HOME_LIMIT, keep: Collection[Path] = ()) -> list[Path]:
    """Delete the oldest unsaved recordings until the rest fits, and what a kill left behind.

    A folder without a card is no recording: one that was just begun, or, a day later, the rest of
    an import that was killed. Of a save that was killed, a file beside the checkpoints is left.

    Args:
        limit: Most bytes of all recordings together.
        keep: Recordings in use.

    Returns:
        What was deleted.
    """
    sizes = {folder: _size(folder) for folder in recordings()}
    in_use = {folder.resolve() for folder in keep}
    gone = [folder for folder in _abandoned() if folder.resolve() not in in_use]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    for file in _half_written():
        with contextlib.suppress(OSError):
            file.unlink()
            gone.append(file)
    for folder in list(sizes):
        if sum(sizes.values()) <= limit:
            break
        if folder.resolve() in in_use or _saved(folder):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        del sizes[folder]
        gone.append(folder)
    return gone


def _abandoned() -> list[Path]:
    """Return folders that have been without a card for a day."""
    folders = [each for each in (home() / "recordings").glob("*") if each.is_dir()]
    return [each for each in folders if not (each / "card.json").exists() and _is_old(each)]


def _half_written() -> list[Path]:
    """Return files that were begun beside the checkpoints a day ago, and never got their name."""
    return [each for each in (home() / "checkpoints").glob("*/.*.partial") if _is_old(each)]


def _is_old(path: Path) -> bool:
    with contextlib.suppress(OSError):  # it may have got its name while we were looking
        return path.stat().st_mtime < time.time() - ABANDONED
    return False


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size
            except FileNotFoundError:  # thinned away while we were counting
                continue
    return total


def _saved(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / "card.json").read_text()).get("saved"))
    except (OSError, ValueError):
        return False
