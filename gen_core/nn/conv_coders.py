"""Convolutional encoder and upsampler of PixelVAE on MNIST, for pictures of any size.

Paper: I. Gulrajani et al., "PixelVAE", ICLR 2017, arXiv 1611.05013, appendix E.1. All kernels are
3 x 3, a stride of 2 halves the sides, rounding up, until 4 remain: 28, 14, 7, 4. The sides of 28
and 14 have ``width`` maps (32 there), smaller ones twice as many.

Deviations:
  1. The paper pads 7 to 8 before its fifth layer; here a stride of 2 takes 7 to 4 directly.
  2. Nine convolutions in the paper's table, eight in its code: eight here.

>>> import torch
>>> ConvEncoder((1, 28, 28), 4)(torch.zeros(2, 1, 28, 28)).shape
torch.Size([2, 4])
>>> Upsampler(2, (28, 28), 16)(torch.zeros(2, 2)).shape
torch.Size([2, 16, 28, 28])
"""

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn
from torch.nn.functional import relu

__all__ = ["ConvEncoder", "Upsampler", "halvings", "maps_at"]

SMALLEST = 4
"""Side at which halving ends."""


def halvings(sides: Sequence[int]) -> list[tuple[int, int]]:
    """Return height and width at every scale, largest first.

    Example:
        >>> halvings((28, 28))
        [(28, 28), (14, 14), (7, 7), (4, 4)]
    """
    height, width = sides
    found = [(height, width)]
    while max(found[-1]) > SMALLEST:
        height, width = found[-1]
        found.append(((height + 1) // 2, (width + 1) // 2))
    return found


def maps_at(scale: int, width: int) -> int:
    """Return how many maps a scale has: ``width`` at the two largest, twice as many below.

    Args:
        scale: How often the sides were halved.
        width: Maps at the two largest scales.
    """
    return width if scale < 2 else 2 * width


class ConvEncoder(nn.Module):
    """Picture to a vector: two convolutions a scale, two more at the smallest, one linear layer.

    Args:
        image_shape: Channels, height and width.
        out_dim: Numbers that come out.
        width: Maps at the two largest scales.
    """

    def __init__(self, image_shape: tuple[int, int, int], out_dim: int, width: int = 32) -> None:
        super().__init__()
        scales = halvings(image_shape[1:])
        layers: list[nn.Module] = []
        before = image_shape[0]
        for scale in range(len(scales) - 1):
            here, after = maps_at(scale, width), maps_at(scale + 1, width)
            layers += [_same(before, here), nn.ReLU()]
            layers += [nn.Conv2d(here, after, 3, stride=2, padding=1), nn.ReLU()]
            before = after
        for _ in range(2):
            layers += [_same(before, maps_at(len(scales) - 1, width)), nn.ReLU()]
            before = maps_at(len(scales) - 1, width)
        rows, columns = scales[-1]
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.out = nn.Linear(before * rows * columns, out_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, out_dim)`` of pictures ``(B, C, H, W)``."""
        return cast(Tensor, self.out(self.layers(x)))


class Upsampler(nn.Module):
    """Vector to feature maps of a picture's size, by transposed convolutions of stride 2.

    Args:
        in_dim: Size of the vector.
        sides: Height and width of the maps.
        maps: Feature maps that come out.
        width: Maps at the two largest scales inside.
    """

    def __init__(
        self, in_dim: int, sides: tuple[int, int], maps: int = 32, width: int = 32
    ) -> None:
        super().__init__()
        self.scales = halvings(sides)[::-1]
        rows, columns = self.scales[0]
        before = maps_at(len(self.scales) - 1, width)
        self.first = nn.Linear(in_dim, before * rows * columns)
        last = before if len(self.scales) > 1 else maps
        self.start = nn.Sequential(
            _same(before, before), nn.ReLU(), _same(before, last), nn.ReLU()
        )
        self.grow, self.smooth = nn.ModuleList(), nn.ModuleList()
        for scale in reversed(range(len(self.scales) - 1)):
            here = maps_at(scale, width)
            self.grow.append(
                nn.ConvTranspose2d(before, here, 3, stride=2, padding=1, output_padding=1)
            )
            self.smooth.append(_same(here, here if scale else maps))
            before = here

    def forward(self, z: Tensor) -> Tensor:
        """Return ``(B, maps, H, W)`` of vectors ``(B, in_dim)``."""
        x = self.start(relu(self.first(z)).unflatten(1, (-1, *self.scales[0])))
        grown = zip(self.grow, self.smooth, self.scales[1:], strict=True)
        for grow, smooth, (rows, columns) in grown:
            x = relu(smooth(relu(grow(x))[:, :, :rows, :columns]))
        return cast(Tensor, x)


def _same(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 3, padding=1)
