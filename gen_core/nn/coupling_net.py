"""The network of a coupling over pictures: a residual net with weight and batch normalisation.

Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", ICLR 2017, arXiv 1605.08803,
section 3.7, in the layout of the public code (``real_nvp_multiscale_dataset.py``): the input is
normalised, joined with its negative and with the checkerboard, rectified; 3 x 3 in; residual
blocks [norm, ReLU, 3 x 3, norm, ReLU, 3 x 3]; after the first convolution and after each block a
1 x 1 "skip"; the skips' sum goes through norm, ReLU and 1 x 1 to the output.

Deviations:
  1. Each convolution has weight normalisation g v / ||v|| with a gain of its own; in the code the
     first convolution and the first of each block have length 1.
  2. Batch normalisation has an offset everywhere but on the input, no gain, as in the code; its
     moving statistics move by 0.1 as there, and decide alone in ``eval()``.
  3. The code doubles the normalised input of a checkerboard coupling, of which half are zeros;
     it is not doubled here.
  4. Without batch normalisation the code adds a second learned number to a coupling's log-scale;
     here the log-scale is scale tanh(raw) in either case.
  5. Weights and gains begin as everywhere in the house (``training.seeding.initialize_``); the
     code draws from U(-d, d) with d = sqrt(2 / C_in) whatever the kernel's size, and gains begin
     at sqrt(C_in k^2 / 12).

>>> import torch
>>> CouplingNet(3, 6, width=8, blocks=1)(torch.zeros(2, 3, 4, 4)).shape
torch.Size([2, 6, 4, 4])
"""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from gen_core.nn.normed import NormedConv2d

__all__ = ["CouplingNet"]


class OffsetNorm(nn.Module):
    """Batch normalisation with an offset, without a gain."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps=1e-4, affine=False)
        self.offset = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return maps like x."""
        return cast(Tensor, self.norm(x)) + self.offset[:, None, None]


class CouplingNet(nn.Module):
    """From what a coupling keeps to raw log-scale and shift.

    Args:
        in_channels: Channels read.
        out_channels: Channels made.
        width: Maps of a hidden layer.
        blocks: Residual blocks.
        batch_norm: Whether there is batch normalisation inside.
        mask: Plane that is read beside the input, such as a checkerboard: from x ``(B, C, H, W)``
            to ``(1, 1, H, W)``; None for none.

    Attributes:
        last: The output's convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        width: int,
        blocks: int,
        *,
        batch_norm: bool = True,
        mask: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.mask = mask
        norm = OffsetNorm if batch_norm else lambda channels: nn.Identity()
        self.norm_in = (
            nn.BatchNorm2d(in_channels, eps=1e-4, affine=False) if batch_norm else nn.Identity()
        )
        self.first = NormedConv2d(2 * in_channels + (mask is not None), width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                norm(width),
                nn.ReLU(),
                NormedConv2d(width, width, bias=False),
                norm(width),
                nn.ReLU(),
                NormedConv2d(width, width),
            )
            for _ in range(blocks)
        )
        self.skips = nn.ModuleList(NormedConv2d(width, width, side=1) for _ in range(blocks + 1))
        self.norm_out = norm(width)
        self.last = NormedConv2d(width, out_channels, side=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, out, H, W)``."""
        h = self.norm_in(x)
        planes = [h, -h]
        if self.mask is not None:
            planes.append(self.mask(x).expand(len(x), 1, -1, -1))
        h = self.first(torch.cat(planes, dim=1).relu())
        skipped = self.skips[0](h)
        for block, skip in zip(self.blocks, self.skips[1:], strict=True):
            h = h + block(h)
            skipped = skipped + skip(h)
        return cast(Tensor, self.last(self.norm_out(skipped).relu()))
