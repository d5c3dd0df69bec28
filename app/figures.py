"""Arrays to figures: Plotly for the surface in space, Altair for histograms and lines.

No streamlit here: every function takes arrays by name and returns a figure that a notebook can
show as well. Colours mean the same everywhere (Okabe-Ito, safe for colour blindness).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.colormap import plotly_scale

__all__ = [
    "COLORS",
    "LaneArrays",
    "Relief",
    "color_of",
    "gradient_lines",
    "histograms",
    "relief",
    "surfaces",
]

COLORS: Mapping[str, str] = {
    "real": "#E69F00",
    "generated": "#0072B2",
    "clip": "#D55E00",
    "gp": "#009E73",
    "lane3": "#CC79A7",
    "lane4": "#56B4E9",
}
# What may be seen as a surface: its name on the axis, and heights from the probe's values.
_RELIEFS: Mapping[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "surface": ("f(x)", np.asarray),
    "density": ("p(x)", np.exp),  # the probe has its logarithm
}
_ASPECT = {"x": 1.0, "y": 1.0, "z": 0.7}
_CAMERA = {"eye": {"x": 1.15, "y": -1.4, "z": 0.8}, "center": {"x": 0, "y": 0, "z": -0.16}}


@dataclass(frozen=True)
class LaneArrays:
    """One lane's arrays at one moment.

    Attributes:
        name: The lane's name.
        label: Its name on the screen.
        color: A key of :data:`COLORS`, or a colour.
        arrays: ``"probe/array"`` to array.
    """

    name: str
    label: str
    color: str
    arrays: Mapping[str, np.ndarray]


def color_of(token: str) -> str:
    """Return the colour that a token names; a colour stays itself."""
    return COLORS.get(token, token)


@dataclass(frozen=True)
class Relief:
    """Heights over the plane.

    Attributes:
        label: What they are.
        values: ``(S, S)``, row 0 at the lowest y.
        extent: ``(4,)`` = x0, x1, y0, y1.
    """

    label: str
    values: np.ndarray
    extent: np.ndarray


def relief(lane: LaneArrays) -> Relief | None:
    """Return a lane's critic or density as heights, or None if it has neither."""
    for probe, (label, heights) in _RELIEFS.items():
        if f"{probe}/values" in lane.arrays:
            values, extent = (lane.arrays[f"{probe}/{name}"] for name in ("values", "extent"))
            return Relief(label, heights(values), extent)
    return None


def surfaces(lanes: Sequence[LaneArrays], *, shared: bool = True, dark: bool = False) -> go.Figure:
    """Draw each lane's critic or density as a surface over the plane, real points lying on it.

    Args:
        lanes: Lanes with ``surface/values`` or the log-density ``density/values`` ``(S, S)``, row
            0 at the lowest y, and the ``extent`` ``(4,)`` = x0, x1, y0, y1 of the same probe;
            ``samples/real`` ``(N, 2)`` if known.
        shared: Whether lanes share one scale of values. A clipped critic lies almost flat
            beside a penalised one: that is the finding, and the other scale shows its form.
        dark: Whether the page is dark.

    Raises:
        ValueError: No lane has a surface.

    Example:
        >>> flat = {"surface/values": np.zeros((2, 2)), "surface/extent": np.array([0, 1, 0, 1])}
        >>> len(surfaces([LaneArrays("a", "A", "clip", flat)]).data)
        1
    """
    found = [(lane, relief(lane)) for lane in lanes]
    shown = [(lane, heights) for lane, heights in found if heights is not None]
    if not shown:
        raise ValueError("Expected a lane with a surface, got none. Subscribe to the surface.")
    figure = make_subplots(
        rows=1,
        cols=len(shown),
        specs=[[{"type": "scene"}] * len(shown)],
        subplot_titles=[lane.label for lane, _ in shown],
        horizontal_spacing=0.02,
    )
    ranges = [_value_range(heights.values) for _, heights in shown]
    if shared:
        ranges = [(min(low for low, _ in ranges), max(high for _, high in ranges))] * len(shown)
    for column, ((lane, heights), span) in enumerate(zip(shown, ranges, strict=True), start=1):
        real, last = lane.arrays.get("samples/real"), column == len(shown)
        for trace in _traces(heights, real, span, dark, show_scale=not shared or last):
            figure.add_trace(trace, row=1, col=column)
        figure.update_scenes(_scene(heights, span, dark), row=1, col=column)
    figure.update_layout(
        height=460,
        margin={"l": 0, "r": 0, "t": 32, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        font={
            "color": "#e6e6e6" if dark else "#1d2530",
            "family": "Source Sans, sans-serif",
            "size": 13,
        },
        showlegend=False,
        uirevision="surfaces",
    )
    return figure


def histograms(
    lanes: Sequence[LaneArrays], probe: str, *, x_title: str, array: str = "counts"
) -> alt.Chart:
    """Draw each lane's histogram below the other, each on its own range.

    Args:
        lanes: Lanes with ``<probe>/<array>`` ``(bins,)`` and ``<probe>/edges`` ``(bins + 1,)``.
        probe: ``"weight_histogram"`` or ``"slopes"``.
        x_title: What the x axis counts, with its unit.
        array: Name of the probe's counts.
    """
    rows = []
    for lane in lanes:
        counts, edges = lane.arrays[f"{probe}/{array}"], lane.arrays[f"{probe}/edges"]
        share = counts / max(float(counts.sum()), 1.0)
        frame = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "share": share})
        rows.append(
            alt.Chart(frame, title=alt.Title(lane.label, anchor="start", fontSize=13))
            .mark_bar(color=color_of(lane.color), stroke=None, binSpacing=0)
            .encode(
                x=alt.X("from:Q", bin="binned", title=x_title),
                x2="to:Q",
                y=alt.Y("share:Q", title="Share", axis=alt.Axis(format="%", tickCount=3)),
                tooltip=[
                    alt.Tooltip("from:Q", format=".3g"),
                    alt.Tooltip("to:Q", format=".3g"),
                    alt.Tooltip("share:Q", format=".1%"),
                ],
            )
            .properties(height=130, width="container")
        )
    return alt.vconcat(*rows).configure_view(stroke=None) if len(rows) > 1 else rows[0]


def gradient_lines(lanes: Sequence[LaneArrays]) -> alt.Chart:
    """Draw the critic's gradient norm at each layer, one line a lane.

    Args:
        lanes: Lanes with ``layer_gradients/log10_norm`` ``(L,)``, input side first.
    """
    frame = pd.concat(
        pd.DataFrame(
            {
                "layer": np.arange(1, len(lane.arrays["layer_gradients/log10_norm"]) + 1),
                "log10_norm": lane.arrays["layer_gradients/log10_norm"],
                "lane": lane.label,
            }
        )
        for lane in lanes
    )
    scale = alt.Scale(
        domain=[lane.label for lane in lanes], range=[color_of(lane.color) for lane in lanes]
    )
    return (
        alt.Chart(frame)
        .mark_line(point=True)
        .encode(
            x=alt.X("layer:O", sort="descending", title="Critic layer, output to input"),
            y=alt.Y("log10_norm:Q", title="log₁₀ of the gradient norm", scale={"zero": False}),
            color=alt.Color("lane:N", scale=scale, title=None, legend={"orient": "top"}),
            tooltip=["lane", "layer", alt.Tooltip("log10_norm:Q", format=".2f")],
        )
        .properties(height=280)
    )


def _value_range(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _traces(
    heights: Relief,
    real: np.ndarray | None,
    span: tuple[float, float],
    dark: bool,
    *,
    show_scale: bool,
) -> list[Any]:
    values, extent, (low, high) = heights.values, heights.extent, span
    bar = {"thickness": 10, "len": 0.7, "title": {"text": heights.label}, "outlinewidth": 0}
    lines = {"show": True, "usecolormap": True, "project_z": True, "width": 1}
    traces: list[Any] = [
        go.Surface(
            x=np.linspace(extent[0], extent[1], values.shape[1]),
            y=np.linspace(extent[2], extent[3], values.shape[0]),
            z=values,
            cmin=low,
            cmax=high,
            colorscale=plotly_scale("dusk" if dark else "dawn"),
            showscale=show_scale,
            colorbar=bar,
            contours_z={**lines, "start": low, "end": high, "size": (high - low) / 14},
            hovertemplate="x₁ %{x:.2f}<br>x₂ %{y:.2f}<br>"
            f"{heights.label} %{{z:.3g}}<extra></extra>",
        )
    ]
    if real is not None and len(real):
        traces.append(
            go.Scatter3d(
                x=real[:, 0],
                y=real[:, 1],
                z=_heights(values, extent, real) + 0.01 * (high - low),
                mode="markers",
                marker={"size": 2, "color": COLORS["real"]},
                hoverinfo="skip",
            )
        )
    return traces


def _heights(values: np.ndarray, extent: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Read a map at points by bilinear interpolation; points outside take the nearest edge."""
    x0, x1, y0, y1 = (float(edge) for edge in extent)
    rows, columns = values.shape
    x = np.clip((points[:, 0] - x0) / (x1 - x0), 0, 1) * (columns - 1)
    y = np.clip((points[:, 1] - y0) / (y1 - y0), 0, 1) * (rows - 1)
    i, j = np.minimum(y.astype(int), rows - 2), np.minimum(x.astype(int), columns - 2)
    v, u = y - i, x - j
    lower = values[i, j] * (1 - u) + values[i, j + 1] * u
    upper = values[i + 1, j] * (1 - u) + values[i + 1, j + 1] * u
    return lower * (1 - v) + upper * v


def _scene(heights: Relief, span: tuple[float, float], dark: bool) -> dict[str, Any]:
    extent = heights.extent
    axis = {
        "backgroundcolor": "rgba(0,0,0,0)",
        "gridcolor": "#3a4250" if dark else "#dfe3e8",
        "zeroline": False,
        "showspikes": False,
    }
    return {
        "xaxis": {**axis, "title": "x₁", "range": [float(extent[0]), float(extent[1])]},
        "yaxis": {**axis, "title": "x₂", "range": [float(extent[2]), float(extent[3])]},
        "zaxis": {**axis, "title": heights.label, "range": list(span)},
        "aspectratio": _ASPECT,
        "camera": _CAMERA,
    }
