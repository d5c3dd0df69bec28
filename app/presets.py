"""The presets of every live page, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.preset import Lane, Preset, Shown
from gen_core.recipes.settings import Value

__all__ = ["CRITIC", "CRITIC_FORM", "DATA", "GALLERY", "Card"]

DATA: Mapping[str, str] = {
    "8gaussians": "8 Gaussians",
    "25gaussians": "25 Gaussians",
    "swissroll": "Swiss roll",
    "moons": "Two moons",
    "rings": "Rings",
    "checkerboard": "Checkerboard",
}
LIVE, SURFACES, LAYERS = "Live training", "Optimal critics", "Twelve layers"
_DECADES = {"c0_1": (0.1, "lane3"), "c0_01": (0.01, "clip"), "c0_001": (0.001, "lane4")}
PAPER = "Gulrajani et al. 2017"

CRITIC_FORM: Mapping[str, tuple[str, ...]] = {
    "Data": ("data",),
    "Networks": ("width", "depth", "batch", "n_critic"),
    "Training": ("clip", "penalty", "critic_lr", "generator_lr"),
}


def _lanes(
    clips: Mapping[str, tuple[float, str]], shared: Mapping[str, Value], variant: str = ""
) -> tuple[Lane, ...]:
    """Return one clipped lane per name, with its c and colour, then one with gradient penalty."""
    clipped = tuple(
        Lane(
            name,
            f"Clipping, c = {c:g}" if len(clips) > 1 else "Weight clipping",
            color,
            "wgan",
            f"clip{variant}",
            {**shared, "clip": c},
        )
        for name, (c, color) in clips.items()
    )
    return (*clipped, Lane("gp", "Gradient penalty", "gp", "wgan", f"gp{variant}", shared))


def _field(lane: Lane, *, arrows: bool) -> Mapping[str, Any]:
    layers: list[Mapping[str, Any]] = [
        {"type": "heat", "probe": "surface", "array": "values"},
        {"type": "contours", "probe": "surface", "array": "values"},
        {"type": "points", "probe": "samples", "array": "real", "color": "real"},
    ]
    if arrows:
        fake = {"probe": "samples", "array": "fake", "color": "generated", "tween": True}
        layers.append({"type": "points", **fake})
    return {
        "kind": "field",
        "lane": lane.name,
        "title": lane.label,
        "scale": "shared",
        "layers": layers,
    }


def _curves(title: str, *metrics: str, unit: str = "") -> Mapping[str, Any]:
    return {"kind": "curves", "title": title, "metrics": list(metrics), "log": False, "unit": unit}


def _weights(lane: Lane) -> Mapping[str, Any]:
    title = f"Weights, {lane.label}"
    return {
        "kind": "histogram",
        "lane": lane.name,
        "probe": "weight_histogram",
        "title": title,
        "x": "weight",
    }


_SLOPES: Mapping[str, Any] = {
    "kind": "histogram",
    "probe": "slopes",
    "array": "gradient_counts",
    "title": "Slope between real and generated points",
    "x": "‖∇f(x̂)‖",
    "reference": 1.0,
}


def _live(name: str, data: str, *, first: bool = False) -> Preset:
    lanes = _lanes({"clip": (0.01, "clip")}, {} if first else {"data": data})
    return Preset(
        name=name,
        act=LIVE,
        data=DATA[data],
        title=f"Two critics, {DATA[data]}",
        caption="Generator and critic train together, clipping beside gradient penalty, from the"
        " same seed, data and first weights.",
        source=f"{PAPER}, Figure 1a, with a generator that trains",
        lanes=lanes,
        probes=("surface", "samples", "slopes", "weight_histogram"),
        panels=(
            *(_field(lane, arrows=True) for lane in lanes),
            _curves("Critic's estimate of the distance", "critic_estimate"),
            _curves("Exact W₁ to the data", "w1"),
            _SLOPES,
        ),
        controls=(
            ("clip", "clip"),
            ("gp", "penalty"),
            ("*", "n_critic"),
            ("clip", "critic_lr"),
            ("gp", "critic_lr"),
        ),
        metrics=("w1", "modes", "high_quality"),
        figures=tuple(Shown(1, lane.name, "surface", "values") for lane in lanes),
    )


def _surfaces(data: str) -> Preset:
    lanes = _lanes({"clip": (0.01, "clip")}, {"data": data}, "-figure")
    return Preset(
        name=f"surfaces-{data}",
        act=SURFACES,
        data=DATA[data],
        title=f"Value surfaces, {DATA[data]}",
        caption="Critics trained to optimality while the generator is held at real points plus"
        " unit Gaussian noise.",
        source=f"{PAPER}, Figure 1a; thesis Figure 3.1a",
        lanes=lanes,
        probes=("surface", "samples", "slopes", "weight_histogram", "layer_gradients"),
        panels=(
            *(_field(lane, arrows=False) for lane in lanes),
            _curves("Critic's estimate of the distance", "critic_estimate"),
            *(_weights(lane) for lane in lanes),
        ),
        controls=(("clip", "clip"), ("gp", "penalty")),
        metrics=(),
        figures=tuple(Shown(1, lane.name, "surface", "values") for lane in lanes),
        recording=f"critic-surfaces-{data}.zip",
        rounds=10_000,
        small={"width": 128, "batch": 256, "n_critic": 5},
    )


def _layers() -> Preset:
    shared: dict[str, Value] = {"data": "swissroll", "depth": 12}
    lanes = _lanes(_DECADES, shared)
    return Preset(
        name="layers",
        act=LAYERS,
        data="",
        title="Gradients through twelve layers",
        caption="Under clipping the gradient grows or vanishes exponentially from layer to layer,"
        " and the weights pile up at the two ends; under the penalty neither happens.",
        source=f"{PAPER}, Figure 1b; thesis Figure 3.1b; slides, Figures 2a and 2b",
        lanes=lanes,
        probes=("layer_gradients", "weight_histogram", "surface", "samples"),
        panels=(
            {
                "kind": "lines",
                "title": "Gradient norm at each layer of the critic",
                "probe": "layer_gradients",
                "array": "log10_norm",
                "x": "layer",
            },
            *(_weights(lane) for lane in lanes),
        ),
        controls=(("gp", "penalty"), ("*", "n_critic")),
        metrics=(),
        figures=(
            *(Shown(2, lane.name, "layer_gradients", "log10_norm") for lane in lanes),
            *(Shown(3, lane.name, "weight_histogram", "counts") for lane in lanes),
        ),
        recording="critic-layers.zip",
        rounds=2_000,
        small={"width": 64, "batch": 128},
    )


CRITIC: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        _live("live", "8gaussians", first=True),
        _live("live-25gaussians", "25gaussians"),
        _live("live-swissroll", "swissroll"),
        _surfaces("8gaussians"),
        _surfaces("25gaussians"),
        _surfaces("swissroll"),
        _layers(),
    )
}


@dataclass(frozen=True)
class Card:
    """A picture of the gallery: the page that it opens, and the preset."""

    page: str
    preset: Preset


GALLERY: Mapping[str, tuple[Card, ...]] = {
    act: tuple(Card("critic", preset) for preset in CRITIC.values() if preset.act == act)
    for act in (LIVE, SURFACES, LAYERS)
}
