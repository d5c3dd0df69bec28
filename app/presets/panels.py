"""What the presets of several pages share: names of data sets, and the viewer's panels."""

from collections.abc import Mapping
from typing import Any

from app.preset import Lane

__all__ = [
    "ALONG",
    "COUPLED",
    "DATA",
    "NOISE",
    "PAPER",
    "READING",
    "SLOPES",
    "choice",
    "coupled",
    "curves",
    "field",
    "stack",
    "weights",
]

DATA: Mapping[str, str] = {
    "8gaussians": "8 Gaussians",
    "25gaussians": "25 Gaussians",
    "swissroll": "Swiss roll",
    "moons": "Two moons",
    "rings": "Rings",
    "checkerboard": "Checkerboard",
    "line": "Vertical line",
}
PAPER = "Gulrajani et al. 2017"

# What a surface means, and its scale: only a probability has ends, and only equal meanings share.
_PROBABILITY: Mapping[str, Any] = {"means": "D(x)", "range": [0, 1]}
READING: Mapping[str, Mapping[str, Any]] = {
    "minimax": _PROBABILITY,
    "non-saturating": _PROBABILITY,
    "least-squares": {"means": "raw D(x)"},
    "clip": {"means": "f(x)"},
    "gp": {"means": "f(x)"},
}


def field(lane: Lane, *, fakes: bool) -> Mapping[str, Any]:
    """Return the picture of a lane: its surface, the real points and, if asked, the generated."""
    layers: list[Mapping[str, Any]] = [
        {"type": "heat", "probe": "surface", "array": "values"},
        {"type": "contours", "probe": "surface", "array": "values"},
        {"type": "points", "probe": "samples", "array": "real", "color": "real"},
    ]
    if fakes:
        fake = {"probe": "samples", "array": "fake", "color": "generated", "tween": True}
        layers.append({"type": "points", **fake})
    return {
        "kind": "field",
        "lane": lane.name,
        "title": lane.label,
        "scale": "shared",
        "layers": layers,
    }


def choice(name: str, label: str, options: Mapping[float, str]) -> Mapping[str, Any]:
    """Return a menu of a panel: values of a probe's setting, and what they are called."""
    return {"name": name, "label": label, "options": [list(each) for each in options.items()]}


NOISE = choice("index", "Noise", {index: f"noise {index + 1}" for index in range(12)})
"""Which of twelve noises a sheet of samples is drawn from."""


def coupled(lane: Lane) -> Mapping[str, Any]:
    """Return the picture of a lane with an optimal coupling: generated points led to real ones."""
    of = {"probe": "coupling", "settings": COUPLED}
    lines = {"type": "arrows", **of, "points": "fake", "arrows": "arrows", "scale": "data"}
    dots = [
        {"type": "points", **of, "array": array, "color": color, "tween": True}
        for array, color in (("real", "real"), ("fake", "generated"))
    ]
    picture = field(lane, fakes=False)
    surface = [layer for layer in picture["layers"] if layer["type"] != "points"]
    return {**picture, "layers": [*surface, lines, *dots]}


def curves(title: str, *metrics: str, unit: str = "") -> Mapping[str, Any]:
    """Return a chart of metrics over the rounds."""
    return {"kind": "curves", "title": title, "metrics": list(metrics), "log": False, "unit": unit}


def stack(title: str, lane: Lane, layers: int, alive: float) -> Mapping[str, Any]:
    """Return a lane's nats stacked over the rounds: its layers, and the reconstruction below.

    Args:
        title: Title of the panel.
        lane: The lane; its metrics are ``kl_1`` to ``kl_<layers>`` and ``reconstruction``.
        layers: How many layers it has.
        alive: Nats above which a layer counts as alive.
    """
    return {
        "kind": "stack",
        "lane": lane.name,
        "title": title,
        "base": "reconstruction",
        "metrics": [f"kl_{layer}" for layer in range(1, layers + 1)],
        "alive": alive,
        "scale": "shared",
        "unit": "nats",
    }


def weights(lane: Lane) -> Mapping[str, Any]:
    """Return the histogram of a lane's weights."""
    title = f"Weights · {lane.label}"
    return {
        "kind": "histogram",
        "area": "side",
        "lane": lane.name,
        "probe": "weight_histogram",
        "title": title,
        "x": "weight",
    }


# As many as the fixed points shown elsewhere: a fixed generator's are coupled once, in 0.1 s.
COUPLED: Mapping[str, Any] = {"n": 512}


def _along(title: str, x: str, kind: str = "") -> Mapping[str, Any]:
    return {
        "kind": "histogram",
        "probe": "coupling",
        "settings": COUPLED,
        "array": f"{kind}counts",
        "edges": "cosine_edges" if kind == "cosine_" else "edges",
        "title": title,
        "x": x,
        "reference": 1.0,
    }


ALONG: tuple[Mapping[str, Any], ...] = (
    _along("Slope along the coupling", "|f(y) − f(x)| / ‖y − x‖"),
    _along("Gradient norm on the lines", "‖∇f(xₜ)‖", "gradient_"),
    _along("Direction: cosine to the real point", "cos(∇f(xₜ), y − xₜ)", "cosine_"),
)

SLOPES: Mapping[str, Any] = {
    "kind": "histogram",
    "probe": "slopes",
    "array": "gradient_counts",
    "title": "Slope of the critic between the points",
    "x": "‖∇f(x̂)‖",
    "reference": 1.0,
}
