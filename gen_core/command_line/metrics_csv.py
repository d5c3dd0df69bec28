"""The fast metrics of a training as a CSV file, a row each so many rounds.

A row is written as soon as its round is done, before any snapshot of that round: so whatever a
training is resumed from, its rows up to there are in the file. Later ones are cut off at the
resumption and written anew: there is no gap and no double row.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from torch import Tensor

from gen_core.command_line.terminal import writing
from gen_core.data.home import write_whole
from gen_core.errors import CommandError
from gen_core.training.loop import TrainingState

__all__ = ["MetricsCsv"]

Row = list[str]


class MetricsCsv:
    """An open file of metrics; a context manager.

    Args:
        path: The file; a training that starts anew replaces it.
        every: Rounds from one row to the next.
        curves: Label and unit of each metric, by name.
        done: Rounds that are done already; rows up to there are kept.

    Raises:
        CommandError: The file belongs to another training, or cannot be written.
    """

    def __init__(
        self, path: Path, every: int, curves: Mapping[str, tuple[str, str]], done: int = 0
    ) -> None:
        self.every = every
        self._names = tuple(curves)
        units = [f"{name} ({unit})" if unit else name for name, (_, unit) in curves.items()]
        header = ["round", "t (updates)", *units]
        kept = _kept(path, header, done, every) if done else []
        with writing(path):
            write_whole(path, _text([header, *kept]).encode())
            self._file = path.open("a", encoding="utf-8", newline="", buffering=1)  # by lines

    def note(self, state: TrainingState, metrics: Mapping[str, Tensor]) -> None:
        """Write a row if one is due.

        Args:
            state: The training, at the end of a round.
            metrics: What the updates of this round returned, 0-d; a cell is empty where they
                returned nothing.
        """
        if state.round % self.every:
            return
        values = [f"{float(metrics[n]):.9g}" if n in metrics else "" for n in self._names]
        self._file.write(_text([[str(state.round), str(state.t), *values]]))

    def __enter__(self) -> "MetricsCsv":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()


def _kept(path: Path, header: Row, done: int, every: int) -> list[Row]:
    """Return the rows of a file up to a round; none where there is no file."""
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError("a CSV file of metrics", path.name, "Name another file.") from error
    whole = text[: text.rfind("\n") + 1]  # a kill may cut the last row
    found, *rows = list(csv.reader(io.StringIO(whole))) or [[]]
    if found != header:
        expected = f"a CSV file with the columns {', '.join(header)}"
        raise CommandError(expected, path.name, "Name another file.")
    kept = [row for row in rows if row[0].isdecimal() and int(row[0]) <= done]
    due, last = done - done % every, int(kept[-1][0]) if kept else 0
    if last != due:
        expected = f"rows each {every} rounds up to {due} in {path.name}"
        remedy = "Give the --csv-every that it began with, or name another file."
        raise CommandError(expected, f"the last at round {last}", remedy)
    return kept


def _text(rows: list[Row]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
