"""The PixelCNN page: what a pixel hears of, pictures painted pixel by pixel, and completion."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import curves
from gen_core.recipes.settings import Value

__all__ = ["PIXELCNN", "PIXELCNN_FORM"]

Panel = Mapping[str, Any]
PAINTED, BLIND = "Painted pixel by pixel", "Masks and blind spot"
COMPLETED, PLUS = "Completion", "PixelCNN++"
_DIGITS, _MNIST = "Digits, live", "MNIST, trained"
_2016A, _2016B = "van den Oord et al. 2016a", "van den Oord et al. 2016b"

PIXELCNN_FORM: Mapping[str, tuple[str, ...]] = {
    "Data": ("data", "conditional"),
    "Network": ("width", "depth", "first_kernel", "kernel"),
    "Training": ("batch", "learning_rate", "clip"),
}

# Upper halves to start from: a nine that might become an eight, in the letters of level_text.py.
_NINE = "AF0HIAABWFckAACelrAAAAaEQEAAAAAswAAIACEAARxCuOAAWwgoIA"
_FINE_NINE = (
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAYAAAH_AAD_-AA9H4ADwXgAeA-ABjfwA"
    "D_8AAGfoAAAcAAAHgAAA-AAAHYAAAfAAAB4AAAHAAAB4AAADgAAAcAAAAwAAAAAAA"
)
_RATE = Control("*", "learning_rate", "learning rate", "α")
_NLL = curves("Negative log-likelihood of a batch", "nll", unit="nats")
_TEMPERATURES = [[value, f"T = {value:g}"] for value in (1, 0.8, 0.6, 0.4, 0.2, 1.5)]
_SHEETS = [[index, f"noise {index + 1}"] for index in range(8)]
_CLASSES = [[-1, "each class"], *([digit, f"only {digit}"] for digit in range(10))]


def _choice(name: str, label: str, options: Sequence[Sequence[object]]) -> Mapping[str, Any]:
    return {"name": name, "label": label, "options": [list(each) for each in options]}


_DRAWN = (
    _choice("noise", "Which noise", _SHEETS),
    _choice("temperature", "Temperature", _TEMPERATURES),
)


def _sheet(lane: Lane, title: str, settings: Mapping[str, Value]) -> Panel:
    """Return a sheet of painted pictures whose pixels can be asked about, by class if it may."""
    given = lane.overrides.get("conditional") or lane.variant.endswith("-classes")
    choices = (*_DRAWN, _choice("label", "Class", _CLASSES)) if given else _DRAWN
    return {
        "kind": "atlas",
        "lane": lane.name,
        "title": title,
        "probe": "painting",
        "settings": settings,
        "follows": f"sheet_{lane.name}",
        "choices": list(choices),
        "picks": "asked",
    }


def _bars(title: str = "What the model expects of a pixel", *, waits: bool = False) -> Panel:
    return {
        "kind": "levels",
        "title": title,
        "probe": "predictive",
        "follows": "asked",
        "waits": waits,
        "hint": "Point at a pixel of a painted picture.",
    }


def _begun(start: str) -> Mapping[str, Value]:
    """Return what completion is asked for before anybody has drawn."""
    return {"n": 9, "picture": start}


def _completed(lane: Lane, shape: tuple[int, int], top: int, start: str) -> tuple[Panel, Panel]:
    """Return a pad of pixels, and the sheet of what the model makes of its upper rows."""
    pad = {
        "kind": "pad",
        "title": "Draw the upper half",
        "shape": list(shape),
        "top_level": top,
        "follows": "pad",
        "start": start,
    }
    made = {
        "kind": "atlas",
        "lane": lane.name,
        "title": "The model paints the rest",
        "probe": "completion",
        "settings": _begun(start),
        "follows": "pad",
        "choices": list(_DRAWN),
    }
    return pad, made


_CONDITIONAL = Lane("gated", "Gated PixelCNN", "lane3", "pixelcnn", "gated", {"conditional": True})
_TRAINED = Lane("gated", "Gated PixelCNN", "lane3", "pixelcnn", "mnist", {})
_PAINTING: Mapping[str, Value] = {"n": 20}


def _painted() -> Preset:
    lane = _CONDITIONAL
    return Preset(
        name="painted",
        act=PAINTED,
        data=_DIGITS,
        title="Digits, painted pixel by pixel",
        caption="A class-conditional gated PixelCNN trains, and paints a sheet at the same noise"
        " again and again; point at a pixel to see what it expects there.",
        source=f"{_2016B}, section 2.3; {_2016A}, Figure 6",
        lanes=(lane,),
        probes=("painting", "predictive"),
        panels=(
            _sheet(lane, "Painted by the model", _PAINTING),
            _bars(),
            _NLL,
        ),
        controls=(_RATE,),
        metrics=("test_nll", "test_bits"),
        figures=(
            Shown(8, lane.name, "predictive", "expected"),
            Shown(9, lane.name, "predictive", "p"),
        ),
        probe_settings={"painting": _PAINTING},
    )


def _painted_mnist() -> Preset:
    lane = _TRAINED
    return Preset(
        name="painted-mnist",
        act=PAINTED,
        data=_MNIST,
        title="MNIST, painted pixel by pixel",
        caption="A trained gated PixelCNN paints 784 pixels one after another, each drawn given"
        " all before it; point at a pixel to see its probability.",
        source=f"{_2016B}; {_2016A}, Figure 6",
        lanes=(lane,),
        probes=("painting",),
        panels=(
            _sheet(lane, "Painted by the model", {}),
            _bars(waits=True),
        ),
        controls=(),
        metrics=(),
        figures=(),
        train=False,
        checkpoints={lane.name: "pixelcnn/mnist.safetensors"},
    )


def _blind() -> Preset:
    shared: Mapping[str, Value] = {"width": 12, "depth": 5, "first_kernel": 3, "kernel": 3}
    lanes = (
        Lane("masked", "One masked stack", "clip", "pixelcnn", "masked", shared),
        Lane("gated", "Two gated stacks", "gp", "pixelcnn", "gated", shared),
    )
    fields = tuple(
        {
            "kind": "cells",
            "lane": lane.name,
            "title": lane.label,
            "probe": "receptive_field",
            "follows": "pixel",
        }
        for lane in lanes
    )
    unheard = {
        "kind": "lines",
        "title": "Earlier pixels that are not heard of",
        "probe": "blind_spot",
        "array": "unheard",
        "x": "layer",
        "unit": "pixels",
        "follows": "pixel",
    }
    masks = tuple(
        {
            "kind": "atlas",
            "area": "side",
            "lane": lane.name,
            "title": f"Kernel weights · {lane.label}",
            "probe": "masks",
            "array": "strength",
        }
        for lane in lanes
    )
    return Preset(
        name="blind",
        act=BLIND,
        data="",
        title="Masks, receptive fields and the blind spot",
        caption="How strongly one pixel's prediction hears of every other, layer upon layer, by"
        " gradient: one stack stays blind above to the right, two stacks are not.",
        source=f"{_2016B}, Figure 1; {_2016A}, Figures 2 and 4",
        lanes=lanes,
        probes=("receptive_field", "blind_spot", "masks"),
        panels=(*fields, unheard, *masks, _NLL),
        controls=(_RATE,),
        metrics=(),
        figures=tuple(
            Shown(7, lane.name, probe, array)
            for lane in lanes
            for probe, array in (("receptive_field", "values"), ("masks", "strength"))
        ),
    )


def _completion() -> Preset:
    lane = Lane("gated", "Gated PixelCNN", "lane3", "pixelcnn", "gated", {})
    return Preset(
        name="completion",
        act=COMPLETED,
        data=_DIGITS,
        title="Half a digit, completed",
        caption="Draw the upper half of a digit; the model, as far as it has come, paints the"
        " rest in nine ways. Paused, it paints at once.",
        source=f"{_2016A}, Figure 9",
        lanes=(lane,),
        probes=("completion", "predictive"),
        panels=(*_completed(lane, (8, 8), 16, _NINE), _NLL),
        controls=(_RATE,),
        metrics=("test_nll",),
        figures=(Shown(8, lane.name, "predictive", "expected"),),
        probe_settings={"completion": _begun(_NINE)},
    )


def _completion_mnist() -> Preset:
    lane = _TRAINED
    return Preset(
        name="completion-mnist",
        act=COMPLETED,
        data=_MNIST,
        title="Half an MNIST digit, completed",
        caption="Draw the upper half of a digit; a trained gated PixelCNN paints the rest, pixel"
        " by pixel, in nine ways.",
        source=f"{_2016A}, Figure 9",
        lanes=(lane,),
        probes=("completion",),
        panels=_completed(lane, (28, 28), 1, _FINE_NINE),
        controls=(),
        metrics=(),
        figures=(),
        probe_settings={"completion": _begun(_FINE_NINE)},
        train=False,
        checkpoints={lane.name: "pixelcnn/mnist.safetensors"},
    )


def _plus() -> Preset:
    lanes = (
        Lane("softmax", "Softmax over levels", "lane3", "pixelcnn", "gated", {}),
        Lane("logistic", "Mixture of logistics", "lane4", "pixelcnn", "logistic", {}),
    )
    return Preset(
        name="plus",
        act=PLUS,
        data="",
        title="PixelCNN++: a mixture of logistics beside the softmax",
        caption="The same net under two outputs: a logit for each of 17 levels, or five"
        " logistics that know which levels are neighbours.",
        source="Salimans et al. 2017, section 2.1; thesis, chapter 4",
        lanes=lanes,
        probes=("painting", "predictive"),
        panels=(
            *(_sheet(lane, lane.label, {}) for lane in lanes),
            _bars("What each expects of a pixel"),
            _NLL,
        ),
        controls=(_RATE,),
        metrics=("test_nll", "test_bits"),
        figures=tuple(Shown(10, lane.name, "predictive", "p") for lane in lanes),
    )


PIXELCNN: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        _painted(),
        _painted_mnist(),
        _blind(),
        _completion(),
        _completion_mnist(),
        _plus(),
    )
}
