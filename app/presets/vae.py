"""The VAE page: a latent plane that forms, its manifold, and dimensions that go unused."""

from collections.abc import Mapping
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import curves
from gen_core.recipes.settings import Value

__all__ = ["VAE", "VAE_FORM"]

PLANE, COLLAPSE = "Latent plane", "Component collapse"
_AEVB = "Kingma & Welling 2014"

VAE_FORM: Mapping[str, tuple[str, ...]] = {
    "Data": ("data", "likelihood"),
    "Network": ("network", "latent_dim", "width", "depth"),
    "Training": ("batch", "learning_rate", "beta", "free_bits", "kl_warmup"),
}

_BETA = Control("*", "beta", "weight of the KL", "β")
_RATE = Control("*", "learning_rate", "learning rate", "α")
_FREE = Control("*", "free_bits", "free bits", "λ")
_BOUND = curves("Lower bound of a batch, nats", "elbo")
_SPLIT = curves("KL(q(z|x) ‖ p(z)), nats", "kl")

_DIGITS = Lane("vae", "VAE", "gp", "vae", "binomial", {})
_MNIST = Lane("vae", "Convolutional VAE", "gp", "vae", "mnist", {"learning_rate": 0.002})


def _plane(pictures: int = 0) -> Mapping[str, Any]:
    """Return the latent plane with the codes of test pictures."""
    panel = {"kind": "latent", "lane": "vae", "title": "Latent plane", "probe": "posteriors"}
    return {**panel, "settings": {"pictures": pictures}} if pictures else panel


def _manifold(side: int = 0) -> Mapping[str, Any]:
    """Return the sheet of pictures on nodes that share the prior evenly."""
    panel = {"kind": "atlas", "lane": "vae", "title": "Manifold", "probe": "manifold"}
    return {**panel, "settings": {"side": side}} if side else panel


_PAIRS: Mapping[str, Any] = {
    "kind": "atlas",
    "area": "side",
    "lane": "vae",
    "title": "Test pictures, each with its reconstruction",
    "probe": "mean_reconstructions",
    "columns": 10,
}


def _deep(name: str, label: str, color: str, depth: int) -> Lane:
    size: Mapping[str, Value] = {"depth": depth, "width": 128, "learning_rate": 2e-3}
    return Lane(name, label, color, "vae", "deep", size)


_DEPTHS = (
    _deep("shallow", "1 layer", "lane4", 1),
    _deep("deep", "4 layers", "lane3", 4),
)

VAE: Mapping[str, Preset] = {
    "plane": Preset(
        name="plane",
        act=PLANE,
        data="Digits, live",
        title="A latent plane forms",
        caption="Digits of 8 × 8 pixels go through two numbers. Point at the plane to decode"
        " a place; the sheet decodes it all, through the inverse Gaussian CDF.",
        source=f"{_AEVB}, Figure 4b; slides",
        lanes=(_DIGITS,),
        probes=("posteriors", "manifold", "mean_reconstructions"),
        panels=(_plane(), _manifold(12), _BOUND, _SPLIT, _PAIRS),
        controls=(_BETA, _RATE),
        metrics=("knn_error",),
        figures=(
            Shown(13, "vae", "posteriors", "mu"),
            Shown(13, "vae", "manifold", "images"),
        ),
        probe_settings={"manifold": {"side": 12}},
    ),
    "plane-mnist": Preset(
        name="plane-mnist",
        act=PLANE,
        data="MNIST, trained",
        title="The latent plane of MNIST",
        caption="A convolutional VAE with two latents, trained on binarised MNIST: all test"
        " digits as it codes them, and what it decodes at any point.",
        source="Gulrajani et al. 2017, Figure 5a",
        lanes=(_MNIST,),
        probes=("posteriors", "manifold", "mean_reconstructions"),
        panels=(_plane(2000), _manifold(20), _PAIRS),
        controls=(),
        metrics=("knn_error",),
        figures=(),
        probe_settings={"posteriors": {"pictures": 2000}, "manifold": {"side": 20}},
        train=False,
        checkpoints={"vae": "vae/mnist-2d.safetensors"},
    ),
    "collapse": Preset(
        name="collapse",
        act=COLLAPSE,
        data="",
        title="Dimensions that go unused",
        caption="Sixteen latents, encoder and decoder of one hidden layer beside four. A hollow"
        " bar is a dimension whose KL is below 0.01 nats: the decoder ignores it.",
        source="Dinh & Dumoulin, in the slides",
        lanes=_DEPTHS,
        probes=("live_dimensions",),
        panels=(
            *(
                {
                    "kind": "dimensions",
                    "lane": lane.name,
                    "title": lane.label,
                    "probe": "live_dimensions",
                }
                for lane in _DEPTHS
            ),
            _BOUND,
            _SPLIT,
        ),
        controls=(_BETA, _FREE, _RATE),
        metrics=("knn_error",),
        figures=tuple(Shown(14, lane.name, "live_dimensions", "kl") for lane in _DEPTHS),
    ),
}
