"""The IAF page: posteriors that fit four points, one that is known, and table 1 on digits."""

from collections.abc import Mapping
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import NOISE, curves
from app.presets.resnet_vae import RESNET_VAE

__all__ = ["IAF", "IAF_FORM"]

FIT, KNOWN, TABLE = "Posteriors that fit", "A posterior that is known", "Pictures"
_PAPER = "Kingma et al. 2016"

_DIAGONAL, _BENT = "diagonal", "iaf"
_OF_IAF = ("flow_width", "flow_layers", "form", "gate_bias")
_OF_FLOWS = ("steps", *_OF_IAF)
_OF_NETWORKS = ("data", "width", "depth")
_SET = ("posterior",)  # what the lanes of this page differ in

IAF_FORM: Mapping[str, tuple[str, ...]] = {
    "Data": ("data",),
    "Posterior": ("inference", "posterior", *_OF_FLOWS),
    "Network": ("width", "depth", "z_channels"),
    "Training": ("batch", "learning_rate", "free_bits", "kl_warmup"),
}

_IAF_ON_DIGITS = Lane(_BENT, "IAF", "lane3", "iaf", "digits", {}, _SET)
_RATE = Control("*", "learning_rate", "learning rate", "α")
_AGAIN = "Reconstructions · "
_BOUND = curves("Lower bound of a batch, nats", "elbo")
_KL = curves("KL(q(z|x) ‖ p(z)), nats", "kl")
_ERROR = curves("Reconstruction error, nats", "reconstruction")


def _clouds(lane: Lane, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """Return the clouds of a lane's posteriors over that of the prior."""
    named = {"kind": "posterior-clouds", "lane": lane.name, "title": lane.label}
    return {**named, "probe": "posterior_clouds", **more}


def _pairs(lane: Lane, what: str = "") -> Mapping[str, Any]:
    """Return a lane's test pictures, each beside its reconstruction."""
    named = {"kind": "atlas", "lane": lane.name, "title": f"{what}{lane.label}"}
    return {**named, "probe": "mean_reconstructions", "columns": 8}


def _drawn(lane: Lane) -> Mapping[str, Any]:
    """Return a sheet of a lane's samples, whose noise a person chooses."""
    named = {"kind": "atlas", "lane": lane.name, "title": f"Samples · {lane.label}"}
    return {**named, "probe": "mean_samples", "follows": "noise", "choices": [NOISE]}


def _toy() -> Preset:
    lanes = (
        Lane(_DIAGONAL, "Diagonal", "lane4", "iaf", "toy-diagonal", {}, (*_SET, *_OF_FLOWS)),
        Lane(_BENT, "IAF", "lane3", "iaf", "toy", {}, _SET),
    )
    return Preset(
        name="toy",
        act=FIT,
        data="",
        title="Posteriors that tile the prior",
        caption="Four data points, each with its posterior in its colour over the grey prior:"
        " Gaussians leave gaps, IAF bends them shut. No bound exceeds −ln 4 = −1.386 nats.",
        source=f"{_PAPER}, Figure 1",
        lanes=lanes,
        probes=("posterior_clouds",),
        panels=(*(_clouds(lane) for lane in lanes), _BOUND, _KL, _ERROR),
        controls=(_RATE, Control("*", "free_bits", "free bits", "λ")),
        metrics=(),
        figures=tuple(Shown(21, lane.name, "posterior_clouds", "path") for lane in lanes),
    )


def _linear() -> Preset:
    ignored = (*_SET, *_OF_FLOWS, *_OF_NETWORKS)
    lanes = (
        Lane(_DIAGONAL, "Diagonal", "lane4", "iaf", "gaussian-diagonal", {}, ignored),
        Lane("linear", "Linear IAF", "gp", "iaf", "gaussian", {}, ignored),
    )
    return Preset(
        name="linear",
        act=KNOWN,
        data="",
        title="Linear IAF finds the true Gaussian",
        caption="Under a fixed linear decoder the true posteriors are known (dashed). Linear IAF"
        " becomes them: its bound is log p(x) = −3.797 nats. A diagonal one misses ½ ln(36/11) ="
        " 0.593.",
        source=f"{_PAPER}, appendix A",
        lanes=lanes,
        probes=("posterior_clouds", "true_posterior"),
        panels=(*(_clouds(lane, truth="true_posterior") for lane in lanes), _BOUND, _KL),
        controls=(_RATE,),
        metrics=(),
        figures=tuple(
            Shown(24, lane.name, "true_posterior", array)
            for lane in lanes
            for array in ("own", "gap")
        ),
    )


def _on_digits(lanes: tuple[Lane, ...], **about: Any) -> Preset:  # noqa: ANN401
    """Return a preset of posteriors that learn live, one encoder and decoder for all."""
    return Preset(
        act=TABLE,
        lanes=lanes,
        probes=("mean_reconstructions",),
        panels=(*(_pairs(lane) for lane in lanes), _BOUND, _KL, _ERROR),
        controls=(_RATE, Control("*", "free_bits", "free bits", "λ")),
        metrics=("knn_error",),
        **about,
    )


def _digits() -> Preset:
    lanes = (
        Lane(
            *(_DIAGONAL, "Diagonal", "lane4", "iaf", "digits", {"posterior": "diagonal"}),
            ignores=(*_SET, *_OF_FLOWS),
        ),
        Lane(
            *("linear", "Linear IAF", "gp", "iaf", "digits", {"posterior": "linear"}),
            ignores=(*_SET, *_OF_FLOWS),
        ),
        _IAF_ON_DIGITS,
    )
    return _on_digits(
        lanes,
        name="digits",
        data="Digits, live",
        title="Three posteriors on digits",
        caption="The rows of Table 1, live on digits of 8 × 8 pixels: one encoder and decoder"
        " under three posteriors; test pictures, each beside its reconstruction.",
        source=f"{_PAPER}, Table 1 (there on MNIST)",
        figures=tuple(Shown(22, lane.name, "mean_reconstructions", "images") for lane in lanes),
    )


def _before() -> Preset:
    lanes = (
        *(
            Lane(
                *(kind, kind.capitalize(), color, "iaf", "digits"),
                overrides={"posterior": kind, "steps": 8},
                ignores=(*_SET, *_OF_IAF),
            )
            for kind, color in (("planar", "clip"), ("radial", "lane4"))
        ),
        _IAF_ON_DIGITS,
    )
    return _on_digits(
        lanes,
        name="planar",
        data="Digits, planar and radial",
        title="Planar and radial posteriors on digits",
        caption="The maps before IAF; the encoder gives each picture its own. A planar map pushes"
        " along one direction, a radial one towards or from a point, a step of IAF moves every"
        " dimension by a rule of its own.",
        source="Rezende & Mohamed 2015, algorithm 1",
        figures=tuple(Shown(20, lane.name, "mean_reconstructions", "images") for lane in lanes),
    )


def _mnist() -> Preset:
    lanes = (
        Lane(_DIAGONAL, "Diagonal", "lane4", "iaf", "mnist", {"posterior": "diagonal"}),
        Lane(_BENT, "IAF", "lane3", "iaf", "mnist", {}),
    )
    return Preset(
        name="mnist",
        act=TABLE,
        data="MNIST, trained",
        title="Two posteriors on MNIST, trained",
        caption="One encoder and decoder, trained for as long, under two posteriors: draws of the"
        " prior, and test pictures, each beside its reconstruction.",
        source=f"{_PAPER}, Table 1",
        lanes=lanes,
        probes=("mean_samples", "mean_reconstructions"),
        panels=(*(_drawn(lane) for lane in lanes), *(_pairs(lane, _AGAIN) for lane in lanes)),
        controls=(),
        metrics=(),
        figures=(),
        train=False,
        checkpoints={_DIAGONAL: "iaf/mnist-diagonal.safetensors", _BENT: "iaf/mnist.safetensors"},
    )


IAF: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (_toy(), _linear(), _digits(), _before(), _mnist(), *RESNET_VAE.values())
}
