"""Layers under weight normalisation: each filter is a direction times a length.

Salimans & Kingma 2016, "Weight Normalization", arXiv 1602.07868, equation 2: w = g v / ||v||, with
one g for each output. A transposed convolution too is normalised by output channel, where the
public IAF code normalises by input channel.

>>> import torch
>>> NormedConv2d(3, 4, stride=2)(torch.zeros(2, 3, 5, 5)).shape
torch.Size([2, 4, 3, 3])
>>> NormedConv2d(3, 4, up=True)(torch.zeros(2, 3, 5, 5)).shape
torch.Size([2, 4, 10, 10])
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, linear

__all__ = ["NormedConv2d", "NormedLinear", "first_lengths", "lengths", "normed"]


def lengths(v: Tensor) -> Tensor:
    """Return the length of each output's filter, ``(out,)``.

    Args:
        v: ``(out, ...)``.
    """
    return v.flatten(1).norm(dim=1)


def first_lengths(v: Tensor) -> Tensor:
    """Return the length of each output's filter, ``(out,)``, or only the shape on ``meta``.

    There torch's norm would load its compiler first, which takes two seconds.

    Args:
        v: ``(out, ...)``.
    """
    return v.new_empty(len(v)) if v.is_meta else lengths(v)


def normed(v: Tensor, g: Tensor) -> Tensor:
    """Return g v / ||v||, like v.

    Not torch's ``weight_norm``: it forgets channels-last strides, which cost a conversion each.

    Args:
        v: Directions, ``(out, ...)``, of any length.
        g: Lengths, ``(out,)``.

    Example:
        >>> normed(torch.tensor([[3.0, 4.0]]), torch.tensor([10.0]))
        tensor([[6., 8.]])
    """
    return v * (g / lengths(v)).view(-1, *[1] * (v.ndim - 1))


class Normed(nn.Module):
    """Weights ``(out, in, ...)``, their lengths and biases.

    Attributes:
        weight: v, of any length.
        gain: g, ``(out,)``; at first the length of v.
        bias: ``(out,)``, or None.
    """

    def __init__(self, *shape: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))
        nn.init.kaiming_uniform_(self.weight)
        self.gain = nn.Parameter(first_lengths(self.weight.detach()))
        self.bias = nn.Parameter(torch.zeros(shape[0])) if bias else None

    def kernel(self) -> Tensor:
        """Return g v / ||v||, like ``weight``."""
        return normed(self.weight, self.gain)


class NormedLinear(Normed):
    """A linear map.

    Args:
        in_features: Numbers read.
        out_features: Numbers made.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(out_features, in_features)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, out)``."""
        return linear(x, self.kernel(), self.bias)


class NormedConv2d(Normed):
    """A convolution with zeros around, or a transposed one that doubles the sides.

    Args:
        in_channels: Maps read.
        out_channels: Maps made.
        stride: 2 halves the sides, rounding up.
        up: Transposed, of stride 2. An output then sees a quarter of the taps, so its kernel is
            doubled: under He's law for a convolution the maps begin with unit gain all
            the same.
        side: Side of the kernel, odd.
        bias: Whether it has one.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        *,
        up: bool = False,
        side: int = 3,
        bias: bool = True,
    ) -> None:
        super().__init__(out_channels, in_channels, side, side, bias=bias)
        self.stride = stride
        self.up = up

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, out, H', W')``."""
        margin = self.weight.shape[2] // 2
        if not self.up:
            return conv2d(x, self.kernel(), self.bias, self.stride, padding=margin)
        kernel = 2 * self.kernel().transpose(0, 1)
        return conv_transpose2d(x, kernel, self.bias, 2, margin, output_padding=1)
