"""The folder of what a person keeps: runs, checkpoints, own data, downloaded data."""

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from platformdirs import user_data_path

__all__ = ["home", "write_together", "write_whole"]


def home() -> Path:
    """Return the folder that ``GEN_LAB_HOME`` names, else the platform's user data folder."""
    named = os.environ.get("GEN_LAB_HOME")
    return Path(named).expanduser() if named else user_data_path("gen-lab", appauthor=False)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, and make its folder.

    Raises:
        OSError: There is no room or no leave; nothing is left behind.
    """
    _replace({path: data}, lambda: None)


def write_together(path: Path, data: bytes, about: Path, told: bytes) -> None:
    """Write a file and what is told about it, each whole, and never one beside another's.

    A process that is killed in between leaves the file with nothing told about it.

    Args:
        path: The file.
        data: Its bytes.
        about: The file that tells about it.
        told: The bytes of that.

    Raises:
        OSError: There is no room or no leave; what was there stays.
    """
    _replace({path: data, about: told}, lambda: about.unlink(missing_ok=True))


def _replace(files: Mapping[Path, bytes], before: Callable[[], None]) -> None:
    partial = {path: path.with_name(f".{path.name}.{os.getpid()}.partial") for path in files}
    try:
        for path, data in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial[path].open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        before()
        for path in files:
            partial[path].replace(path)
    except OSError:
        for each in partial.values():
            with contextlib.suppress(OSError):
                each.unlink()
        raise
