"""The network of PixelCNN: one stack of masked convolutions, with its blind spot.

Paper: A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016,
arXiv 1601.06759, section 3.4 and table 1: a 7 x 7 convolution under mask A, residual blocks of
1 x 1, 3 x 3 under mask B, 1 x 1, and two 1 x 1 layers before the output. Each layer reaches up and
to the sides by the kernel's radius, but right of the centre only in the rows above: stacked, they
never see a wedge above and to the right of a pixel (van den Oord et al. 2016b, figure 1).

>>> import torch
>>> net = MaskedNet(1, 1, width=8, depth=2)
>>> net(torch.zeros(2, 1, 5, 5)).shape
torch.Size([2, 1, 5, 5])
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from gen_core.nn.causal import CausalConv2d, ConvStepper, pointwise

__all__ = ["MaskedNet"]


class MaskedBlock(nn.Module):
    """ReLU, 1 x 1 to h, ReLU, k x k under mask B, ReLU, 1 x 1 to 2 h, plus the input."""

    def __init__(self, width: int, kernel: int, vector_dim: int, colours: int, norm: bool) -> None:
        super().__init__()
        reach = kernel // 2
        self.narrow = pointwise(2 * width, width, colours=colours, weight_norm=norm)
        self.look = CausalConv2d(
            width, width, "B", reach, reach, reach, colours=colours, weight_norm=norm
        )
        self.widen = pointwise(width, 2 * width, colours=colours, weight_norm=norm)
        self.condition = nn.Linear(vector_dim, width, bias=False) if vector_dim else None

    def forward(self, x: Tensor, vector: Tensor | None) -> Tensor:
        """Return ``(B, 2 h, H, W)``."""
        seen = self.look(relu(self.narrow(relu(x))))
        if self.condition is not None and vector is not None:
            seen = seen + self.condition(vector)[:, :, None, None]
        return x + self.widen(relu(seen))


class MaskedNet(nn.Module):
    """A single stack of masked convolutions.

    Args:
        in_channels: Channels of the picture.
        out_channels: Raw outputs of a position.
        width: h, half the maps of the residual stream.
        depth: Residual blocks.
        first_kernel: Side of the first kernel, under mask A.
        kernel: Side of the blocks' kernels, under mask B.
        vector_dim: Size of the conditioning vector; 0 for none.
        maps_dim: Feature maps beside the picture; 0 for none.
        colours: Colours that are predicted one after another.
        weight_norm: Whether kernels are weight-normalised.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        width: int = 16,
        depth: int = 5,
        first_kernel: int = 7,
        kernel: int = 3,
        vector_dim: int = 0,
        maps_dim: int = 0,
        colours: int = 1,
        weight_norm: bool = False,
    ) -> None:
        super().__init__()
        reach, given = first_kernel // 2, in_channels + maps_dim
        self.first = CausalConv2d(
            given, 2 * width, "A", reach, reach, reach, colours=colours, weight_norm=weight_norm
        )
        self.blocks = nn.ModuleList(
            MaskedBlock(width, kernel, vector_dim, colours, weight_norm) for _ in range(depth)
        )
        sizes = (2 * width, 2 * width, 2 * width, out_channels)
        self.head = nn.ModuleList(
            pointwise(a, b, colours=colours, weight_norm=weight_norm)
            for a, b in zip(sizes, sizes[1:], strict=False)
        )

    def forward(
        self, x: Tensor, vector: Tensor | None = None, maps: Tensor | None = None
    ) -> Tensor:
        """Return raw outputs ``(B, out, H, W)``."""
        x = self.first(x if maps is None else torch.cat((x, maps), 1))
        for block in self.blocks:
            x = block(x, vector)
        for layer in self.head:
            x = layer(relu(x))
        return x

    def stepper(
        self,
        batch: int,
        height: int,
        width: int,
        vector: Tensor | None = None,
        maps: Tensor | None = None,
    ) -> "MaskedStepper":
        """Return the same net, evaluated position by position."""
        return MaskedStepper(self, batch, height, width, vector, maps)


class MaskedStepper:
    """:class:`MaskedNet` position by position: each layer keeps what it has seen."""

    def __init__(
        self,
        net: MaskedNet,
        batch: int,
        height: int,
        width: int,
        vector: Tensor | None,
        maps: Tensor | None,
    ) -> None:
        def step(layer: nn.Module) -> ConvStepper:
            assert isinstance(layer, CausalConv2d)
            return ConvStepper(layer, batch, height, width)

        self.first = step(net.first)
        if maps is not None:
            self.first.fill(maps)
        self.blocks = []
        for block in net.blocks:
            assert isinstance(block, MaskedBlock)
            layers = step(block.narrow), step(block.look), step(block.widen)
            if block.condition is not None and vector is not None:
                layers[1].bias = layers[1].bias + block.condition(vector)
            self.blocks.append(layers)
        self.head = [step(layer) for layer in net.head]

    def write(self, i: int, j: int, value: Tensor) -> None:
        """Enter the picture's channels ``(B, C)`` of a position."""
        self.first.put(i, j, value)

    def raw(self, i: int, j: int) -> Tensor:
        """Return the raw output ``(B, out)`` of a position."""
        x = self.first.at(i, j)
        for narrow, look, widen in self.blocks:
            look.put(i, j, relu(narrow.of(relu(x))))
            x = x + widen.of(relu(look.at(i, j)))
        for layer in self.head:
            x = layer.of(relu(x))
        return x
