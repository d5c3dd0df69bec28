"""Free bits: the nats of every layer of a ResNet VAE, with and without them."""

from collections.abc import Mapping
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import NOISE, curves, stack
from gen_core.recipes.settings import Value

__all__ = ["RESNET_VAE"]

FREE = "Free bits"
LAYERS = 8  # a test holds it to the recipe's
_ALIVE = 0.5  # nats, as the recipe counts; a test holds it
_NATS = tuple(("curves", f"kl_{layer}") for layer in range(1, LAYERS + 1))  # what is stacked

_PAIRS: Mapping[str, Value] = {"n": 10}
_TITLE = "Nats of each layer"
_LANES = (
    Lane("plain", "λ = 0", "clip", "resnet_vae", "digits", {}),
    Lane("free", "λ = 0.25", "gp", "resnet_vae", "digits-free-bits", {}),
)


_ROOMS = Lane("rooms", "Rooms", "lane4", "resnet_vae", "rooms-32", {"precision": "bfloat16"})
_SHOW = {
    "name": "show",
    "label": "Pixels",
    "options": [["means", "means"], ["draws", "draws"]],
}


def _sheet(lane: Lane, title: str, probe: str) -> Mapping[str, Any]:
    """Return a sheet of pictures whose noise a person chooses."""
    named = {"kind": "atlas", "lane": lane.name, "title": title, "probe": probe}
    return {**named, "columns": 6, "follows": probe}


def _pairs(lane: Lane) -> Mapping[str, Any]:
    return {
        "kind": "atlas",
        "area": "side",
        "lane": lane.name,
        "title": f"Reconstructions · {lane.label}",
        "probe": "resnet_reconstructions",
        "settings": _PAIRS,
        "columns": 10,
    }


RESNET_VAE: Mapping[str, Preset] = {
    "free-bits": Preset(
        name="free-bits",
        act=FREE,
        data="Digits, live",
        title="Free bits keep layers alive",
        caption="Eight layers of latents between a picture and its top. On the plain bound a few"
        " layers take all and the others starve; with λ nats free in every feature map each layer"
        " finds its use.",
        source="Kingma et al. 2016, Figure 7",
        lanes=_LANES,
        probes=("resnet_reconstructions",),
        panels=(
            *(stack(f"{_TITLE} · {lane.label}", lane, LAYERS, _ALIVE) for lane in _LANES),
            curves("Lower bound of a batch, nats", "elbo"),
            curves("Reconstruction error, nats", "reconstruction"),
            *(_pairs(lane) for lane in _LANES),
        ),
        controls=(
            Control("free", "free_bits", "free bits", "λ"),
            Control("*", "learning_rate", "learning rate", "α"),
        ),
        metrics=("live_layers",),
        figures=tuple(
            Shown(23, lane.name, probe, array)
            for lane in _LANES
            for probe, array in (("resnet_reconstructions", "images"), *_NATS)
        ),
        probe_settings={"resnet_reconstructions": _PAIRS},
    ),
    "rooms": Preset(
        name="rooms",
        act=FREE,
        data="Rooms, trained",
        title="Rooms from many layers of latents",
        caption="A trained ResNet VAE draws rooms of 32 × 32 pixels from noise in every layer, the"
        " top first; beside them test rooms and what comes back of them.",
        source="Kingma et al. 2016, Figure 3 and appendix C",
        lanes=(_ROOMS,),
        probes=("resnet_samples", "resnet_reconstructions"),
        panels=(
            {**_sheet(_ROOMS, "Samples", "resnet_samples"), "choices": [_SHOW, NOISE]},
            {**_sheet(_ROOMS, "Reconstructions", "resnet_reconstructions"), "choices": [NOISE]},
        ),
        controls=(),
        metrics=(),
        figures=(),
        train=False,
        checkpoints={_ROOMS.name: "resnet_vae/rooms-32.safetensors"},
    ),
}
