"""Uploaded points, kept by the hash of their content so that a URL can name them."""

import contextlib
import os
import re
from functools import lru_cache
from pathlib import Path

from gen_core.data.base import PointSource
from gen_core.data.home import home
from gen_core.data.points_csv import Points, read_points
from gen_core.data.toy2d import dataset
from gen_core.errors import DataError

__all__ = ["keep", "points_or_set"]

PREFIX = "points-"


def keep(points: Points) -> str:
    """Store points under the hash of their content.

    Returns:
        The data set's name, ``points-`` and 16 hexadecimal digits; the same points give the same
        name on every machine.

    Raises:
        DataError: They cannot be written.
    """
    name = f"{PREFIX}{points.sha256[:16]}"
    path = _path(name)
    if not path.exists():
        rows = "\n".join(f"{x!r},{y!r}" for x, y in points.raw.tolist())
        try:
            _write(path, rows)
        except OSError as error:
            got = (error.strerror or str(error)).lower()
            remedy = "Free some space, or set GEN_LAB_HOME to a folder that you may write to."
            raise DataError("room and leave to keep the points", got, remedy) from error
    return name


def points_or_set(name: str) -> PointSource:
    """Return a toy data set, or stored points, by name.

    Raises:
        DataError: Neither is known under this name on this machine.
    """
    return _stored(name, str(_path(name))) if name.startswith(PREFIX) else dataset(name)


@lru_cache(maxsize=8)
def _stored(name: str, path: str) -> Points:
    if not re.fullmatch(PREFIX + "[0-9a-f]{16}", name) or not Path(path).exists():
        raise DataError(
            "points that were uploaded on this machine",
            f"{name}, which is missing here",
            "Upload the same file again, or choose another data set.",
        )
    points = read_points(Path(path).read_bytes(), name=name)
    if not points.sha256.startswith(name.removeprefix(PREFIX)):
        raise DataError(f"the points named {name}", "a changed file", "Upload the file again.")
    return points


def _write(path: Path, rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(rows)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def _path(name: str) -> Path:
    return home() / "points" / f"{name}.csv"
