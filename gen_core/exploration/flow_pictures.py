"""A flow over pictures: samples, a manifold of four pictures, compression, and larger sheets.

Dinh et al. 2017, Real NVP, arXiv 1605.08803 (numbers as in version 1): eq. 14 with figures 6 and
12-16, appendix C with figure 17, appendix D with figure 22. All maps go through the model in
evaluation mode; test pictures are encoded with each level at the middle of its bin.
"""

import math
from typing import cast

import numpy as np
import torch
from torch import Tensor

from gen_core.exploration.arrays import as_bytes
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.models.realnvp_images import RealNvpImages
from gen_core.recipes.realnvp_images import RealNvpImagesRecipe
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import normal

__all__ = ["compression", "extrapolation", "flow_manifold", "flow_pictures", "on_manifold"]

_INDEX = Setting(
    0, "an index, no quantity", low=0, high=10**6, symbol="u", hint="Which noise is drawn."
)
_TEMPERATURE = Setting(
    1.0,
    "Dinh et al. 2017: the prior itself",
    low=0.0,
    high=2.0,
    symbol="T",
    hint="Standard deviation of the latents that are drawn.",
)


def _of_pictures(recipe: object) -> bool:
    """Say whether a recipe's only model is a flow over pictures."""
    return isinstance(recipe, RealNvpImagesRecipe)


def _how_many(default: int, source: str) -> Setting:
    return Setting(default, source, low=1, high=144, hint="Pictures.")


def _anchor(which: int) -> Setting:
    return Setting(
        which - 1,
        "Dinh et al. 2017, eq. 14: four held-out pictures",
        low=0,
        high=9999,
        symbol=f"z({which})",
        hint="Test picture at this corner.",
    )


@probe(
    "flow_pictures",
    settings={
        "n": _how_many(36, "a sheet of 6 x 6"),
        "temperature": _TEMPERATURE,
        "index": _INDEX,
    },
    suits=_of_pictures,
)
def flow_pictures(view: View, settings: Settings, size: int) -> Arrays:
    """Pictures drawn from the flow.

    Args:
        view: A lane of a flow over pictures.
        settings: ``n`` pictures; ``temperature``, 1 for the prior; ``index`` of the noise.
        size: Not used: the pictures have the model's own size.

    Returns:
        ``images`` ``(n, H, W)`` or ``(n, H, W, 3)`` uint8.
    """
    return _drawn(view, settings, 1)


@probe(
    "extrapolation",
    settings={
        "n": _how_many(9, "a sheet of 3 x 3"),
        "times": Setting(
            2, "Dinh et al. 2017, figure 17; 10 in figure 18", low=1, high=10, hint="Sides grow."
        ),
        "temperature": _TEMPERATURE,
        "index": _INDEX,
    },
    suits=_of_pictures,
)
def extrapolation(view: View, settings: Settings, size: int) -> Arrays:
    """Pictures drawn at a multiple of the size of training.

    Appendix C: the model is convolutional, so latents of any size can be turned into pictures.

    Args:
        view: A lane of a flow over pictures.
        settings: ``n`` pictures; ``times``, by which the sides grow; ``temperature``; ``index``.
        size: Not used.

    Returns:
        ``images`` ``(n, times H, times W)`` or with 3 channels last, uint8.
    """
    return _drawn(view, settings, settings["times"])


@probe(
    "flow_manifold",
    settings={
        **{f"anchor_{which}": _anchor(which) for which in (1, 2, 3, 4)},
        "side": Setting(
            8, "Dinh et al. 2017, figure 6", low=2, high=16, hint="Angles around each circle."
        ),
    },
    suits=_of_pictures,
)
def flow_manifold(view: View, settings: Settings, size: int) -> Arrays:
    """The manifold of four test pictures, over two angles.

    Eq. 14: z = cos(a) (cos(b) z1 + sin(b) z2) + sin(a) (cos(b) z3 + sin(b) z4). At angles of 0
    and a quarter turn the pictures are met exactly.

    Args:
        view: A lane of a flow over pictures.
        settings: ``anchor_1`` ... ``anchor_4``, indices of test pictures, the last one where
            there are fewer; ``side``, angles around each circle, evenly from 0.
        size: Not used: the pictures have the model's own size.

    Returns:
        ``images`` ``(side^2, H, W)`` or ``(side^2, H, W, 3)`` uint8, a to the right, b downwards;
        ``angles`` ``(side^2, 2)``, a and b of each; ``anchors`` ``(4, H, W)`` or with 3 channels
        last, uint8.
    """
    flow, side = _flow(view), settings["side"]
    x = torch.cat([_test(view, settings[f"anchor_{i}"], 1) for i in (1, 2, 3, 4)])
    turns = torch.arange(side, dtype=torch.float64) * (2 * math.pi / side)
    b, a = torch.meshgrid(turns, turns, indexing="ij")
    angles = torch.stack((a, b), -1).reshape(-1, 2)
    with torch.no_grad():
        images = flow.sample(on_manifold(flow.latents(x), angles))
    return {
        "images": as_bytes(images),
        "angles": angles.float().numpy(),
        "anchors": as_bytes(x),
    }


def on_manifold(z: Tensor, angles: Tensor) -> Tensor:
    """Return points of eq. 14, ``(N, ...)``.

    Args:
        z: The four anchors, ``(4, ...)``.
        angles: a and b of each point, ``(N, 2)``.

    Example:
        >>> quarter = math.pi / 2
        >>> angles = torch.tensor([[0, 0], [0, quarter], [quarter, 0], [quarter, quarter]])
        >>> on_manifold(torch.tensor([1.0, 2.0, 3.0, 4.0]), angles).round(decimals=5)
        tensor([1., 2., 3., 4.])
    """
    a, b = angles.unbind(1)
    shares = torch.stack(
        (a.cos() * b.cos(), a.cos() * b.sin(), a.sin() * b.cos(), a.sin() * b.sin()), 1
    )
    return torch.tensordot(shares.to(z), z, dims=1)


@probe(
    "compression",
    settings={
        "n": _how_many(6, "a sheet of 6 x 5"),
        "start": Setting(0, "the first", low=0, high=9999, hint="Index of the first picture."),
        "keep": Setting(
            6.25,
            "Dinh et al. 2017, figure 22: 100, 50, 25, 12.5 and 6.25 %",
            low=0.1,
            high=100.0,
            unit="%",
            log=True,
            hint="Smallest share of latents kept; columns halve from 100 % down to it.",
        ),
        "index": _INDEX,
    },
    suits=_of_pictures,
)
def compression(view: View, settings: Settings, size: int) -> Arrays:
    """Test pictures from ever fewer of their latents, the coarsest; the rest is drawn anew.

    Appendix D: what the finer scales put out is replaced by N(0, 1) noise, the same in all columns
    of a picture.

    Args:
        view: A lane of a flow over pictures.
        settings: ``n`` test pictures from index ``start`` on; ``keep``, the smallest share in
            percent; ``index`` of the noise.
        size: Not used: the pictures have the model's own size.

    Returns:
        ``images`` ``(n K, H, W)`` or ``(n K, H, W, 3)`` uint8, K columns a picture from all of
        its latents to the fewest; ``keep`` ``(K,)``, percent.
    """
    flow = _flow(view)
    shares = [100.0]
    while shares[-1] > settings["keep"]:
        shares.append(max(shares[-1] / 2, settings["keep"]))
    with torch.no_grad():
        z = flow.latents(_test(view, settings["start"], settings["n"]))
        noise = normal(z.shape, view.seed, "compression", settings["index"], view.device)
        columns = [flow.sample(flow.resampled(z, share / 100, noise)) for share in shares]
    images = torch.stack(columns, 1).flatten(0, 1)  # (n, K, C, H, W) -> (n K, C, H, W)
    return {"images": as_bytes(images), "keep": np.asarray(shares, np.float32)}


def _flow(view: View) -> RealNvpImages:
    return cast(RealNvpImages, view.models["flow"]).eval()


def _test(view: View, start: int, n: int) -> Tensor:
    data = view.recipe.dataset()
    first = min(start, data.n_test - 1)
    return cast(Tensor, data.pictures("test", first, first + n)).to(view.device)


def _drawn(view: View, settings: Settings, times: int) -> Arrays:
    flow = _flow(view)
    channels, height, width = flow.image_shape
    shape = settings["n"], channels, times * height, times * width
    z = normal(shape, view.seed, "flow pictures", settings["index"], view.device)
    with torch.no_grad():
        return {"images": as_bytes(flow.sample(settings["temperature"] * z))}
