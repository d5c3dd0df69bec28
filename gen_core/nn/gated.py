"""The network of the gated PixelCNN: a vertical and a horizontal stack that close the blind spot.

Paper: A. van den Oord et al., "Conditional Image Generation with PixelCNN Decoders", 2016, arXiv
1606.05328, figure 2 and equations 2-4: y = tanh(W_f * x + V_f h) . sigmoid(W_g * x + V_g h).
The vertical stack sees all rows above; it feeds the horizontal one through a 1 x 1 convolution of
its maps before the gate, taken from the row above, and before h is added. Residual connections
run along the horizontal stack alone, and not in the first layer, which is under mask A.

The head follows the public PixelVAE code (igul222/PixelVAE, mnist_pixelvae_train.py): two gated
1 x 1 layers, then 1 x 1 to the outputs. So do the details:

  1. Gate halves are the first and the last channels here, even and odd ones in that code: the same
     family, channels renumbered.
  2. With maps beside the picture both go through the same masks, so that the horizontal part of
     the first layer does not see the maps at the centre.
  3. h enters the gates of both stacks and of the head through separate linear layers.

>>> import torch
>>> net = GatedNet(1, 1, width=8, depth=2)
>>> net(torch.zeros(2, 1, 5, 5)).shape
torch.Size([2, 1, 5, 5])
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from gen_core.errors import SettingError
from gen_core.nn.causal import CausalConv2d, ConvStepper, pointwise

__all__ = ["GatedLayer", "GatedNet", "gate"]


def gate(x: Tensor) -> Tensor:
    """Return tanh(first half) * sigmoid(second half) of the channels (axis 1)."""
    signal, opening = x.chunk(2, dim=1)
    return signal.tanh() * opening.sigmoid()


def _condition(vector_dim: int, width: int) -> nn.Linear | None:
    return nn.Linear(vector_dim, 2 * width, bias=False) if vector_dim else None


def _given(condition: nn.Module | None, vector: Tensor | None) -> Tensor | float:
    if condition is None or vector is None:
        return 0.0
    return cast(Tensor, condition(vector))[:, :, None, None]


class GatedLayer(nn.Module):
    """One gated layer of both stacks; mask A makes it a first layer, without residual."""

    def __init__(
        self,
        in_channels: int,
        width: int,
        kernel: int,
        kind: str,
        vector_dim: int = 0,
        colours: int = 1,
        weight_norm: bool = False,
    ) -> None:
        super().__init__()
        reach, two = kernel // 2, 2 * width
        self.residual = kind == "B"
        self.vertical = CausalConv2d(
            in_channels, two, "open", reach, reach, reach, weight_norm=weight_norm
        )
        self.link = pointwise(two, two, "open", weight_norm=weight_norm)
        self.horizontal = CausalConv2d(
            in_channels, two, kind, left=reach, colours=colours, weight_norm=weight_norm
        )
        self.out = pointwise(width, width, colours=colours, weight_norm=weight_norm)
        self.vertical_condition = _condition(vector_dim, width)
        self.horizontal_condition = _condition(vector_dim, width)

    def forward(
        self, v: Tensor, h: Tensor, vector: Tensor | None, last: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Return the next maps of the vertical and the horizontal stack.

        Args:
            v: Vertical maps ``(B, in, H, W)``.
            h: Horizontal maps, alike.
            vector: What conditions the gates, ``(B, K)``.
            last: Whether nobody reads the vertical maps that follow.
        """
        above = self.vertical(v, down=1)  # (B, 2 p, H + 1, W): row r sees rows up to r - 1
        x = self.horizontal(h) + self.link(above[:, :, :-1])
        x = self.out(gate(x + _given(self.horizontal_condition, vector)))
        if last:
            return v, h + x if self.residual else x
        v = gate(above[:, :, 1:] + _given(self.vertical_condition, vector))
        return v, h + x if self.residual else x


class GatedNet(nn.Module):
    """The two stacks and their head.

    Args:
        in_channels: Channels of the picture.
        out_channels: Raw outputs of a position.
        width: Maps of each stack, p.
        depth: Gated layers under mask B, after the first.
        first_kernel: Side of the first kernel, under mask A.
        kernel: Side of the others.
        vector_dim: Size of the conditioning vector h; 0 for none.
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
        width: int = 32,
        depth: int = 5,
        first_kernel: int = 7,
        kernel: int = 5,
        vector_dim: int = 0,
        maps_dim: int = 0,
        colours: int = 1,
        weight_norm: bool = False,
    ) -> None:
        super().__init__()
        if width % colours:
            raise SettingError(f"a width that {colours} colours share", width, "Use a multiple.")
        shared = (vector_dim, colours, weight_norm)
        self.layers = nn.ModuleList(
            [GatedLayer(in_channels + maps_dim, width, first_kernel, "A", *shared)]
            + [GatedLayer(width, width, kernel, "B", *shared) for _ in range(depth)]
        )
        # nobody reads the last vertical maps, and each parameter shall learn
        cast(GatedLayer, self.layers[-1]).vertical_condition = None
        self.head = nn.ModuleList(
            pointwise(width, 2 * width, colours=colours, weight_norm=weight_norm) for _ in range(2)
        )
        self.head_conditions = nn.ModuleList(
            condition for _ in range(2) if (condition := _condition(vector_dim, width))
        )
        self.out = pointwise(width, out_channels, colours=colours, weight_norm=weight_norm)

    def forward(
        self, x: Tensor, vector: Tensor | None = None, maps: Tensor | None = None
    ) -> Tensor:
        """Return raw outputs ``(B, out, H, W)``."""
        v = h = x if maps is None else torch.cat((x, maps), 1)
        final = len(self.layers) - 1
        for index, layer in enumerate(self.layers):
            v, h = layer(v, h, vector, last=index == final)
        for index, layer in enumerate(self.head):
            h = gate(layer(h) + _given(self._head_condition(index), vector))
        return cast(Tensor, self.out(h))

    def stepper(
        self,
        batch: int,
        height: int,
        width: int,
        vector: Tensor | None = None,
        maps: Tensor | None = None,
    ) -> "GatedStepper":
        """Return the same net, evaluated position by position."""
        return GatedStepper(self, batch, height, width, vector, maps)

    def _head_condition(self, index: int) -> nn.Module | None:
        return self.head_conditions[index] if len(self.head_conditions) else None


class GatedStepper:
    """:class:`GatedNet` position by position.

    Before a row begins, the vertical stack takes in the row above at once; inside the row only the
    horizontal stack moves.
    """

    def __init__(
        self,
        net: GatedNet,
        batch: int,
        height: int,
        width: int,
        vector: Tensor | None,
        maps: Tensor | None,
    ) -> None:
        self.row = -1
        self.layers = [
            _LayerStepper(cast(GatedLayer, layer), batch, height, width, vector)
            for layer in net.layers
        ]
        first = self.layers[0]
        first.horizontal.seen = first.horizontal.seen.new_zeros(
            batch, height, *first.horizontal.seen.shape[2:]
        )
        if maps is not None:
            first.horizontal.fill(maps)
        self.picture = first.horizontal  # rows of the picture, for the vertical stack too
        self.head = []
        for index, layer in enumerate(net.head):
            step = ConvStepper(cast(CausalConv2d, layer), batch, 1, 1)
            condition = net._head_condition(index)
            if condition is not None and vector is not None:
                step.bias = step.bias + condition(vector)
            self.head.append(step)
        self.out = ConvStepper(net.out, batch, 1, 1)

    def write(self, i: int, j: int, value: Tensor) -> None:
        """Enter the picture's channels ``(B, C)`` of a position."""
        self.picture.put(i, j, value)

    def raw(self, i: int, j: int) -> Tensor:
        """Return the raw output ``(B, out)`` of a position."""
        if i != self.row:
            self._begin(i)
        first, *others = self.layers
        h = first.out.of(gate(first.horizontal.at(i, j) + first.linked[:, j]))
        for layer in others:
            layer.horizontal.put(0, j, h)
            h = h + layer.out.of(gate(layer.horizontal.at(0, j) + layer.linked[:, j]))
        for step in self.head:
            h = gate(step.of(h))
        return self.out.of(h)

    def _begin(self, i: int) -> None:
        """Take row i - 1, complete by now, through the vertical stack."""
        self.row = i
        above: Tensor | None = None
        if i > 0:
            left = self.picture.left
            width = self.picture.seen.shape[2] - left
            row = self.picture.seen[:, i - 1, left : left + width]  # (B, W, in)
            above = row.permute(0, 2, 1)[:, :, None]
        for layer in self.layers:
            above = layer.begin(i, above)


class _LayerStepper:
    """One gated layer: a strip of rows for the vertical kernel, one row for the horizontal."""

    def __init__(
        self, layer: GatedLayer, batch: int, height: int, width: int, vector: Tensor | None
    ) -> None:
        self.horizontal = ConvStepper(layer.horizontal, batch, 1, width)
        self.out = ConvStepper(layer.out, batch, 1, 1)
        self.kernel = layer.vertical.kernel().detach()
        self.bias = layer.vertical.bias.detach()
        self.side = layer.vertical.left
        self.link = layer.link.kernel().detach(), layer.link.bias.detach()
        rows, inputs = self.kernel.shape[2], self.kernel.shape[1]
        self.strip = self.kernel.new_zeros(batch, inputs, rows, width)
        self.given = _given(layer.vertical_condition, vector)
        if layer.horizontal_condition is not None and vector is not None:
            self.horizontal.bias = self.horizontal.bias + layer.horizontal_condition(vector)
        self.linked = self.kernel.new_zeros(batch, width, self.kernel.shape[0])

    def begin(self, i: int, above: Tensor | None) -> Tensor | None:
        """Take in the row above ``(B, in, 1, W)``; return the vertical maps of that row."""
        if above is not None:
            self.strip = torch.cat((self.strip[:, :, 1:], above), 2)
        pre = conv2d(pad(self.strip, (self.side, self.side)), self.kernel, self.bias)
        self.linked = conv2d(pre, *self.link)[:, :, 0].permute(0, 2, 1).contiguous()
        return None if above is None else gate(pre + self.given)
