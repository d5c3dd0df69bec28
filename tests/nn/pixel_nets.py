"""Small nets of every kind, and which inputs an output hears of, by gradient."""

import torch
from torch import Tensor, nn

from gen_core.nn.gated import GatedNet
from gen_core.nn.masked import MaskedNet

KINDS = {"gated": GatedNet, "masked": MaskedNet}
SIDE = 6


def net(kind: str, channels: int = 1, outputs: int = 1, **settings: int | bool) -> nn.Module:
    """A net in double precision, each of its biases off zero."""
    known = {"width": 6, "depth": 2, "first_kernel": 3, "kernel": 3, "colours": channels}
    made = KINDS[kind](channels, channels * outputs, **(known | settings)).double()
    for parameter in made.parameters():
        if parameter.ndim == 1:
            nn.init.normal_(parameter, 1.0, 0.1)
    return made


def heard(
    made: nn.Module, output: tuple[int, int, int], channels: int, side: int = SIDE
) -> Tensor:
    """Return which inputs change an output ``(c, i, j)``, ``(C, side, side)`` bool.

    Gradients of ten random pictures are added up, so that one that vanishes by chance is seen.
    """
    c, i, j = output
    x = torch.randn(10, channels, side, side, dtype=torch.double, requires_grad=True)
    raw = made(x)
    raw[:, c::channels, i, j].sum().backward()
    return x.grad.abs().sum(0) > 0


def before(c: int, i: int, j: int, channels: int, side: int = SIDE) -> Tensor:
    """Return which values come before one in the order of drawing."""
    place = torch.arange(side * side).view(side, side) * channels
    order = place + torch.arange(channels)[:, None, None]
    return order < order[c, i, j]
