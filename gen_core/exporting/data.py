"""A data set as source text: how its points are drawn, without its density."""

import ast
from types import ModuleType

from gen_core.data import curves, line, mixtures, toy2d
from gen_core.data.drawing import Drawing
from gen_core.data.points_csv import Points
from gen_core.data.stored import points_or_set
from gen_core.errors import DataError
from gen_core.exporting.sources import assigned, class_text, text, without

__all__ = ["MOST_POINTS", "data_text"]

MOST_POINTS = 1024
"""Most uploaded points that a script holds in its own text; a drawing has no more."""

_MIXTURES = {
    "8gaussians": mixtures.eight_gaussians,
    "25gaussians": mixtures.twenty_five_gaussians,
}
_CURVES: dict[str, tuple[ModuleType, type, tuple[str, ...]]] = {
    "swissroll": (curves, curves.SwissRoll, ()),
    "moons": (curves, curves.Moons, ("_MOON_SHIFTS",)),
    "rings": (curves, curves.Rings, ()),
    "checkerboard": (toy2d, toy2d.Checkerboard, ("_DARK_CORNERS",)),
}
_KEPT = ("modes", "mode_std", "std", "radii", "points", "batch")
_SEE_BASE = "Draw points; see `PointSource.batch`."
_BATCH = "Draw ``(n, 2)`` points, float32; the generator is the only source of randomness."


def data_text(name: str) -> str:
    """Return definitions that end with ``DATA``, which has ``batch(n, generator)``.

    Args:
        name: A toy data set, or stored points.

    Raises:
        DataError: The points are not on this machine, or are more than a script holds.
    """
    if name in _MIXTURES:
        parts = _mixture(name)
    elif name in _CURVES:
        module, cls, constants = _CURVES[name]
        parts = [assigned(module, each) for each in constants]
        parts += [class_text(cls, _KEPT), f"DATA = {cls.__name__}()"]
    elif name == "line":
        parts = [class_text(line.Line, _KEPT), text(line.moved_line), "DATA = Line()"]
    else:
        parts = _points(name)
    return "\n\n\n".join(parts).replace(_SEE_BASE, _BATCH)


def _mixture(name: str) -> list[str]:
    """The mixture, and the function that places its modes, without the exact entropy."""
    source = text(_MIXTURES[name])
    keywords = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.keyword)]
    placed = without(source, [each for each in keywords if each.arg in ("name", "entropy")])
    made = class_text(mixtures.GaussianMixture, _KEPT)
    return [made, placed, f"DATA = {_MIXTURES[name].__name__}()"]


def _points(name: str) -> list[str]:
    stored = points_or_set(name)
    assert isinstance(stored, (Points, Drawing))
    if len(stored.points) > MOST_POINTS:
        raise DataError(
            f"at most {MOST_POINTS} points inside a script",
            f"{len(stored.points)}",
            "Thin the file, upload it again, and start a run on it.",
        )
    rows = ",\n".join(f"    ({x!r}, {y!r})" for x, y in stored.points.tolist())
    cls = type(stored)
    made = class_text(cls, _KEPT).replace(text(cls).split('"""')[1], _OWN[cls])
    return [f"POINTS = [\n{rows},\n]", made, f"DATA = {cls.__name__}(points=torch.tensor(POINTS))"]


_OWN: dict[type, str] = {
    Points: "Uploaded points, scaled into the plot range; a batch draws them with replacement.",
    Drawing: "The points of a drawing, where they were drawn; a batch draws with replacement.",
}
