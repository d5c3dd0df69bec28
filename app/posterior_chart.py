"""Table 1 of the IAF paper as a chart: bound and likelihood of each posterior."""

import json
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from app.figures import color_of

__all__ = ["posterior_chart", "posterior_points", "sweep_caption"]

_QUANTITIES = {"vlb": "bound", "log_p": "log p(x)"}
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
        the runs, and ``from``, ``"here"`` or ``"paper"``.
    """
    kept = _kept(path)
    means = pd.DataFrame(kept["points"]).groupby("posterior", sort=False)[list(_QUANTITIES)].mean()
    found = {_HERE: means}
    if kept["data"] == _TABLE:
        from gen_core.posterior_sweep import PAPER  # it brings torch, which a page waits for

        found[_PAPER] = pd.DataFrame.from_dict(PAPER, orient="index", columns=list(_QUANTITIES))
    points = pd.concat(found, names=["from", "posterior"]).reset_index()
    points = points.melt(["from", "posterior"], list(_QUANTITIES), "quantity", "nats")
    points["quantity"] = points["quantity"].map(_QUANTITIES)
    return points


def posterior_chart(path: Path) -> alt.LayerChart:
    """Draw each posterior as a row: its bound, its log p(x), and the gap between them.

    Args:
        path: What ``python -m gen_core.posterior_sweep --save`` wrote.
    """
    points = posterior_points(path)
    order = list(dict.fromkeys(points["posterior"]))
    across = alt.X("nats:Q", title="nats, further right is better", scale=alt.Scale(zero=False))
    row = alt.Y("posterior:N", sort=order, title=None, axis=alt.Axis(labelLimit=200))
    beside = alt.YOffset("from:N", sort=[_HERE, _PAPER])
    spans = (
        alt.Chart(points)
        .mark_line(strokeWidth=2, color=_GREY)
        .encode(x=across, y=row, yOffset=beside, detail=["posterior:N", "from:N"])
    )
    scale = alt.Scale(domain=list(_COLORS), range=[color_of(each) for each in _COLORS.values()])
    shapes = alt.Scale(domain=[_HERE, _PAPER], range=["circle", "diamond"])
    legend = alt.Legend(orient="bottom", title=None)
    plain = alt.Legend(orient="bottom", title=None, symbolFillColor=_GREY)
    marks = (
        alt.Chart(points)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=across,
            y=row,
            yOffset=beside,
            color=alt.Color("quantity:N", scale=scale, legend=legend),
            shape=alt.Shape("from:N", scale=shapes, legend=plain),
            tooltip=["posterior", "quantity", "from", alt.Tooltip("nats:Q", format=".2f")],
        )
    )
    return (spans + marks).properties(height=alt.Step(_ROW))


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
        f"Circles: test pictures, {kept['rounds']} updates, {each}; log p(x) by importance"
        f" sampling with {kept['samples']} samples. {paper}Depth × width of an IAF: 2x64 is two"
        f" steps of 64 hidden units. `{kept['command']}`"
    )


def _kept(path: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept
