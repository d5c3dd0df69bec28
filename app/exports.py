"""What a person takes home from a run, as text: its script, its curves, its data set.

Recipes, and torch with them, are imported when something is asked for: the page shows its picture
first.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.live.frames import decode, header

if TYPE_CHECKING:
    from gen_core.recipes.base import Recipe
    from gen_core.training.loop import Edit

__all__ = ["DATA_POINTS", "curves_csv", "data_csv", "script_of"]

DATA_POINTS = 1024


def script_of(spec: Mapping[str, Any], lane: Mapping[str, Any], frame: bytes) -> str:
    """Return a lane as one PyTorch script that repeats it to the frame's last round.

    Args:
        spec: The run's description.
        lane: The lane's part of it.
        frame: A frame of the run; its marks are the hot edits.

    Raises:
        GenLabError: The lane's recipe or data cannot leave as a script.
    """
    from gen_core.exporting.script import script
    from gen_core.training.loop import Edit

    fields = header(frame)
    recipe, seed, log = _beginning(spec, lane)
    marks = [mark for mark in fields.get("marks", []) if mark["lane"] == lane["name"]]
    made = [*log, *(Edit(mark["t"], mark["name"], mark["value"]) for mark in marks)]
    edits = {(edit.t, edit.name): edit for edit in made}.values()
    title = f"{spec.get('title') or 'A run'}: {lane['label']}"
    return script(recipe, seed, max(1, int(fields["head"])), edits, title=title)


def curves_csv(frame: bytes) -> str:
    """Return every curve of a frame: round, lane, metric, value, one row a value.

    Args:
        frame: A frame; values that are missing or not finite are left out.
    """
    arrays, fields = decode(frame)
    rows: list[tuple[object, ...]] = []
    for lane in fields["lanes"]:
        prefix = f"{lane['name']}/curves/"
        rounds = arrays.get(f"{prefix}rounds")
        if rounds is None:
            continue
        for name in sorted(each for each in arrays if each.startswith(prefix)):
            metric, values = name.removeprefix(prefix), arrays[name].tolist()
            if metric != "rounds":
                seen = zip(rounds.tolist(), values, strict=True)
                rows += [(at, lane["name"], metric, v) for at, v in seen if math.isfinite(v)]
    return _table(("round", "lane", "metric", "value"), rows)


def data_csv(spec: Mapping[str, Any], lane: Mapping[str, Any]) -> str:
    """Return points of a lane's data set, as its training draws them: columns x and y.

    Args:
        spec: The run's description.
        lane: The lane's part of it.

    Raises:
        GenLabError: The lane's data are missing here, or are no points of the plane.
    """
    from gen_core.data.base import PointSource
    from gen_core.errors import DataError
    from gen_core.training.seeding import generator

    recipe, seed, _ = _beginning(spec, lane)
    source = recipe.dataset()
    if not isinstance(source, PointSource):
        raise DataError("points of the plane", recipe.stem, "Its data stand in the recipe.")
    points = source.batch(DATA_POINTS, generator(seed, "data", 0))
    return _table(("x", "y"), points.tolist())


def _beginning(
    spec: Mapping[str, Any], lane: Mapping[str, Any]
) -> "tuple[Recipe, int, Sequence[Edit]]":
    """Return a lane's recipe and seed at t = 0, and the edits of an earlier life."""
    snapshots = spec.get("snapshots") or {}
    if lane["name"] in snapshots:
        from gen_core.checkpoint import load

        state = load(Path(snapshots[lane["name"]]), "cpu", lane["stem"]).state
        return state.base, state.seed, state.log
    from gen_core.recipes.base import make

    return make(lane["stem"], lane["variant"], lane["overrides"]), int(spec["seed"]), ()


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()
