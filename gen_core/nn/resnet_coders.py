"""The ResNet encoder and decoder of the IAF paper on MNIST, for pictures of any size.

Kingma et al. 2016, IAF, arXiv 1606.04934, appendix B: ResNet blocks of 3 x 3 filters, ELU, weight
normalisation everywhere. Of 28 x 28 three blocks of stride 2 make 14 (16 maps), 7 (32) and 4 (32);
between two of them stands a block of stride 1; then a fully connected layer of 450 units. The
decoder mirrors that with transposed convolutions. Where size or maps change, a (transposed)
convolution stands in place of the identity.

Deviations:
  1. Where the non-linearities stand is not said: here x -> ELU -> 3 x 3 -> ELU -> 3 x 3, plus
     the shortcut, as in its code for CIFAR-10, whose factor 0.1 on the branch is left out.
  2. The decoder's last block has 16 maps at full size, which one 3 x 3 convolution reads.
  3. Initial weights are the house's, without the data-dependent pass.
  4. Sides are halved until 4 remain, so smaller pictures have fewer blocks.

>>> import torch
>>> ResNetEncoder((1, 28, 28))(torch.zeros(2, 1, 28, 28)).shape
torch.Size([2, 450])
>>> ResNetDecoder(32, (1, 28, 28))(torch.zeros(2, 32)).shape
torch.Size([2, 1, 28, 28])
"""

from typing import cast

from torch import Tensor, nn
from torch.nn.functional import elu

from gen_core.nn.conv_coders import halvings, maps_at
from gen_core.nn.normed import NormedConv2d, NormedLinear

__all__ = ["ResNetDecoder", "ResNetEncoder", "ResidualUnit"]


class ResidualUnit(nn.Module):
    """ELU, 3 x 3, ELU, 3 x 3, plus the input or, where it changes, a 3 x 3 of it.

    Args:
        in_channels: Maps read.
        out_channels: Maps made.
        resample: ``"down"`` halves the sides, ``"up"`` doubles them, ``""`` keeps them.
    """

    def __init__(self, in_channels: int, out_channels: int, resample: str = "") -> None:
        super().__init__()
        stride, up = 2 if resample == "down" else 1, resample == "up"
        self.first = NormedConv2d(in_channels, out_channels, stride, up=up)
        self.second = NormedConv2d(out_channels, out_channels)
        self.shortcut: nn.Module | None = None
        if resample or in_channels != out_channels:
            self.shortcut = NormedConv2d(in_channels, out_channels, stride, up=up)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, out, H', W')``."""
        branch = self.second(elu(self.first(elu(x))))
        return cast(Tensor, branch + (x if self.shortcut is None else self.shortcut(x)))


class ResNetEncoder(nn.Module):
    """Picture to features.

    Args:
        image_shape: Channels, height and width.
        features: Units of the fully connected layer.
        width: Maps at the two largest scales.
    """

    def __init__(
        self, image_shape: tuple[int, int, int], features: int = 450, width: int = 16
    ) -> None:
        super().__init__()
        scales = halvings(image_shape[1:])
        self.units = nn.ModuleList()
        before = image_shape[0]
        for scale in range(1, len(scales)):
            maps = maps_at(scale, width)
            self.units.append(ResidualUnit(before, maps, "down"))
            if scale < len(scales) - 1:
                self.units.append(ResidualUnit(maps, maps))
            before = maps
        rows, columns = scales[-1]
        self.out = NormedLinear(before * rows * columns, features)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, features)`` of pictures ``(B, C, H, W)``."""
        for unit in self.units:
            x = unit(x)
        return elu(self.out(elu(x).flatten(1)))


class ResNetDecoder(nn.Module):
    """Code to raw outputs of every sub-pixel.

    Args:
        latent_dim: Size of the code.
        image_shape: Channels, height and width.
        features: Units of the fully connected layer.
        width: Maps at the two largest scales.
    """

    def __init__(
        self,
        latent_dim: int,
        image_shape: tuple[int, int, int],
        features: int = 450,
        width: int = 16,
    ) -> None:
        super().__init__()
        self.scales = halvings(image_shape[1:])[::-1]
        smallest = len(self.scales) - 1
        before = maps_at(smallest, width)
        rows, columns = self.scales[0]
        self.first = NormedLinear(latent_dim, features)
        self.second = NormedLinear(features, before * rows * columns)
        self.grow, self.smooth = nn.ModuleList(), nn.ModuleList()
        for scale in reversed(range(smallest)):
            maps = maps_at(scale, width)
            self.grow.append(ResidualUnit(before, maps, "up"))
            self.smooth.append(ResidualUnit(maps, maps) if scale else nn.Identity())
            before = maps
        self.out = NormedConv2d(before, image_shape[0])

    def forward(self, z: Tensor) -> Tensor:
        """Return ``(B, C, H, W)`` of codes ``(B, Z)``."""
        x = self.second(elu(self.first(z))).unflatten(1, (-1, *self.scales[0]))
        for grow, smooth, (rows, columns) in zip(
            self.grow, self.smooth, self.scales[1:], strict=True
        ):
            x = smooth(grow(x)[:, :, :rows, :columns])
        return cast(Tensor, self.out(elu(x)))
