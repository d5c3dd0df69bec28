"""Causal convolutions: what an autoregressive picture model may see, as masks over a kernel.

Pictures are ordered row by row, left to right, and inside a pixel colour by colour (van den Oord
et al. 2016a, "Pixel Recurrent Neural Networks", arXiv 1601.06759, section 3). Mask A hides the
present colour and later ones at the kernel's centre, mask B shows the present one. Feature maps
belong to colour groups by index modulo the number of colours, as in the public PixelVAE code.

The rows below the centre of a masked kernel are all zero, so they are not stored: a "5 x 5" layer
holds 3 x 5 weights and costs what they cost.

>>> colour_mask("A", 3, 3, colours=3)
tensor([[0., 0., 0.],
        [1., 0., 0.],
        [1., 1., 0.]])
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from gen_core.errors import SettingError
from gen_core.nn.normed import first_lengths, normed

__all__ = ["CausalConv2d", "ConvStepper", "colour_mask", "pointwise"]


def colour_mask(kind: str, out_channels: int, in_channels: int, colours: int) -> Tensor:
    """Return what the centre of a kernel may see, ``(out, in)`` of 0 and 1.

    Args:
        kind: ``"A"``: colours before the present one; ``"B"``: the present one too.
        out_channels: Channels that the layer makes; channel c is of colour c mod ``colours``.
        in_channels: Channels that it reads, of the same colours.
        colours: Groups; 1 where all channels of a position are drawn at once.
    """
    # values, even where a layer is built on meta for its shapes: comparing there is slow to load
    of_out = torch.arange(out_channels, device="cpu") % colours
    of_in = torch.arange(in_channels, device="cpu") % colours
    seen = of_in < of_out[:, None] if kind == "A" else of_in <= of_out[:, None]
    return seen.float()


class CausalConv2d(nn.Module):
    """A convolution that sees rows above and, in its own row, what lies left of the centre.

    With ``weight_norm`` the kernel is g v / ||v|| (Salimans & Kingma 2016); the norm is that of
    the *unmasked* v, and the mask comes afterwards, as in the public PixelVAE code.

    Args:
        in_channels: Channels read.
        out_channels: Channels made; both multiples of ``colours`` where a mask needs it.
        kind: ``"A"``, ``"B"``, or ``"open"`` for a layer that sees its whole own row.
        above: Rows seen above.
        left: Columns seen to the left.
        right: Columns seen to the right, in the rows above.
        colours: Colour groups.
        weight_norm: Whether length and direction of each kernel are separate parameters.

    Attributes:
        weight: ``(out, in, above + 1, left + 1 + right)``.
        bias: ``(out,)``.
        gain: ``(out,)``, or None without weight normalisation.
        mask: ``(out, in, above + 1, left + 1 + right)`` of 0 and 1.

    Raises:
        SettingError: The channels cannot be shared out among the colours.
    """

    mask: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kind: str,
        above: int = 0,
        left: int = 0,
        right: int = 0,
        *,
        colours: int = 1,
        weight_norm: bool = False,
    ) -> None:
        super().__init__()
        if colours > 1 and out_channels % colours:
            raise SettingError(
                f"channels that {colours} colours can share", out_channels, "Use a multiple."
            )
        self.above, self.left, self.right = above, left, right
        shape = out_channels, in_channels, above + 1, left + 1 + right
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        nn.init.kaiming_uniform_(self.weight)
        self.gain: nn.Parameter | None = None
        if weight_norm:
            self.gain = nn.Parameter(first_lengths(self.weight.detach()))
        mask = torch.ones(shape)
        if kind != "open":
            mask[:, :, above, left] = colour_mask(kind, out_channels, in_channels, colours)
            mask[:, :, above, left + 1 :] = 0
        # from the shape alone: a checkpoint's shapes are compared without any values
        self.masked = kind == "A" or (kind == "B" and (colours > 1 or right > 0))
        self.register_buffer("mask", mask, persistent=False)

    def kernel(self) -> Tensor:
        """Return the weights in force, mask and norm applied."""
        if self.gain is None:
            return self.weight * self.mask if self.masked else self.weight
        kernel = normed(self.weight, self.gain)
        return kernel * self.mask if self.masked else kernel

    def forward(self, x: Tensor, down: int = 0) -> Tensor:
        """Return ``(B, out, H + down, W)``.

        Args:
            x: ``(B, in, H, W)``.
            down: Further rows of zeros above: output row r then sees input rows up to r - down.
        """
        if self.above + self.left + self.right + down:
            x = pad(x, (self.left, self.right, self.above + down, 0))
        return conv2d(x, self.kernel(), self.bias)


def pointwise(
    in_channels: int,
    out_channels: int,
    kind: str = "B",
    *,
    colours: int = 1,
    weight_norm: bool = False,
) -> CausalConv2d:
    """Return a 1 x 1 causal convolution; its kernel is all centre."""
    return CausalConv2d(in_channels, out_channels, kind, colours=colours, weight_norm=weight_norm)


class ConvStepper:
    """A causal convolution evaluated position by position, with what it has read so far.

    Args:
        layer: The convolution; its weights are read once, here.
        batch: Pictures.
        height: Rows.
        width: Columns.

    Attributes:
        seen: Inputs, ``(B, above + H, left + W + right, in)``, zero where nothing was put yet;
            empty for a 1 x 1 layer, which needs no past.
    """

    def __init__(self, layer: CausalConv2d, batch: int, height: int, width: int) -> None:
        kernel = layer.kernel().detach()
        self.above, self.left = layer.above, layer.left
        self.rows, self.columns = kernel.shape[2:]
        self.matrix = kernel.permute(2, 3, 1, 0).flatten(0, 2).contiguous()  # (taps * in, out)
        self.bias = layer.bias.detach()
        size = batch, height + layer.above, layer.left + width + layer.right, kernel.shape[1]
        self.seen = kernel.new_zeros(size if self.rows * self.columns > 1 else 0)

    def put(self, i: int, j: int, value: Tensor) -> None:
        """Enter the input ``(B, in)`` of a position; fewer channels are the first ones."""
        self.seen[:, self.above + i, self.left + j, : value.shape[1]] = value

    def fill(self, maps: Tensor) -> None:
        """Enter feature maps ``(B, F, H, W)`` as the last channels of every position."""
        height, width = maps.shape[2:]
        rows = slice(self.above, self.above + height)
        columns = slice(self.left, self.left + width)
        self.seen[:, rows, columns, -maps.shape[1] :] = maps.permute(0, 2, 3, 1)

    def of(self, value: Tensor) -> Tensor:
        """Return the output ``(B, out)`` of a 1 x 1 layer at a position whose input is given."""
        return torch.addmm(self.bias, value, self.matrix)

    def at(self, i: int, j: int) -> Tensor:
        """Return the output of a position, ``(B, out)``."""
        window = self.seen[:, i : i + self.rows, j : j + self.columns]
        return torch.addmm(self.bias, window.flatten(1), self.matrix)
