"""Somebody's own points: a CSV file of two columns as a data set.

Accepted: UTF-8 or UTF-16 text with or without byte-order mark; any line ends; columns parted by
semicolon, tab, comma or blanks (with semicolons a decimal comma is read too); one header line;
empty lines and lines that start with ``#`` are passed over. Refused, each with the line's number:
text or nothing in a cell, NaN, infinity, any other number of columns than two.

Bounds: `MAX_BYTES` of file, and `MAX_POINTS` points. A longer file (a million rows, say) is
checked whole and then thinned evenly, keeping its first and last row.
"""

import hashlib
import math
import re
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gen_core.data.base import PointSource
from gen_core.errors import DataError

__all__ = ["MAX_BYTES", "MAX_POINTS", "Points", "read_points"]

MAX_BYTES = 64 * 2**20
"""Largest file that is read: 64 MB."""

MAX_POINTS = 100_000
"""Most points that are kept; the figures' own data have as many."""

HALF_WIDTH = 1.5
"""Half the longer side of the scaled points' box: the size of the ring of Gaussians."""

_REMEDY = "Correct the line and upload the file again."
_QUOTE_LIMIT = 40


@dataclass(frozen=True, eq=False, kw_only=True)
class Points(PointSource):
    """Points of a file, scaled into the plot range; a batch draws them with replacement.

    Scaling is one shift and one factor for both axes, ``x = (raw - centre) / scale``: the centre
    of the points' bounding box goes to the origin, half its longer side to 1.5. Distances keep
    their proportions, and `to_raw` leads back.

    Attributes:
        points: Scaled points, ``(N, 2)``, float32. Do not write into it.
        raw: The points as read, ``(N, 2)``, float64.
        centre: Centre of the raw bounding box, per axis.
        scale: Raw units per plot unit.
        rows: Rows that the file held, before thinning.
        columns: Names from the header, or ("x", "y").
        sha256: Hash of the kept raw points (row by row, little-endian float64), for cards.
    """

    points: Tensor
    raw: Tensor
    centre: tuple[float, float]
    scale: float
    rows: int
    columns: tuple[str, str]
    sha256: str

    @property
    def thinned(self) -> bool:
        """Whether the file held more rows than are kept."""
        return self.rows > len(self.points)

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points with replacement; see `PointSource.batch`."""
        which = torch.randint(len(self.points), (n,), generator=generator)
        return self.points.index_select(0, which)

    def to_raw(self, x: Tensor) -> Tensor:
        """Undo the scaling: ``(B, 2)`` in plot units to the file's units, float64."""
        return x.double() * self.scale + torch.tensor(self.centre, dtype=torch.float64)


def read_points(data: bytes, *, name: str = "points.csv") -> Points:
    r"""Read and check a CSV file of points.

    Args:
        data: The file's bytes.
        name: What to call the data, usually the file's name.

    Returns:
        The points, scaled, with the way back to the file's own units.

    Raises:
        DataError: The file is too large, is no text, or a line is not two finite numbers; the
            message names the line.

    Example:
        >>> cross = read_points(b"x;y\r\n0;1\r\n2;1\r\n1;0\r\n1;2\r\n", name="cross.csv")
        >>> cross.columns, cross.centre, cross.scale
        (('x', 'y'), (1.0, 1.0), 0.6666666666666666)
        >>> read_points(b"1,2\n3,nan\n")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        gen_core.errors.DataError: Expected two finite numbers in line 2, got '3,nan'. ...
    """
    rows, columns = _parse(_decode(data))
    count = len(rows)
    if count > MAX_POINTS:
        rows = rows[np.linspace(0, count - 1, MAX_POINTS).round().astype(np.int64)]
    rows = rows + 0.0  # -0.0 becomes 0.0, so that equal points have equal bytes
    with np.errstate(over="ignore"):
        low, high = rows.min(0), rows.max(0)
        scale = float((high - low).max()) / 2 / HALF_WIDTH
    if not math.isfinite(scale):
        raise DataError(
            "values whose differences are finite",
            f"values from {low.min():g} to {high.max():g}",
            "Divide the columns by a common factor first.",
        )
    centre = (low + high) / 2
    scaled = (rows - centre) / scale if scale > 0 else rows
    if scale == 0 or not np.isfinite(scaled).all():
        raise DataError(
            "at least two different points",
            f"{count} times the same" if count > 1 else "a single one",
            "Upload a file with more points.",
        )
    return Points(
        name=name,
        points=torch.from_numpy(scaled.astype(np.float32)),
        raw=torch.from_numpy(rows),
        centre=(float(centre[0]), float(centre[1])),
        scale=scale,
        rows=count,
        columns=columns,
        sha256=hashlib.sha256(rows.astype("<f8").tobytes()).hexdigest(),
    )


def _decode(data: bytes) -> str:
    """The file's text, or a sentence on why it is none."""
    if len(data) > MAX_BYTES:
        raise DataError(
            f"a file of at most {MAX_BYTES // 2**20} MB",
            f"{len(data) / 2**20:.1f} MB",
            f"Keep every n-th row; {MAX_POINTS:,} points are used at most.",
        )
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise DataError(
            "a text file in UTF-8",
            "bytes that are no text",
            "Save the table as CSV (UTF-8) in your spreadsheet, and upload that.",
        )
    return text


def _parse(text: str) -> tuple[np.ndarray, tuple[str, str]]:
    """Rows ``(N, 2)`` in float64, and the column names."""
    columns = ("x", "y")
    values: list[tuple[float, float]] = []
    separator: str | None = ""
    # Not splitlines(): it also breaks at form feeds and the like, which would shift line numbers.
    for number, raw in enumerate(re.split("\r\n|\r|\n", text), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        first = separator == ""
        if first:
            separator = next((mark for mark in ";\t," if mark in line), None)
        cells = line.split(separator)
        if len(cells) == 2:
            try:
                x, y = _number(cells[0], separator), _number(cells[1], separator)
            except ValueError:
                if first and not any(_is_number(cell, separator) for cell in cells):
                    columns = (_unquote(cells[0]), _unquote(cells[1]))
                    continue
            else:
                values.append((x, y))
                continue
        raise _line_error(number, line, cells)
    if not values:
        raise DataError(
            "lines with two numbers each, such as 0.5,1.25",
            "no point at all",
            "Check that the right file was chosen and is not empty.",
        )
    return np.array(values, dtype=np.float64), columns


def _line_error(number: int, line: str, cells: list[str]) -> DataError:
    """What is wrong with one line, quoting its beginning."""
    quoted = repr(line if len(line) <= _QUOTE_LIMIT else line[:_QUOTE_LIMIT] + "…")
    if len(cells) != 2:
        many = f"{len(cells)} column{'s' if len(cells) > 1 else ''}: {quoted}"
        remedy = "Keep the two columns to learn, parted by a comma."
        return DataError(f"two columns in line {number}", many, remedy)
    return DataError(f"two finite numbers in line {number}", quoted, _REMEDY)


def _unquote(cell: str) -> str:
    return cell.strip().strip('"').strip()


def _number(cell: str, separator: str | None) -> float:
    """One cell as a finite number; ValueError otherwise."""
    if separator == ";":
        cell = cell.replace(",", ".")
    if "_" in cell:  # float() reads 1_000, which no spreadsheet writes
        raise ValueError(cell)
    try:
        value = float(cell)
    except ValueError:
        value = float(_unquote(cell))
    if not math.isfinite(value):
        raise ValueError(cell)
    return value


def _is_number(cell: str, separator: str | None) -> bool:
    """Whether a cell is meant as a number, NaN and infinity included: then it is no header."""
    try:
        float(_unquote(cell).replace(",", ".") if separator == ";" else _unquote(cell))
    except ValueError:
        return False
    return True
