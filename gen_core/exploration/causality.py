"""What an autoregressive net hears of: its masks, its reach by gradient, and what it misses.

Luo et al. 2016 (arXiv 1701.04128) call the gradient of an output with respect to the input the
effective receptive field. Pictures are ordered row by row; what comes before a pixel and is never
heard of is its blind spot (van den Oord et al. 2016b, arXiv 1606.05328, figure 1).
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from gen_core.errors import ProbeError
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.models.pixelcnn import PixelCnn
from gen_core.nn.causal import CausalConv2d
from gen_core.recipes.settings import Setting
from gen_core.training.seeding import uniform

__all__ = ["PIXEL", "is_pixelcnn", "pixel_of"]

PICTURES = 16  # whose gradients are averaged
DECADES = 4.0  # below the strongest: weaker ones are drawn as the weakest


def is_pixelcnn(recipe: object) -> bool:
    """Return whether a recipe trains a PixelCNN."""
    return getattr(recipe, "stem", "") == "pixelcnn"


PIXEL = {
    "row": Setting(
        -1, "the middle", low=-1, high=511, hint="Row of the pixel; -1 for the middle."
    ),
    "column": Setting(
        -1, "a third, so that its upper right is in sight", low=-1, high=511, hint="Its column."
    ),
}
"""Settings that choose a pixel."""


def pixel_of(settings: Settings, shape: tuple[int, int, int]) -> tuple[int, int]:
    """Return the chosen row and column.

    Raises:
        ProbeError: It lies outside the picture.
    """
    _, height, width = shape
    i = height // 2 if settings["row"] < 0 else settings["row"]
    j = width // 3 if settings["column"] < 0 else settings["column"]
    if i >= height or j >= width:
        raise ProbeError(f"a pixel of a {height} x {width} picture", f"({i}, {j})", "Choose one.")
    return i, j


@probe("masks", every=0.5, suits=is_pixelcnn)
def masks(view: View, settings: Settings, size: int) -> Arrays:
    """The kernels of the first layer and of a later one, and the share of each that is open.

    Returns:
        ``masks`` ``(M, k, k)``: share of weights that the mask leaves, by place in the kernel,
        smaller kernels amid zeros. One stack has the first layer's (mask A) and a later one's
        (mask B); two stacks have vertical and horizontal of the first, then of a later layer.
        ``strength``, alike: mean absolute weight in force, over the kernel's largest.
    """
    layers = _kernels(_net(view))
    side = max(2 * max(layer.left, layer.above) + 1 for layer in layers)
    shown = torch.zeros(2, len(layers), side, side)
    for m, layer in enumerate(layers):
        top, left = side // 2 - layer.above, side // 2 - layer.left
        rows, columns = layer.weight.shape[2:]
        inside = slice(top, top + rows), slice(left, left + columns)
        shown[0, m][inside] = layer.mask.mean((0, 1)).cpu()
        strength = layer.kernel().detach().abs().mean((0, 1)).cpu()
        shown[1, m][inside] = strength / strength.max().clamp_min(1e-30)
    return {"masks": shown[0].numpy(), "strength": shown[1].numpy()}


@probe("receptive_field", every=0.5, settings=PIXEL, suits=is_pixelcnn)
def receptive_field(view: View, settings: Settings, size: int) -> Arrays:
    """How strongly a pixel's prediction hears of every input, layer upon layer.

    The absolute gradient of the maps at a pixel after each layer, summed over maps, with respect
    to the picture; mean over the first test pictures. On a logarithmic scale of four decades.

    Returns:
        ``values`` ``(D, H, W)`` in [0, 1]: 1 the strongest, 0.02 at least where anything is heard,
        0 where nothing is; the last map is that of the raw output itself.
        ``cells`` ``(D, H, W)`` int32 by the masks alone: 0 comes later (or is the pixel), 1 comes
        before and is heard, 2 comes before and is not. ``pixel`` ``(2,)`` int32, row and column.
    """
    model = cast(PixelCnn, view.models["pixelcnn"])
    i, j = pixel_of(settings, model.image_shape)
    x = view.recipe.dataset().pictures("test", 0, PICTURES).to(view.device)
    fields = _gradients(model, x, i, j).mean(1)  # (D, H, W)
    strongest = fields.amax((1, 2), keepdim=True).clamp_min(1e-30)
    scaled = 1 + (fields / strongest).log10() / DECADES
    values = torch.where(fields > 0, scaled.clamp(0.02, 1), 0)
    return {
        "values": values.float().cpu().contiguous().numpy(),
        "cells": _cells(view, i, j).numpy(),
        "pixel": torch.tensor([i, j], dtype=torch.int32).numpy(),
    }


@probe("blind_spot", every=5.0, settings=PIXEL, suits=is_pixelcnn)
def blind_spot(view: View, settings: Settings, size: int) -> Arrays:
    """How much of what comes before a pixel no layer hears of, by the masks alone.

    Returns:
        ``unheard`` ``(D,)`` int32: earlier pixels that are not heard of after each layer;
        ``before`` 0-d int32: earlier pixels in all.
    """
    i, j = pixel_of(settings, cast(PixelCnn, view.models["pixelcnn"]).image_shape)
    cells = _cells(view, i, j)
    return {
        "unheard": (cells == 2).sum((1, 2)).int().numpy(),
        "before": (cells[0] > 0).sum().int().numpy(),
    }


def _net(view: View) -> Any:  # noqa: ANN401
    return cast(PixelCnn, view.models["pixelcnn"]).net


def _kernels(net: Any) -> list[CausalConv2d]:  # noqa: ANN401
    if hasattr(net, "layers"):
        chosen = (net.layers[0], net.layers[1])
        return [each for layer in chosen for each in (layer.vertical, layer.horizontal)]
    return [net.first, net.blocks[0].look]


def _stages(net: Any) -> list[nn.Module]:  # noqa: ANN401
    """Return the modules after which the maps are looked at, from input to output."""
    hidden = list(net.layers) if hasattr(net, "layers") else [net.first, *net.blocks]
    return [*hidden[:-1], net]


@contextmanager
def _watched(stages: list[nn.Module]) -> Iterator[list[Tensor]]:
    """Collect what modules return; of two stacks, the horizontal one, which is predicted from."""
    seen: list[Tensor] = []

    def keep(module: nn.Module, given: object, output: Tensor | tuple[Tensor, Tensor]) -> None:
        seen.append(output[1] if isinstance(output, tuple) else output)

    handles = [stage.register_forward_hook(keep) for stage in stages]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _gradients(model: PixelCnn, x: Tensor, i: int, j: int) -> Tensor:
    """Return |d maps at (i, j) / d x|, summed over maps and colours, ``(D, B, H, W)``."""
    net: Any = model.net
    with torch.enable_grad(), _watched(_stages(net)) as seen:
        given = model.decoder(_no_class(model, len(x))).prepare(x).detach().requires_grad_()
        vector = None if not model.n_classes else x.new_zeros(len(x), model.n_classes)
        net(given, vector)
        fields = [
            torch.autograd.grad(maps[:, :, i, j].sum(), given, retain_graph=True)[0]
            for maps in seen
        ]
    return torch.stack(fields).abs().sum(2)


def _no_class(model: PixelCnn, n: int) -> Tensor | None:
    return torch.zeros(n, dtype=torch.long) if model.n_classes else None


@torch.no_grad()
def _cells(view: View, i: int, j: int) -> Tensor:
    """Sort every pixel by what the masks let through, ``(D, H, W)`` int32; see above.

    A twin of the net with positive weights: no path cancels another, so that a gradient is zero
    where there is no path at all.
    """
    twin = copy.deepcopy(cast(PixelCnn, view.models["pixelcnn"])).cpu().double()
    for part in twin.modules():
        if isinstance(part, CausalConv2d):
            part.weight.fill_(1 / part.weight[0].numel())
            part.bias.zero_()
            if part.gain is not None:
                part.gain.copy_(part.weight.flatten(1).norm(dim=1))
    shape = twin.image_shape
    x = 0.75 + 0.25 * uniform((1, *shape), 0, "positive twin", 0).double()  # positive if centred
    heard = _gradients(twin, x, i, j)[:, 0] > 0
    place = torch.arange(shape[1] * shape[2]).view(shape[1:])
    before = place < place[i, j]
    return torch.where(before, torch.where(heard, 1, 2), 0).int().contiguous()
