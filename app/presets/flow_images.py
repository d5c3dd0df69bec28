"""Pictures through a multi-scale Real NVP: samples, four anchors, compression, larger sheets."""

from collections.abc import Mapping
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import NOISE, choice, curves
from gen_core.exploration.walk_settings import CORNERS

__all__ = ["FLOW_IMAGES"]

Panel = Mapping[str, Any]
PICTURES, MANIFOLD, COMPRESSION, LARGER = "Pictures", "Four anchors", "Compression", "Larger"
_DINH = "Dinh et al. 2017"
_STEM = "realnvp_images"

_LIVE = Lane("flow", "Digits, live", "gp", _STEM, "digits", {})
_DIGITS = Lane("digits", "Digits, trained", "lane3", _STEM, "digits", {"decay": 0.9985})
_ROOMS = Lane("rooms", "Rooms, trained", "lane4", _STEM, "rooms-32", {"width": 8, "decay": 0.9993})
_MNIST = Lane("mnist", "MNIST, trained", "gp", _STEM, "mnist", {"width": 12, "decay": 0.998})
_SIDE = {"digits": 8, "rooms-32": 32}

_RATE = Control("*", "learning_rate", "learning rate", "η")
_BITS = curves("Bits of a sub-pixel", "bits", unit="bits/dim")
_ANCHORS = list(CORNERS)


_TEMPERATURE = choice(
    "temperature", "Temperature", {each: f"T = {each}" for each in (1, 0.9, 0.8, 0.7, 0.5)}
)
_FIRST = choice(
    "start", "Test pictures", {6 * k: f"pictures {6 * k + 1} to {6 * k + 6}" for k in range(12)}
)
_TURNS = choice("quarter", "Angles", {False: "whole circles", True: "first quarters"})


def _panel(kind: str, lane: Lane, title: str, probe: str, **more: Any) -> Panel:  # noqa: ANN401
    return {"kind": kind, "lane": lane.name, "title": title, "probe": probe, **more}


def _samples(lane: Lane, title: str = "Samples", **more: Any) -> Panel:  # noqa: ANN401
    """Return a sheet of samples, whose noise and temperature a person chooses."""
    chosen = {"follows": "noise", "choices": [_TEMPERATURE, NOISE]}
    return _panel("atlas", lane, title, "flow_pictures", **chosen, **more)


def _compressed(lane: Lane) -> Panel:
    """Return test pictures, one a row, from ever fewer of their latents."""
    return _panel(
        "atlas",
        lane,
        "Kept latents",
        "compression",
        heads={"array": "keep", "unit": "%"},
        columns=5,
        follows="kept",
        choices=[NOISE, _FIRST],
    )


def _preset(lanes: tuple[Lane, ...], panels: tuple[Panel, ...], **about: Any) -> Preset:  # noqa: ANN401
    """Return a preset that records what its panels show; it trains, or looks at checkpoints."""
    wishes = {panel["probe"]: panel["settings"] for panel in panels if "settings" in panel}
    shipped = {lane.name: f"{_STEM}/{lane.variant}.safetensors" for lane in lanes if lane != _LIVE}
    common: dict[str, Any] = {"controls": (), "metrics": (), "figures": ()}
    if not shipped:
        panels = (*panels, _BITS)
        common |= {"controls": (_RATE,), "metrics": ("test_bits",)}
    return Preset(
        lanes=lanes,
        panels=panels,
        probes=tuple(dict.fromkeys(panel["probe"] for panel in panels if "probe" in panel)),
        probe_settings=wishes,
        train=not shipped,
        checkpoints=shipped,
        **(common | about),
    )


def _live() -> Preset:
    return _preset(
        (_LIVE,),
        (_samples(_LIVE), _compressed(_LIVE)),
        name="pictures",
        act=PICTURES,
        data=_LIVE.label,
        title="A flow learns to draw digits",
        caption="The likelihood of a picture is exact, and training climbs it. Samples are noise"
        " sent back through the flow; beside them, test digits from ever fewer of their latents.",
        source=f"{_DINH}, Figures 5 and 22",
        figures=(
            Shown(26, _LIVE.name, "flow_pictures", "images"),
            Shown(27, _LIVE.name, "compression", "images"),
        ),
    )


def _trained() -> Preset:
    lanes = (_ROOMS, _MNIST, _DIGITS)
    return _preset(
        lanes,
        tuple(_samples(lane, lane.label) for lane in lanes),
        name="pictures-trained",
        act=PICTURES,
        data="Trained",
        title="Samples of three trained flows",
        caption="Rooms of 32 × 32 pixels, MNIST, and digits of 8 × 8, drawn in one pass from"
        " noise: all pixels at once, none waits for its neighbours.",
        source=f"{_DINH}, Figure 5",
    )


def _manifold(name: str, lane: Lane, **more: Any) -> Preset:  # noqa: ANN401
    chosen = {"follows": "walk"}
    candidates = {"settings": {"n": 30}, "columns": 6, "anchors": [0, 1, 2, 3]}
    return _preset(
        (lane,),
        (
            _panel(
                "angles",
                lane,
                "Manifold",
                "flow_manifold",
                columns=8,
                takes=[*_ANCHORS, "quarter"],
                choices=[_TURNS],
                **chosen,
            ),
            _panel(
                "anchors",
                lane,
                "Test pictures",
                "anchor_candidates",
                sets="walk",
                area="side",
                **candidates,
            ),
            _panel(
                "angles-point",
                lane,
                "At the ring",
                "manifold_point",
                takes=[*_ANCHORS, "a", "b"],
                area="side",
                **chosen,
            ),
        ),
        name=name,
        act=MANIFOLD,
        data=lane.label,
        title=f"The manifold of four pictures · {lane.label}",
        caption="Choose four test pictures: equation 14 joins their latents over two angles, and"
        " the sheet is what the flow makes of them. Point at it to see the picture in between.",
        source=f"{_DINH}, equation 14 and Figure 6",
        **more,
    )


def _kept(name: str, lane: Lane) -> Preset:
    return _preset(
        (lane,),
        (_compressed(lane), _samples(lane, area="side")),
        name=name,
        act=COMPRESSION,
        data=lane.label,
        title=f"Conceptual compression · {lane.label}",
        caption="Test pictures at the left. To the right only the coarsest half, quarter and so on"
        " of their latents is kept, and the finer ones are drawn anew.",
        source=f"{_DINH}, Figure 22",
    )


def _larger(name: str, lane: Lane, **more: Any) -> Preset:  # noqa: ANN401
    side = _SIDE[lane.variant]
    return _preset(
        (lane,),
        (
            _samples(lane, f"Samples, {side} × {side}", settings={"n": 16}),
            {
                **_samples(lane, f"The same model, {2 * side} × {2 * side}", settings={"n": 4}),
                "probe": "extrapolation",
            },
        ),
        name=name,
        act=LARGER,
        data=lane.label,
        title=f"Samples at twice the size of training · {lane.label}",
        caption="The flow is convolutional: noise of twice the size gives pictures of twice the"
        " size. Strokes and textures go on; but nothing told it what a larger picture is, and"
        " the whole falls apart.",
        source=f"{_DINH}, Figure 17",
        **more,
    )


FLOW_IMAGES: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        _live(),
        _trained(),
        _manifold("manifold", _ROOMS),
        _manifold(
            "manifold-digits",
            _LIVE,
            figures=(
                Shown(26, _LIVE.name, "flow_manifold", "images"),
                Shown(26, _LIVE.name, "manifold_point", "images"),
            ),
        ),
        _kept("compression", _ROOMS),
        _kept("compression-digits", _DIGITS),
        _larger("larger", _ROOMS),
        _larger(
            "larger-digits", _LIVE, figures=(Shown(28, _LIVE.name, "extrapolation", "images"),)
        ),
    )
}
