"""Indexed randomness: every draw is a function of (seed, stream, t), never of what came before.

A generator seeded by a hash of the three makes any step replayable alone, needs no generator
state in a snapshot, and lets lanes with different schedules see the same data.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

__all__ = ["generator", "index_seed", "initialize_", "normal", "spread_", "uniform"]


def index_seed(seed: int, stream: str, t: int) -> int:
    """Hash (seed, stream, t) to a 63-bit seed.

    Args:
        seed: The run's seed.
        stream: What the numbers are for, such as ``"data"`` or ``"noise"``.
        t: The optimiser step, or any index inside the stream.

    Example:
        >>> index_seed(7, "data", 0) == index_seed(7, "data", 0)
        True
        >>> index_seed(7, "data", 0) == index_seed(7, "data", 1)
        False
    """
    digest = hashlib.blake2b(f"{seed}/{stream}/{t}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def generator(
    seed: int, stream: str, t: int, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return a fresh generator for one (seed, stream, t)."""
    return torch.Generator(device).manual_seed(index_seed(seed, stream, t))


def normal(
    shape: Sequence[int], seed: int, stream: str, t: int, device: torch.device | str = "cpu"
) -> Tensor:
    """Draw N(0, 1) of one (seed, stream, t), float32; on the CPU, then moved to the device."""
    return torch.randn(tuple(shape), generator=generator(seed, stream, t)).to(device)


def uniform(
    shape: Sequence[int], seed: int, stream: str, t: int, device: torch.device | str = "cpu"
) -> Tensor:
    """Draw U[0, 1) of one (seed, stream, t), float32; on the CPU, then moved to the device."""
    return torch.rand(tuple(shape), generator=generator(seed, stream, t)).to(device)


@torch.no_grad()
def initialize_(module: nn.Module, seed: int, name: str) -> nn.Module:
    """Redraw every weight matrix of a model from (seed, parameter name, shape).

    Two lanes thus share the initial value of every parameter of equal name and shape, whatever
    else differs (a layer that is the last in one lane and hidden in the other differs in scale;
    their shapes agree only at widths as small as the output). Hidden layers get He's uniform law
    of standard deviation sqrt(2 / fan_in), the last layer Glorot's of
    sqrt(2 / (fan_in + fan_out)), biases 0: the initialisers of the public WGAN-GP code (uniform
    with a *given standard deviation* s: U(-sqrt(3) s, sqrt(3) s)). The ``gain`` of a
    weight-normalised layer becomes the norm of each drawn filter, so that the layer begins as it
    would without (public PixelVAE code, ``lib/ops/conv2d.py``).

    Args:
        module: A model whose weight matrices are ``(out, in, ...)``, but for those of transposed
            convolutions, ``(in, out, h, w)``, of which a stride of s reaches each output with a
            share of 1 / s^2.
        seed: The run's seed.
        name: The model's name inside the recipe, such as ``"critic"``.

    Returns:
        The same module.
    """
    parameters = list(module.named_parameters())
    if any(value.is_meta for _, value in parameters):
        return module  # shapes alone have no values
    matrices = [key for key, value in parameters if value.ndim >= 2]
    transposed = {
        f"{key}.weight": part
        for key, part in module.named_modules()
        if isinstance(part, nn.ConvTranspose2d)
    }
    for key, value in parameters:
        if value.ndim < 2:
            value.zero_()
            continue
        fan_out, fan_in = _fans(value, transposed.get(key))
        last = key == matrices[-1]
        deviation = (2 / (fan_in + fan_out if last else fan_in)) ** 0.5
        stream = f"initial/{name}.{key}/{tuple(value.shape)}"
        draw = uniform(value.shape, seed, stream, 0) * 2 - 1
        value.copy_(draw * (3**0.5 * deviation))
    for part in module.modules():
        if isinstance(gain := getattr(part, "gain", None), nn.Parameter):
            gain.copy_(cast(Tensor, part.weight).flatten(1).norm(dim=1))
    return module


@torch.no_grad()
def spread_(module: nn.Module, seed: int, name: str) -> nn.Module:
    """Redraw weights and biases of all linear maps from U(-r, r), r = 1 / sqrt(fan_in).

    Torch's law for linear maps, indexed as in :func:`initialize_`. A ReLU network that reads few
    numbers wants it: with biases of 0 all its kinks lie at 0, and a network of one number begins
    as two half-lines.

    Args:
        module: A model.
        seed: The run's seed.
        name: The model's name inside the recipe, such as ``"flow"``.

    Returns:
        The same module.
    """
    if any(value.is_meta for value in module.parameters()):
        return module  # shapes alone have no values
    for key, part in module.named_modules():
        if isinstance(part, nn.Linear):
            for kind, value in part.named_parameters():
                stream = f"spread/{name}.{key}.{kind}/{tuple(value.shape)}"
                value.copy_(
                    (uniform(value.shape, seed, stream, 0) * 2 - 1) * part.in_features**-0.5
                )
    return module


def _fans(weight: Tensor, transposed: nn.ConvTranspose2d | None) -> tuple[float, float]:
    """Outputs and inputs that a weight matrix joins, as Glorot and He count them."""
    if transposed is None:
        return weight.shape[0], weight[0].numel()
    area = weight[0, 0].numel()
    return weight.shape[1] * area, weight.shape[0] * area / math.prod(transposed.stride)
