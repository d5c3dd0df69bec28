"""The critic page: weight clipping beside gradient penalty, and the figures of their paper."""

from collections.abc import Mapping
from dataclasses import replace

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import (
    ALONG,
    COUPLED,
    DATA,
    PAPER,
    SLOPES,
    coupled,
    curves,
    field,
    weights,
)
from gen_core.recipes.settings import Value

__all__ = ["CRITIC", "CRITIC_FORM"]

LIVE, SURFACES, LAYERS = "Live training", "Optimal critics", "Twelve layers"
COUPLING = "Optimal coupling"
_DECADES = {"c0_1": (0.1, "lane3"), "c0_01": (0.01, "clip"), "c0_001": (0.001, "lane4")}

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
            ignores=("penalty",),
        )
        for name, (c, color) in clips.items()
    )
    penalised = Lane("gp", "Gradient penalty", "gp", "wgan", f"gp{variant}", shared, ("clip",))
    return (*clipped, penalised)


_CLIP = Control("clip", "clip", "clip value", "c")
_PENALTY = Control("gp", "penalty", "penalty", "λ")
_N_CRITIC = Control("*", "n_critic", "critic steps", "n")


# Faster than the papers (critic 5e-5 and 1e-4, lambda 10), so that a room sees the points move:
# at lambda 10 and these rates the generator circles for a thousand rounds first.
_LIVE_RATES: Mapping[str, Mapping[str, Value]] = {
    "clip": {"critic_lr": 5e-4, "generator_lr": 3e-4},
    "gp": {"critic_lr": 1e-3, "generator_lr": 3e-4, "penalty": 1.0},
}


def _live(name: str, data: str, *, first: bool = False) -> Preset:
    walked = ("generate.fake", "loss.loss") if first else ()
    lanes = tuple(
        replace(lane, overrides={**lane.overrides, **_LIVE_RATES[lane.name]})
        for lane in _lanes({"clip": (0.01, "clip")}, {} if first else {"data": data})
    )
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
            *(field(lane, fakes=True) for lane in lanes),
            curves("Distance to the data", "critic_estimate", "w1"),
            SLOPES,
        ),
        controls=(
            _CLIP,
            _PENALTY,
            _N_CRITIC,
            Control("clip", "critic_lr", "learning rate", "α"),
            Control("gp", "critic_lr", "learning rate", "α"),
        ),
        metrics=("w1", "modes", "high_quality"),
        figures=(
            *(Shown(1, lane.name, "surface", "values") for lane in lanes),
            *(Shown(4, lane.name, "stages", array) for lane in lanes for array in walked),
        ),
    )


# Smaller than the figure script (2 x 1024, batch 1024, 100 000 critic steps), to be recorded on
# a CPU in minutes: a quarter of its width and batch, and ten times its rates for 5 000 steps.
_RECORDED_SURFACES: Mapping[str, Value] = {"width": 256, "batch": 256}
_RECORDED_RATES: Mapping[str, float] = {"clip": 5e-4, "gp": 1e-3}
_SMALL_SURFACES: Mapping[str, Value] = {"width": 128, "batch": 256, "n_critic": 5}
_RECORDED_LAYERS: Mapping[str, Value] = {"width": 128, "batch": 128}


def _optimal(data: str) -> tuple[Lane, ...]:
    """Return the figure's lanes: critics trained to optimality against a fixed generator."""
    lanes = _lanes({"clip": (0.01, "clip")}, {"data": data, **_RECORDED_SURFACES}, "-figure")
    return tuple(
        replace(lane, overrides={**lane.overrides, "critic_lr": _RECORDED_RATES[lane.name]})
        for lane in lanes
    )


def _surfaces(data: str) -> Preset:
    lanes = _optimal(data)
    return Preset(
        name=f"surfaces-{data}",
        act=SURFACES,
        data=DATA[data],
        title=f"Value surfaces, {DATA[data]}",
        caption="Critics trained to optimality while the generator is held at real points plus"
        " unit Gaussian noise (recorded at 2 × 256 units).",
        source=f"{PAPER}, Figure 1a; thesis Figure 3.1a",
        lanes=lanes,
        probes=("surface", "samples", "slopes", "weight_histogram", "layer_gradients"),
        panels=(
            *(field(lane, fakes=False) for lane in lanes),
            curves("Critic's estimate of the distance", "critic_estimate"),
            *(weights(lane) for lane in lanes),
        ),
        controls=(_CLIP, _PENALTY),
        metrics=(),
        figures=tuple(Shown(1, lane.name, "surface", "values") for lane in lanes),
        recording=f"critic-surfaces-{data}.zip",
        rounds=500,
        small=_SMALL_SURFACES,
    )


def _coupling(data: str) -> Preset:
    lanes = _optimal(data)
    arrays = ("counts", "gradient_counts", "cosine_counts")
    return Preset(
        name=f"coupling-{data}",
        act=COUPLING,
        data=DATA[data],
        title=f"Along the optimal coupling, {DATA[data]}",
        caption="On the lines of an optimal coupling an optimal critic has slope 1, straight to"
        " the real point (2 × 256 units).",
        source=f"{PAPER}, Proposition 1; thesis, appendix B.1",
        lanes=lanes,
        probes=("surface", "samples", "coupling"),
        panels=(
            *(coupled(lane) for lane in lanes),
            *ALONG,
            curves("Critic's estimate beside the exact distance", "critic_estimate", "w1"),
        ),
        controls=(_CLIP, _PENALTY),
        metrics=("w1",),
        figures=tuple(
            Shown(40, lane.name, "coupling", array) for lane in lanes for array in arrays
        ),
        recording=f"critic-coupling-{data}.zip",
        rounds=500,
        small=_SMALL_SURFACES,
        probe_settings={"coupling": COUPLED},
    )


def _layers() -> Preset:
    shared: dict[str, Value] = {"data": "swissroll", "depth": 12, **_RECORDED_LAYERS}
    lanes = _lanes(_DECADES, shared)
    return Preset(
        name="layers",
        act=LAYERS,
        data="",
        title="Gradients through twelve layers",
        caption="Clipping lets the gradient grow or vanish layer by layer, and piles the weights"
        " up at ±c; the penalty does neither.",
        source=f"{PAPER}, Figure 1b; slides, Figures 2a, 2b",
        lanes=lanes,
        probes=("layer_gradients", "weight_histogram", "surface", "samples"),
        panels=(
            {
                "kind": "lines",
                "area": "main",
                "title": "Gradient norm at each layer of the critic",
                "probe": "layer_gradients",
                "array": "log10_norm",
                "x": "layer",
            },
            *(weights(lane) for lane in lanes),
        ),
        controls=(
            Control("c0_1", "clip", "clip value", "c"),
            Control("c0_01", "clip", "clip value", "c"),
            Control("c0_001", "clip", "clip value", "c"),
            _PENALTY,
            _N_CRITIC,
        ),
        metrics=(),
        figures=(
            *(Shown(2, lane.name, "layer_gradients", "log10_norm") for lane in lanes),
            *(Shown(3, lane.name, "weight_histogram", "counts") for lane in lanes),
        ),
        recording="critic-layers.zip",
        rounds=1_000,
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
        _coupling("8gaussians"),
        _coupling("swissroll"),
        _layers(),
    )
}
