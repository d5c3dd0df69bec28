"""The PixelVAE page: what few masked layers do to the code, and to the pictures."""

from collections.abc import Mapping
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import curves
from gen_core.recipes.settings import Value

__all__ = ["PIXELVAE", "PIXELVAE_FORM"]

FEW, PLANES = "What few layers do", "2-D latent spaces"
FIELDS, PAIRS = "Samples by receptive field", "Reconstructions"
_PAPER = "Gulrajani et al. 2017"

PIXELVAE_FORM: Mapping[str, tuple[str, ...]] = {
    "Data": ("data",),
    "Network": ("layers", "latent_dim", "conditioning", "width", "first_kernel", "kernel"),
    "Training": ("batch", "learning_rate", "beta", "kl_ramp"),
}

_BETA = Control("*", "beta", "weight of the KL", "β")
_RATE = Control("*", "learning_rate", "learning rate", "α")
_BOUND = curves("Lower bound of a batch, nats", "elbo")
_KL = curves("KL(q(z|x) ‖ p(z)), nats", "kl")
_ERROR = curves("Reconstruction error, nats", "reconstruction")


def _lane(layers: int, label: str, color: str, **overrides: Value) -> Lane:
    """Return a PixelVAE on digits with so many masked layers."""
    settings = {"layers": layers, **overrides}
    return Lane(f"layers{layers}", label, color, "pixelvae", "digits", settings)


_DEPTHS = (
    _lane(0, "No masked layer", "lane4"),
    _lane(1, "One masked layer", "lane3"),
    _lane(2, "Two masked layers", "gp"),
)
_SHEET: Mapping[str, Value] = {"n": 25}
_FOUND: Mapping[str, Value] = {"n": 15}
_PLANE: Mapping[str, Value] = {"pictures": 2000}


def _sheet(
    lane: Lane, probe: str, settings: Mapping[str, Value], **more: int
) -> Mapping[str, Any]:
    return {
        "kind": "atlas",
        "lane": lane.name,
        "title": lane.label,
        "probe": probe,
        "settings": settings,
        **more,
    }


def _plane(lane: Lane, settings: Mapping[str, Value]) -> Mapping[str, Any]:
    """Return the plane of a lane's codes; a picture by pixels is too slow to follow a pointer."""
    return {
        "kind": "latent",
        "lane": lane.name,
        "title": lane.label,
        "probe": "posteriors",
        "settings": settings,
        "decodes": lane.stem == "vae",
    }


def _few() -> Preset:
    return Preset(
        name="few",
        act=FEW,
        data="",
        title="What few layers do",
        caption="The same encoder under 0, 1 and 2 masked layers: pixels that see their neighbours"
        " take over what the code need not say, and the KL falls.",
        source=f"{_PAPER}, Figure 4",
        lanes=_DEPTHS,
        probes=("pixel_samples",),
        panels=(
            *(_sheet(lane, "pixel_samples", _SHEET) for lane in _DEPTHS),
            _KL,
            _ERROR,
            _BOUND,
        ),
        controls=(_BETA, _RATE),
        metrics=("knn_error",),
        figures=tuple(Shown(15, lane.name, "pixel_samples", "images") for lane in _DEPTHS),
        probe_settings={"pixel_samples": _SHEET},
    )


def _planes() -> Preset:
    lanes = (
        _lane(0, "VAE, independent pixels", "lane4", latent_dim=2),
        _lane(1, "PixelVAE, one masked layer", "lane3", latent_dim=2),
    )
    return Preset(
        name="planes",
        act=PLANES,
        data="Digits, live",
        title="Two latents, with and without a masked layer",
        caption="Test digits in the plane of two codes, coloured by class: what the masked layer"
        " draws by itself leaves the plane free for the class.",
        source=f"{_PAPER}, Figure 5",
        lanes=lanes,
        probes=("posteriors",),
        panels=(*(_plane(lane, {}) for lane in lanes), _KL, _ERROR),
        controls=(_BETA, _RATE),
        metrics=("knn_error",),
        figures=tuple(Shown(16, lane.name, "posteriors", "mu") for lane in lanes),
    )


def _planes_mnist() -> Preset:
    lanes = (
        Lane("vae", "VAE", "lane4", "vae", "mnist", {"learning_rate": 0.002}),
        Lane("pixelvae", "PixelVAE", "lane3", "pixelvae", "mnist-2d", {"precision": "bfloat16"}),
    )
    return Preset(
        name="planes-mnist",
        act=PLANES,
        data="MNIST, trained",
        title="Two latents of MNIST",
        caption="All test digits in the planes of a trained VAE and a trained PixelVAE; the k-NN"
        " error says how much of the class each plane keeps.",
        source=f"{_PAPER}, Figure 5",
        lanes=lanes,
        probes=("posteriors",),
        panels=tuple(_plane(lane, _PLANE) for lane in lanes),
        controls=(),
        metrics=("knn_error",),
        figures=(),
        probe_settings={"posteriors": _PLANE},
        train=False,
        checkpoints={
            "vae": "vae/mnist-2d.safetensors",
            "pixelvae": "pixelvae/mnist-2d.safetensors",
        },
    )


def _fields() -> Preset:
    small: Mapping[str, Value] = {"first_kernel": 3, "kernel": 3, "width": 16}
    latent = _lane(1, "PixelVAE, 3 pixels wide", "lane3")
    wide, narrow = (
        Lane(name, label, color, "pixelcnn", "gated", {**small, "depth": depth})
        for name, label, color, depth in (
            ("wide", "PixelCNN, 5 pixels wide", "gp", 1),
            ("narrow", "PixelCNN, 3 pixels wide", "lane4", 0),
        )
    )
    return Preset(
        name="fields",
        act=FIELDS,
        data="Digits, live",
        title="Samples by receptive field",
        caption="A code sees the whole picture, so few neighbours suffice; without one, a narrow"
        " PixelCNN draws strokes that do not know of each other.",
        source=f"{_PAPER}, Figure 9 (there 7, 11 and 7 pixels of 28, here 3, 5 and 3 of 8)",
        lanes=(latent, wide, narrow),
        probes=("pixel_samples",),
        panels=(
            _sheet(latent, "pixel_samples", _SHEET),
            _sheet(wide, "pixel_samples", _SHEET),
            _sheet(narrow, "pixel_samples", _SHEET),
        ),
        controls=(_RATE,),
        metrics=(),
        figures=tuple(
            Shown(19, lane.name, "pixel_samples", "images") for lane in (latent, wide, narrow)
        ),
        probe_settings={"pixel_samples": _SHEET},
    )


def _fields_mnist() -> Preset:
    trained: Mapping[str, Value] = {
        "batch": 50,
        "kl_ramp": 1500,
        "learning_rate": 0.002,
        "precision": "bfloat16",
    }
    small: Mapping[str, Value] = {"coder_width": 16, "maps": 16, "width": 16}
    lanes = (
        Lane("maps", "PixelVAE", "lane3", "pixelvae", "upsampling", {**trained, **small}),
        Lane(
            "bias", "PixelVAE, no upsampling", "gp", "pixelvae", "z-bias", {**trained, "layers": 7}
        ),
        Lane("plain", "Gated PixelCNN", "lane4", "pixelcnn", "mnist", {"precision": "bfloat16"}),
    )
    return Preset(
        name="fields-mnist",
        act=FIELDS,
        data="MNIST, trained",
        title="Samples of three trained models",
        caption="The code enters as maps beside the picture, or as a bias of every gate, or there"
        " is none: sheets of pictures drawn pixel by pixel.",
        source=f"{_PAPER}, Table 1 and Figure 9",
        lanes=lanes,
        probes=("pixel_samples",),
        panels=tuple(_sheet(lane, "pixel_samples", _SHEET) for lane in lanes),
        controls=(),
        metrics=(),
        figures=(),
        probe_settings={"pixel_samples": _SHEET},
        train=False,
        checkpoints={
            "maps": "pixelvae/mnist-upsampling.safetensors",
            "bias": "pixelvae/mnist-z-bias.safetensors",
            "plain": "pixelcnn/mnist.safetensors",
        },
    )


def _pairs() -> Preset:
    lanes = _DEPTHS[:2]
    return Preset(
        name="reconstructions",
        act=PAIRS,
        data="",
        title="Reconstructions",
        caption="Test digits, each beside what the decoder draws from its posterior's mean:"
        " independent pixels come out as noise, masked layers draw strokes.",
        source=f"{_PAPER}, Figure 10",
        lanes=lanes,
        probes=("pixelvae_reconstructions",),
        panels=(
            *(_sheet(lane, "pixelvae_reconstructions", _FOUND, columns=6) for lane in lanes),
            _KL,
            _ERROR,
        ),
        controls=(_BETA, _RATE),
        metrics=("knn_error",),
        figures=tuple(
            Shown(18, lane.name, "pixelvae_reconstructions", "images") for lane in lanes
        ),
        probe_settings={"pixelvae_reconstructions": _FOUND},
    )


PIXELVAE: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (_few(), _planes(), _planes_mnist(), _fields(), _fields_mnist(), _pairs())
}
