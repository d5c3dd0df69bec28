"""Pictures of a ResNet VAE: from its prior, and of test pictures.

Kingma et al. 2016, arXiv 1606.04934, appendix C: every layer's prior is drawn going down, and no
flow is ever inverted. As in the public code (openai/iaf) a sheet shows the logistics' means.
"""

from typing import cast

import torch

from gen_core.exploration.arrays import as_bytes
from gen_core.exploration.held_out import held_out
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.models.resnet_vae import ResNetVae
from gen_core.recipes.resnet_vae import ResNetVaeRecipe, layer_noise
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import uniform

__all__ = ["resnet_reconstructions", "resnet_samples"]

_INDEX = Setting(
    0, "an index, no quantity", low=0, high=10**6, symbol="ε", hint="Which noise the layers get."
)
_SHOW = Setting(
    "means",
    "openai/iaf, tf_train.py",
    choices=("means", "draws"),
    hint="The means of the pixels' logistics, or pixels drawn from them.",
)


def _of_layers(recipe: object) -> bool:
    """Say whether a recipe's only model is a ResNet VAE."""
    return isinstance(recipe, ResNetVaeRecipe)


@probe(
    "resnet_samples",
    settings={
        "n": Setting(36, "a sheet of 6 x 6", low=1, high=144, hint="Pictures."),
        "index": _INDEX,
        "show": _SHOW,
    },
    every=0.5,
    suits=_of_layers,
)
def resnet_samples(view: View, settings: Settings, size: int) -> Arrays:
    """Pictures drawn from the prior, the top layer first.

    Args:
        view: A lane of a ResNet VAE.
        settings: ``n`` pictures; ``index`` of the noise; ``show``, means or draws of the pixels.
        size: Not used: the pictures have the model's own size.

    Returns:
        ``images`` ``(n, H, W)`` or ``(n, H, W, 3)`` uint8.
    """
    vae, n, index = _model(view), settings["n"], settings["index"]
    with torch.no_grad():
        pixels = vae.generate(layer_noise(vae, n, view.seed, "sheet", index, view.device))
        x = pixels.mean
        if settings["show"] == "draws":
            x = pixels.sample(uniform(x.shape, view.seed, "sheet pixels", index, view.device))
    return {"images": as_bytes(x)}


@probe(
    "resnet_reconstructions",
    settings={
        "n": Setting(18, "a sheet of 6 x 6", low=1, high=72, hint="Test pictures."),
        "start": Setting(0, "the first", low=0, high=9999, hint="Index of the first picture."),
        "index": _INDEX,
    },
    every=0.5,
    suits=_of_layers,
)
def resnet_reconstructions(view: View, settings: Settings, size: int) -> Arrays:
    """Test pictures, each beside the mean of p(x|z) at one draw of all layers.

    Args:
        view: A lane of a ResNet VAE.
        settings: ``n`` test pictures from index ``start`` on; ``index`` of the noise.
        size: Not used: the pictures have the model's own size.

    Returns:
        ``images`` ``(2 n, H, W)`` or ``(2 n, H, W, 3)`` uint8: picture, reconstruction, picture.
    """
    x = held_out(view, settings["start"], settings["n"])
    vae, stream, index = _model(view), "reconstructions", settings["index"]
    eps = layer_noise(vae, len(x), view.seed, stream, index, view.device)
    with torch.no_grad():
        mean = vae.infer(x, eps).likelihood.mean
    return {"images": as_bytes(torch.stack([x, mean], 1).flatten(0, 1))}


def _model(view: View) -> ResNetVae:
    return cast(ResNetVae, view.models["resnet_vae"])
