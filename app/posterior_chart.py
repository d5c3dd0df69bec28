"""Table 1 of the IAF paper as a chart: bound and likelihood of each posterior."""

import json
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from app.figures import color_of

__all__ = ["posterior_chart", "posterior_points", "sweep_caption"]

_QUANTITIES = {"vlb": "bound", "log_p": "log p(x)"}
_ERRORS = {f"{name}_error": label for name, label in _QUANTITIES.items()}
_ROWS = ["from", "posterior"]
_COLORS = {"bound": "lane4", "log p(x)": "lane3"}
_HERE, _PAPER = "here", "paper"
_ROW = 18  # pixels
_GREY = "#8a8f98"  # seen on a light page and on a dark one
_TABLE = "mnist-binary"  # the data of the paper's table


def posterior_points(path: Path) -> pd.DataFrame:
    """Return the points of a sweep, those of the paper beside them where its data are the same.

    Args:
        path: What ``python -m gen_core.posterior_sweep --save`` wrote.

    Returns:
        Columns ``posterior``, ``quantity`` (``"bound"`` or ``"log p(x)"``), ``nats``, mean over
        the runs, ``error``, the standard error over pictures, missing in the paper, and
        ``from``, ``"here"`` or ``"paper"``.
    """
    kept = _kept(path)
    by_posterior = pd.DataFrame(kept["points"]).groupby("posterior", sort=False)
    means = by_posterior[[*_QUANTITIES, *_ERRORS]].mean()  # runs share pictures, hence errors
    found = {_HERE: means}
    if kept["data"] == _TABLE:
        from gen_core.posterior_sweep import PAPER  # it brings torch, which a page waits for

        found[_PAPER] = pd.DataFrame.from_dict(PAPER, orient="index", columns=list(_QUANTITIES))
    wide = pd.concat(found, names=_ROWS).reset_index()
    points = wide.melt(_ROWS, list(_QUANTITIES), "quantity", "nats").replace(_QUANTITIES)
    errors = wide.melt(_ROWS, list(_ERRORS), "quantity", "error").replace(_ERRORS)
    return points.merge(errors, on=[*_ROWS, "quantity"])


def posterior_chart(path: Path) -> alt.LayerChart:
    """Draw each posterior as a row: its bound, its log p(x), their errors, and the gap between.

    Args:
        path: What ``python -m gen_core.posterior_sweep --save`` wrote.
    """
    points = posterior_points(path)
    order = list(dict.fromkeys(points["posterior"]))
    across = alt.X("nats:Q", title="nats, further right is better", scale=alt.Scale(zero=False))
    row = alt.Y("posterior:N", sort=order, title=None, axis=alt.Axis(labelLimit=200))
    beside = alt.YOffset("from:N", sort=[_HERE, _PAPER])
    shared = alt.Chart(points).encode(x=across, y=row, yOffset=beside)
    spans = shared.mark_line(strokeWidth=2, color=_GREY).encode(detail=["posterior:N", "from:N"])
    scale = alt.Scale(domain=list(_COLORS), range=[color_of(each) for each in _COLORS.values()])
    shapes = alt.Scale(domain=[_HERE, _PAPER], range=["circle", "diamond"])
    legend = alt.Legend(orient="bottom", title=None)
    plain = alt.Legend(orient="bottom", title=None, symbolFillColor=_GREY)
    color = alt.Color("quantity:N", scale=scale, legend=legend)
    marks = shared.mark_point(filled=True, size=90, opacity=1).encode(
        color=color,
        shape=alt.Shape("from:N", scale=shapes, legend=plain),
        tooltip=[
            "posterior",
            "quantity",
            "from",
            alt.Tooltip("nats:Q", format=".2f"),
            alt.Tooltip("error:Q", format=".2f"),
        ],
    )
    ends = {"least": "datum.nats - datum.error", "most": "datum.nats + datum.error"}
    bars = (
        alt.Chart(points.dropna())
        .transform_calculate(**ends)
        .mark_rule(strokeWidth=2)
        .encode(x="least:Q", x2="most:Q", y=row, yOffset=beside, color=color)
    )
    return (spans + bars + marks).properties(height=alt.Step(_ROW))


def sweep_caption(path: Path) -> str:
    """Say in markdown what a chart shows, and how its numbers were made.

    Args:
        path: What ``python -m gen_core.posterior_sweep --save`` wrote.
    """
    kept = _kept(path)
    paper = "Diamonds: Kingma et al. 2016, Table 1. " if kept["data"] == _TABLE else ""
    runs = len({point["seed"] for point in kept["points"]})
    each = "one training each" if runs == 1 else f"means of {runs} trainings each"
    return (
        f"Circles: {kept['pictures']} test pictures, {kept['rounds']} updates, {each}; log p(x) by"
        f" importance sampling with {kept['samples']} samples; bars: one standard error over"
        f" pictures. {_gaps(kept)}{paper}Depth × width of an IAF: 2x64 is two steps of 64 hidden"
        f" units. `{kept['command']}`"
    )


def _gaps(kept: dict[str, Any]) -> str:
    """Say how far the bounds lie above the diagonal posterior's, where they were paired."""
    found: dict[str, list[str]] = {}
    for point in kept["points"]:
        if "gap" in point:
            said = f"{point['gap']:+.2f} ± {point['gap_error']:.2f}".replace("-", "−")
            found.setdefault(point["posterior"], []).append(said)
    each = "; ".join(f"{name} {', '.join(gaps)}" for name, gaps in found.items())
    words = "The bound above the diagonal posterior's, picture by picture, in nats"
    return f"{words}: {each}. " if each else ""


def _kept(path: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept
