"""The folder of what a person keeps: runs, checkpoints, own data, downloaded data."""

import contextlib
import os
from pathlib import Path

from platformdirs import user_data_path

__all__ = ["home", "write_whole"]


def home() -> Path:
    """Return the folder that ``GEN_LAB_HOME`` names, else the platform's user data folder."""
    named = os.environ.get("GEN_LAB_HOME")
    return Path(named).expanduser() if named else user_data_path("gen-lab", appauthor=False)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, and make its folder.

    Raises:
        OSError: There is no room or no leave; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
