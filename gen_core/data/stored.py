"""Uploaded points and drawings, kept by the hash of their content so that a URL can name them."""

import re
from functools import lru_cache
from pathlib import Path

from gen_core.data import drawing
from gen_core.data.base import PointSource
from gen_core.data.drawing import Drawing
from gen_core.data.home import home, write_whole
from gen_core.data.points_csv import Points, read_points
from gen_core.data.toy2d import dataset
from gen_core.errors import DataError

__all__ = ["keep", "points_or_set"]

PREFIX = "points-"
_DIGITS = "[0-9a-f]{16}"


def keep(points: Points | Drawing) -> str:
    """Store points under the hash of their content.

    Returns:
        The data set's name, ``points-`` or ``drawing-`` and 16 hexadecimal digits; the same points
        give the same name on every machine.

    Raises:
        DataError: They cannot be written.
    """
    if isinstance(points, Drawing):
        name, content = points.name, points.text
    else:
        name = f"{PREFIX}{points.sha256[:16]}"
        content = "\n".join(f"{x!r},{y!r}" for x, y in points.raw.tolist())
    path = _path(name)
    if not path.exists():
        try:
            write_whole(path, content.encode())
        except OSError as error:
            got = (error.strerror or str(error)).lower()
            remedy = "Free some space, or set GEN_LAB_HOME to a folder that you may write to."
            raise DataError("room and leave to keep the points", got, remedy) from error
    return name


def points_or_set(name: str) -> PointSource:
    """Return a toy data set, stored points or a stored drawing, by name.

    Raises:
        DataError: None of them is known under this name on this machine.
    """
    if name.startswith(drawing.PREFIX):
        return _drawn(name, str(_path(name)))
    return _stored(name, str(_path(name))) if name.startswith(PREFIX) else dataset(name)


@lru_cache(maxsize=8)
def _stored(name: str, path: str) -> Points:
    if not re.fullmatch(PREFIX + _DIGITS, name) or not Path(path).exists():
        raise DataError(
            "points that were uploaded on this machine",
            f"{name}, which is missing here",
            "Upload the same file again, or choose another data set.",
        )
    points = read_points(Path(path).read_bytes(), name=name)
    if not points.sha256.startswith(name.removeprefix(PREFIX)):
        raise DataError(f"the points named {name}", "a changed file", "Upload the file again.")
    return points


@lru_cache(maxsize=8)
def _drawn(name: str, path: str) -> Drawing:
    if not re.fullmatch(drawing.PREFIX + _DIGITS, name) or not Path(path).exists():
        raise DataError(
            "a drawing that was made on this machine",
            f"{name}, which is missing here",
            "Open the link that carries the drawing itself, or choose another data set.",
        )
    drawn = drawing.drawing(Path(path).read_text(encoding="utf-8", errors="replace"))
    if drawn.name != name:
        raise DataError(f"the drawing named {name}", "a changed file", "Open its link again.")
    return drawn


def _path(name: str) -> Path:
    return home() / "points" / f"{name}.{'txt' if name.startswith(drawing.PREFIX) else 'csv'}"
