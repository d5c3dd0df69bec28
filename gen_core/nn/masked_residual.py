"""The masked gated residual net of the hierarchical PixelVAE's public code.

Source: igul222/PixelVAE (I. Gulrajani et al. 2017, arXiv 1611.05013), pixelvae.py. A 5 x 5
convolution under mask A reads the picture; its maps stand *before* those of the latents, so that
colour groups (index modulo the number of colours) are the same on both sides; the latents' maps
are halved. Then blocks

    x  ->  ELU  ->  sigmoid(A x) * tanh(B x)  ->  C x,   plus x,

all under mask B, A and B 3 x 3 side by side, C 3 x 3. One stack, so the blind spot remains.

Deviations:
  1. A and B are one convolution of twice the maps.
  2. Under masks the initial deviation counts all taps; the code halves both fans.

>>> import torch
>>> net = MaskedResidualNet(3, 6, width=6, maps_dim=6, colours=3)
>>> net(torch.zeros(2, 3, 5, 5), None, torch.zeros(2, 6, 5, 5)).shape
torch.Size([2, 6, 5, 5])
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import elu

from gen_core.errors import SettingError
from gen_core.nn.causal import CausalConv2d, ConvStepper, pointwise

__all__ = ["MaskedResidualNet"]


def _opened(x: Tensor) -> Tensor:
    opening, signal = x.chunk(2, dim=1)
    return opening.sigmoid() * signal.tanh()


class MaskedGatedBlock(nn.Module):
    """ELU, gate of two masked k x k, masked k x k, plus the input."""

    def __init__(self, width: int, kernel: int, colours: int, norm: bool) -> None:
        super().__init__()
        reach = kernel // 2
        shape = "B", reach, reach, reach
        self.gates = CausalConv2d(width, 2 * width, *shape, colours=colours, weight_norm=norm)
        self.out = CausalConv2d(width, width, *shape, colours=colours, weight_norm=norm)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, p, H, W)``, like the input."""
        return x + cast(Tensor, self.out(_opened(self.gates(elu(x)))))


class MaskedResidualNet(nn.Module):
    """The causal net of both levels; at the latent level all channels are of one colour.

    Args:
        in_channels: Channels of the picture, or of the latent map.
        out_channels: Raw outputs of a position.
        width: Maps of the first convolution.
        kernels: Side of the kernels of each block; 1 for a block that looks nowhere else.
        first_kernel: Side of the first kernel, under mask A.
        maps_dim: Feature maps beside the picture; 0 for none.
        colours: Colours that are predicted one after another.
        weight_norm: Whether kernels are weight-normalised.

    Raises:
        SettingError: The maps cannot be shared out among the colours.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        width: int,
        kernels: Sequence[int] = (3, 3),
        first_kernel: int = 5,
        maps_dim: int = 0,
        colours: int = 1,
        weight_norm: bool = True,
    ) -> None:
        super().__init__()
        if width % colours or maps_dim % colours:
            expected = f"maps that {colours} colours share"
            raise SettingError(expected, f"{width} and {maps_dim}", "Use multiples.")
        reach, both = first_kernel // 2, width + maps_dim
        self.first = CausalConv2d(
            in_channels, width, "A", reach, reach, reach, colours=colours, weight_norm=weight_norm
        )
        self.blocks = nn.ModuleList(
            MaskedGatedBlock(both, kernel, colours, weight_norm) for kernel in kernels
        )
        self.last = pointwise(both, out_channels, colours=colours, weight_norm=weight_norm)

    def forward(
        self, x: Tensor, vector: Tensor | None = None, maps: Tensor | None = None
    ) -> Tensor:
        """Return raw outputs ``(B, out, H, W)``; there is no conditioning by a vector.

        Raises:
            SettingError: A vector is given.
        """
        _refuse(vector)
        x = self.first(x)
        if maps is not None:
            x = torch.cat((x, 0.5 * maps), 1)
        for block in self.blocks:
            x = block(x)
        return cast(Tensor, self.last(x))

    def stepper(
        self,
        batch: int,
        height: int,
        width: int,
        vector: Tensor | None = None,
        maps: Tensor | None = None,
    ) -> "MaskedResidualStepper":
        """Return the same net, evaluated position by position."""
        _refuse(vector)
        return MaskedResidualStepper(self, batch, height, width, maps)


def _refuse(vector: Tensor | None) -> None:
    if vector is not None:
        raise SettingError("no conditioning vector", tuple(vector.shape), "Give maps.")


class MaskedResidualStepper:
    """:class:`MaskedResidualNet` position by position: each layer keeps what it has seen."""

    def __init__(
        self, net: MaskedResidualNet, batch: int, height: int, width: int, maps: Tensor | None
    ) -> None:
        self.maps = None if maps is None else 0.5 * maps
        self.first = ConvStepper(net.first, batch, height, width)
        self.blocks = [
            tuple(ConvStepper(layer, batch, height, width) for layer in (block.gates, block.out))
            for block in cast(list[MaskedGatedBlock], list(net.blocks))
        ]
        self.last = ConvStepper(net.last, batch, 1, 1)

    def write(self, i: int, j: int, value: Tensor) -> None:
        """Enter the picture's channels ``(B, C)`` of a position."""
        self.first.put(i, j, value)

    def raw(self, i: int, j: int) -> Tensor:
        """Return the raw output ``(B, out)`` of a position."""
        x = self.first.at(i, j)
        if self.maps is not None:
            x = torch.cat((x, self.maps[:, :, i, j]), 1)
        for gates, out in self.blocks:
            x = x + _step(out, i, j, _opened(_step(gates, i, j, elu(x))))
        return self.last.of(x)


def _step(layer: ConvStepper, i: int, j: int, value: Tensor) -> Tensor:
    if layer.rows * layer.columns == 1:
        return layer.of(value)
    layer.put(i, j, value)
    return layer.at(i, j)
