"""The Real NVP page: the plane bent layer by layer, the flows before it, and pictures."""

from collections.abc import Mapping
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.flow_images import FLOW_IMAGES
from app.presets.panels import DATA, curves
from gen_core.recipes.settings import Value

__all__ = ["FLOWS", "FLOWS_FORM"]

Panel = Mapping[str, Any]
BEND, BENT, BEFORE = "Bend space", "Bent, trained", "Planar and radial"
_LAYER = "layer"  # what the slider of a flow chooses for the panels beside it
_DINH, _REZENDE = "Dinh et al. 2017", "Rezende & Mohamed 2015"

FLOWS_FORM: Mapping[str, tuple[str, ...]] = {
    "Data": ("data",),
    "Network": ("couplings", "width", "depth", "norm", "steps", "scales", "blocks"),
    "Training": ("batch", "learning_rate", "decay", "max_norm"),
}


def _stages(lane: Lane, **more: Any) -> Panel:  # noqa: ANN401
    """Return the grid and the clouds at a layer of a lane's flow."""
    title = f"Layers · {lane.label}"
    named = {"kind": "flow-stages", "lane": lane.name, "title": title}
    return {**named, "probe": "flow_stages", **more}


def _map(lane: Lane, title: str, probe: str, means: str, *, fakes: bool) -> Panel:
    """Return a map over the plane, with real points and, if asked, the generated."""
    layers: list[Panel] = [
        {"type": "heat", "probe": probe, "array": "values"},
        {"type": "contours", "probe": probe, "array": "values"},
        {"type": "points", "probe": "samples", "array": "real", "color": "real"},
    ]
    if fakes:
        fake = {"probe": "samples", "array": "fake", "color": "generated", "tween": True}
        layers.append({"type": "points", **fake})
    named = {"kind": "field", "lane": lane.name, "title": f"{title} · {lane.label}"}
    return {**named, "means": means, "layers": layers}


def _density(lane: Lane) -> Panel:
    """Return a lane's density; those of a preset share their scale."""
    shared = {"scale": "shared"}
    return {**_map(lane, "Density", "density", "ln p(x)", fakes=True), **shared}


def _volume(lane: Lane) -> Panel:
    """Return where a lane's flow stretches the plane, up to the layer that the slider chose."""
    panel = _map(lane, "Volume", "log_det_map", "nats", fakes=False)
    layers = [
        {**layer, "follows": _LAYER} if layer["probe"] == "log_det_map" else layer
        for layer in panel["layers"]
    ]
    return {**panel, "layers": layers, "tells": {"layer": "up to layer"}, "area": "side"}


def _rate(lane: Lane) -> Control:
    return Control(lane.name, "learning_rate", "learning rate", "α")


_NLL = curves("−log p(x) of a batch, nats", "nll")
_CHANGE = curves("Volume change, nats", "log_det")

# Half the recipe's width: twice the updates a second, which a room sees sooner.
_LIVE: Mapping[str, Value] = {"width": 64}


def _bend(name: str, data: str) -> Preset:
    chosen: Mapping[str, Value] = {} if data == "8gaussians" else {"data": data}
    coupled = Lane("nvp", "Real NVP", "gp", "realnvp", "plane", {**_LIVE, **chosen})
    planar = Lane("planar", "Planar flow", "clip", "planar", "planar", chosen)
    lanes = (coupled, planar)
    return Preset(
        name=name,
        act=BEND,
        data=DATA[data],
        title=f"A plane bent into noise, {DATA[data]}",
        caption="Couplings carry the data to a Gaussian and samples back: move the slider to see"
        " the plane after each. A planar flow learns beside it.",
        source=f"{_DINH}, Figure 1; {_REZENDE}",
        lanes=lanes,
        probes=("flow_stages", "density", "log_det_map", "samples"),
        panels=(
            _stages(coupled, sets=_LAYER),
            _density(coupled),
            _density(planar),
            _volume(coupled),
            _NLL,
        ),
        controls=(_rate(coupled), _rate(planar), Control("*", "max_norm", "longest gradient", "")),
        metrics=("nll", "w1"),
        figures=tuple(
            Shown(25, lane.name, probe, array)
            for lane in lanes
            for probe, array in (
                ("flow_stages", "data"),
                ("flow_stages", "latent"),
                ("log_det_map", "values"),
            )
        ),
    )


# What each checkpoint's recipe says beside its data.
_TRAINED: Mapping[str, Mapping[str, Value]] = {
    "8gaussians": {"decay": 20_000},
    "25gaussians": {"couplings": 32, "decay": 20_000},
    "swissroll": _LIVE,
    "moons": _LIVE,
    "rings": _LIVE,
    "checkerboard": _LIVE,
}


def _bent(data: str) -> Preset:
    chosen: Mapping[str, Value] = {} if data == "8gaussians" else {"data": data}
    lane = Lane("nvp", "Real NVP", "gp", "realnvp", "plane", {**_TRAINED[data], **chosen})
    return Preset(
        name=f"bent-{data}",
        act=BENT,
        data=DATA[data],
        title=f"A trained flow, layer by layer, {DATA[data]}",
        caption="A trained flow: move the slider to see the plane after each coupling. The card"
        " says how far its density is from the data's.",
        source=f"{_DINH}, Figure 1",
        lanes=(lane,),
        probes=("flow_stages", "density", "log_det_map", "samples"),
        panels=(_stages(lane, sets=_LAYER), _density(lane), _volume(lane)),
        controls=(),
        metrics=(),
        figures=(),
        train=False,
        checkpoints={lane.name: f"realnvp/{data}.safetensors"},
    )


def _before() -> Preset:
    planar = Lane("planar", "Planar flow", "clip", "planar", "planar", {})
    radial = Lane("radial", "Radial flow", "lane4", "planar", "radial", {})
    lanes = (planar, radial)
    return Preset(
        name="planar",
        act=BEFORE,
        data="",
        title="Planar and radial flows",
        caption="Each map pushes along one direction, or towards and from one point; 32"
        " of them, one after another, carry the data towards a Gaussian.",
        source=f"{_REZENDE}, equations 10 and 14, Figure 1",
        lanes=lanes,
        probes=("flow_stages", "density", "samples"),
        panels=(
            *(_stages(lane) for lane in lanes),
            *(_density(lane) for lane in lanes),
            _NLL,
            _CHANGE,
        ),
        controls=(
            *(_rate(lane) for lane in lanes),
            Control("*", "max_norm", "longest gradient", ""),
        ),
        metrics=("nll", "w1"),
        figures=tuple(
            Shown(20, lane.name, probe, array)
            for lane in lanes
            for probe, array in (("flow_stages", "data"), ("density", "values"))
        ),
    )


FLOWS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        _bend("bend", "8gaussians"),
        _bend("bend-25gaussians", "25gaussians"),
        _bend("bend-swissroll", "swissroll"),
        _bend("bend-moons", "moons"),
        *map(_bent, _TRAINED),
        _before(),
        *FLOW_IMAGES.values(),
    )
}
