"""PixelVAE's figure 4 from a stored sweep: likelihood against masked layers, and its two parts."""

import json
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from app.figures import color_of

__all__ = ["layer_chart"]

_NAMES = {"pixelvae": "PixelVAE, upper bound", "pixelcnn": "PixelCNN without a code, exact"}
_PARTS = {"kl": "KL(q(z|x) ‖ p(z))", "reconstruction": "reconstruction error"}
_HEIGHT = 240


def layer_chart(path: Path) -> alt.HConcatChart:
    """Draw figures 4a and 4b side by side.

    Args:
        path: What ``python -m gen_core.layer_sweep --save`` wrote.
    """
    points = pd.DataFrame(json.loads(path.read_text(encoding="utf-8"))["points"])
    points["model"] = points["stem"].map(_NAMES)
    layers = alt.X("layers:O", title="masked layers", axis=alt.Axis(labelAngle=0))
    lines = (
        alt.Chart(points)
        .mark_line(point=True)
        .encode(
            x=layers,
            y=alt.Y("nll:Q", title="NLL, nats", scale=alt.Scale(zero=False)),
            color=_colors("model", list(_NAMES.values()), ["lane3", "lane4"]),
            tooltip=["model", "layers", alt.Tooltip("nll:Q", format=".1f")],
        )
        .properties(height=_HEIGHT, width=300, title="Figure 4a: likelihood of the test pictures")
    )
    parts = points[points["stem"] == "pixelvae"].melt(
        ["layers"], list(_PARTS), "part", "nats", ignore_index=True
    )
    parts["part"] = parts["part"].map(_PARTS)
    bars = (
        alt.Chart(parts)
        .mark_bar()
        .encode(
            x=layers,
            y=alt.Y("nats:Q", title="nats, stacked"),
            color=_colors("part", list(_PARTS.values()), ["lane3", "gp"]),
            tooltip=["part", "layers", alt.Tooltip("nats:Q", format=".1f")],
        )
        .properties(height=_HEIGHT, width=300, title="Figure 4b: the bound's two parts")
    )
    return alt.hconcat(lines, bars).resolve_scale(color="independent")


def _colors(field: str, names: list[str], tokens: list[str]) -> Any:  # noqa: ANN401
    scale = alt.Scale(domain=names, range=[color_of(token) for token in tokens])
    return alt.Color(f"{field}:N", scale=scale, title=None, legend=alt.Legend(orient="bottom"))
