"""The walk page: paths through latent spaces, one level's noise, arithmetic with codes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import curves
from app.presets.walk_panels import (
    ENDS,
    LAYERS_THAT_WALK,
    LEVELS_THAT_WALK,
    MOVED,
    NEAREST,
    NOISES,
    PATH_COLOR,
    PATHS,
    STEPS,
    here,
    lines,
    noise_plane,
    noise_walk,
    pad,
    plane,
    walk_panel,
    wall,
)
from gen_core.recipes.settings import Value

__all__ = ["WALKS", "WALK_FORM"]

Panel = Mapping[str, Any]
PLANE, PICTURES, LEVEL = "On a plane", "Through pictures", "One level"
ARITHMETIC, NOISE = "Arithmetic", "A generator's noise"
_WHITE = "White 2016"
_DCGAN = "Radford et al. 2016 (DCGAN)"

WALK_FORM: Mapping[str, tuple[str, ...]] = {
    "Data": ("data",),
    "Network": ("latent_dim", "width", "depth"),
    "Training": ("batch", "learning_rate"),
}

_RATE = Control("*", "learning_rate", "learning rate", "α")
_BOUND = curves("Lower bound of a batch, nats", "elbo")


def _preset(lane: Lane, panels: tuple[Panel, ...], checkpoint: str = "", **about: Any) -> Preset:  # noqa: ANN401
    """Return a preset of one lane that trains, or that looks at a checkpoint."""
    probes = {panel["probe"]: panel.get("settings", {}) for panel in panels if "probe" in panel}
    common: dict[str, Any] = {"controls": (), "metrics": (), "figures": ()}
    if not checkpoint:
        common["controls"] = (_RATE,)
    return Preset(
        lanes=(lane,),
        panels=panels,
        probes=tuple(probes),
        probe_settings=probes,
        train=not checkpoint,
        checkpoints={lane.name: checkpoint} if checkpoint else {},
        **(common | about),
    )


def _on_plane(name: str, lane: Lane, anchors: str, checkpoint: str, **more: Any) -> Preset:  # noqa: ANN401
    settings: Mapping[str, Value] = {"anchors": anchors, "path": "linear", "steps": 36}
    nearest = () if lane.variant == "mnist" else (NEAREST,)  # of MNIST without its files: none
    walk = walk_panel(lane, settings, PATHS, STEPS, ENDS, *nearest, encodes=True)
    return _preset(
        lane,
        (plane(lane, walk), walk, here(lane, walk, at_once=True), *lines(lane, walk)),
        checkpoint,
        name=name,
        act=PLANE,
        data=lane.label,
        title=f"A walk on the latent plane · {lane.label}",
        caption="Click places of the plane: the walk leads through them. Where pictures change"
        " fast, the plane holds a border between two kinds of digits.",
        source=f"Kingma & Welling 2014, Figure 4; {_WHITE}",
        **more,
    )


def _through(
    name: str,
    lane: Lane,
    checkpoint: str,
    *,
    at_once: bool,
    pictures: tuple[int, int] = (40, 8),
    drawn: bool = False,
    **more: Any,  # noqa: ANN401
) -> Preset:
    settings: Mapping[str, Value] = {"anchors": "t0,t1,t3"}
    walk = walk_panel(lane, settings, PATHS, STEPS, ENDS, NEAREST, encodes=True)
    data, _, density = lines(lane, walk)
    beside = [here(lane, walk, at_once=at_once), data, density]
    if drawn:
        beside.insert(1, pad(lane, walk))
    if not checkpoint:
        beside.append(_BOUND)
    about: dict[str, Any] = {
        "name": name,
        "act": PICTURES,
        "data": lane.label,
        "title": f"A walk through pictures · {lane.label}",
        "caption": "Choose pictures on the wall: the walk leads through their codes. Point at it,"
        " drag, or play; the curves say where neighbours lie far apart.",
        "source": f"{_DCGAN}, section 6.1; {_WHITE}",
    }
    panels = (walk, wall(lane, walk, *pictures), *beside)
    return _preset(lane, panels, checkpoint, **(about | more))


def _between_draws() -> Preset:
    settings: Mapping[str, Value] = {"anchors": "s1,s2,s3", "steps": 36}
    walk = walk_panel(_IAF, settings, PATHS, STEPS, ENDS, encodes=True)
    return _preset(
        _IAF,
        (walk, here(_IAF, walk, at_once=True), *lines(_IAF, walk)),
        "iaf/mnist.safetensors",
        name="iaf",
        act=PICTURES,
        data=_IAF.label,
        title="A walk between draws of the prior · MNIST, IAF",
        caption="The prior of a VAE whose posteriors are bent by inverse autoregressive flow,"
        " walked between three draws of it. Add draws, or pictures of your own.",
        source=f"Kingma et al. 2016, section 6.1; {_WHITE}",
    )


def _level() -> Preset:
    lane = Lane("levels", "Rooms, 16 pixels", "lane3", "hierarchical_pixelvae", "rooms-16", {})
    settings: Mapping[str, Value] = {"anchors": "s1,s2,s3", "steps": 12}
    walk = walk_panel(lane, settings, LEVELS_THAT_WALK, NOISES, PATHS, NEAREST, encodes=True)
    return _preset(
        lane,
        (walk, wall(lane, walk, 30, 6), here(lane, walk, at_once=False), *lines(lane, walk)),
        "hierarchical_pixelvae/rooms-16.safetensors",
        name="level",
        act=LEVEL,
        data=lane.label,
        title="A walk of one level of a hierarchy",
        caption="One level's noise goes from draw to draw; the noise of the other levels is held,"
        " bit by bit. The top moves the room, the middle repaints it, the pixels are grain.",
        source="Gulrajani et al. 2017 (PixelVAE), Figure 6",
    )


def _layer() -> Preset:
    lane = _LAYERS
    settings: Mapping[str, Value] = {"anchors": "s1,s2,s3", "steps": 12, "layer": 6}
    walk = walk_panel(lane, settings, LAYERS_THAT_WALK, NOISES, PATHS, NEAREST, encodes=True)
    return _preset(
        lane,
        (walk, wall(lane, walk, 30, 6), here(lane, walk, at_once=True), *lines(lane, walk)),
        "resnet_vae/rooms-32.safetensors",
        name="layer",
        act=LEVEL,
        data=lane.label,
        title="A walk of one layer of a ResNet VAE",
        caption="One layer's noise goes from draw to draw; that of the other five is held, bit by"
        " bit. The deepest layer lays out the large patches, the finest adds grain.",
        source="Kingma et al. 2016, section 5 and appendix C; Gulrajani et al. 2017, Figure 6",
    )


def _arithmetic() -> Preset:
    lane = Lane("sums", "Digits, live", "gp", "vae", "binomial", {"latent_dim": 10})
    settings: Mapping[str, Value] = {
        "anchors": "c8,c3,c5,c8-c3+c5",
        "path": "linear",
        "steps": 10,
    }
    named = ["a", "b", "c", "a − b + c"]
    walk = walk_panel(lane, settings, PATHS, STEPS, NEAREST, names=named, columns=5)
    return _preset(
        lane,
        (
            walk,
            wall(lane, walk, 60, 10, groups=True),
            here(lane, walk, at_once=True),
            *lines(lane, walk),
            _BOUND,
        ),
        name="arithmetic",
        act=ARITHMETIC,
        data=lane.label,
        title="Arithmetic with averaged codes, in training",
        caption="a − b + c of averaged codes: at first those of all 8s, 3s and 5s. What an 8 has"
        " and a 3 lacks is given to a 5. Choose other pictures for a, b and c.",
        source=f"{_DCGAN}, section 6.3.2 and Figure 7",
        figures=(Shown(30, lane.name, "walk", "images"),),
    )


def _arithmetic_rooms() -> Preset:
    lane = replace(_ROOMS, label="Rooms, trained")
    settings: Mapping[str, Value] = {"anchors": "t5,t5+2h9-2l9", "path": "linear", "steps": 9}
    walk = walk_panel(lane, settings, MOVED, STEPS, NEAREST, columns=3)
    return _preset(
        lane,
        (walk, wall(lane, walk, 30, 6), here(lane, walk, at_once=True), *lines(lane, walk)),
        "realnvp_images/rooms-32.safetensors",
        name="arithmetic-rooms",
        act=ARITHMETIC,
        data=lane.label,
        title="One factor of a room, added to its code",
        caption="The averaged code of the hundred test rooms that have most of a factor, less that"
        " of the hundred that have least of it, is added to one room's code.",
        source=f"{_DCGAN}, section 6.3.2",
    )


def _noise() -> Preset:
    lane = Lane("gp", "Gradient penalty", "gp", "wgan", "gp", {})
    settings: Mapping[str, Value] = {"anchors": "s0,s1,s2,s3", "closed": True, "steps": 96}
    walked = noise_walk(settings)
    layers = [
        {"type": "heat", "probe": "surface", "array": "values"},
        {"type": "points", "probe": "samples", "array": "real", "color": "real"},
        {"type": "points", "probe": "samples", "array": "fake", "color": "generated"},
        {"type": "points", **walked, "array": "points", "color": PATH_COLOR, "label": "walk"},
    ]
    field: Panel = {"kind": "field", "lane": lane.name, "title": lane.label, "layers": layers}
    found = _preset(
        lane,
        (field, noise_plane(lane, walked), *lines(lane, walked, data="data_distance")),
        name="noise",
        act=NOISE,
        data="",
        title="A walk through a generator's noise",
        caption="Choose a path through the noise of a WGAN-GP: what is made of it, in purple,"
        " lingers on the modes and crosses the gaps in few steps. There the generator tears.",
        source=f"{_DCGAN}, section 6.1",
        controls=(Control(lane.name, "critic_lr", "learning rate", "α"),),
        figures=(Shown(29, lane.name, "noise_walk", "points"),),
    )
    return replace(found, probes=("surface", "samples", *found.probes))


_DIGITS = Lane("digits", "Digits", "gp", "vae", "binomial", {})
_MNIST = Lane("mnist", "MNIST", "gp", "vae", "mnist", {"learning_rate": 0.002})
_LIVE = Lane("live", "Digits, live", "gp", "vae", "binomial", {"latent_dim": 10})
_PAINTED = Lane("painted", "Digits, PixelVAE", "lane3", "pixelvae", "digits", {})
_FLOW = Lane("flow", "Digits, Real NVP", "lane4", "realnvp_images", "digits", {"decay": 0.9985})
_IAF = Lane("iaf", "MNIST, IAF", "lane3", "iaf", "mnist", {})
_LAYERS = Lane(
    "layers", "Rooms, ResNet VAE", "lane4", "resnet_vae", "rooms-32", {"precision": "bfloat16"}
)
_ROOMS = Lane(
    "rooms",
    "Rooms, Real NVP",
    "lane4",
    "realnvp_images",
    "rooms-32",
    {"width": 8, "decay": 0.9993},
)

WALKS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        _on_plane("plane", _DIGITS, "z-1.5_1.5,z1_0.5,z0_-2", "vae/digits.safetensors"),
        _on_plane("plane-mnist", _MNIST, "z-1.5_1.5,z1_0.5,z0_-2", "vae/mnist-2d.safetensors"),
        _through(
            "train",
            _LIVE,
            "",
            at_once=True,
            drawn=True,
            figures=(Shown(29, "live", "walk", "images"), Shown(29, "live", "walk", "log_prior")),
        ),
        _through("painted", _PAINTED, "pixelvae/digits.safetensors", at_once=False, drawn=True),
        _through("flow", _FLOW, "realnvp_images/digits.safetensors", at_once=True),
        _through(
            "flow-rooms",
            _ROOMS,
            "realnvp_images/rooms-32.safetensors",
            at_once=True,
            pictures=(30, 6),
        ),
        _through(
            "layers",
            _LAYERS,
            "resnet_vae/rooms-32.safetensors",
            at_once=True,
            pictures=(30, 6),
            caption="The latents of all layers, as the noise that makes them, walk at once from"
            " room to room. Half-way along a straight path every layer has lost strength.",
            source=f"Kingma et al. 2016, appendix C; {_WHITE}",
        ),
        _between_draws(),
        _level(),
        _layer(),
        _arithmetic(),
        _arithmetic_rooms(),
        _noise(),
    )
}
"""Presets of the walk page by name, the default first."""
