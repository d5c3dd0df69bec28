"""Residual blocks without masks, as the encoders and decoders of hierarchical PixelVAE have them.

Source: igul222/PixelVAE, pixelvae.py: x -> ELU -> 3 x 3 -> ELU -> 3 x 3 without bias -> batch norm
at the end of the branch (epsilon 0.01), plus a shortcut, 1 x 1 where size or width change. Down:
stride 2 in the second 3 x 3 and in the shortcut. Up: depth-to-space in the first 3 x 3 and in the
shortcut. The paper's appendix E.2 speaks of pre-activation blocks with batch norm in all layers;
this follows the code.

Deviations: shortcuts have no weight norm; moving statistics are an exponential average, not the
mean of 1000 batches after training, and alone decide in ``eval()``, so that one example is enough.

>>> import torch
>>> ResidualBlock(4, 8, "down")(torch.zeros(2, 4, 6, 6)).shape
torch.Size([2, 8, 3, 3])
>>> ResidualBlock(8, 4, "up")(torch.zeros(2, 8, 3, 3)).shape
torch.Size([2, 4, 6, 6])
"""

from typing import cast

from torch import Tensor, nn
from torch.nn.functional import elu

__all__ = ["ResidualBlock"]

EPSILON = 1e-2
MOMENTUM = 0.05
"""Share of the newest batch in the moving statistics: about the last twenty batches count."""


class ResidualBlock(nn.Module):
    """One block.

    Args:
        in_channels: Maps read.
        out_channels: Maps made.
        resample: ``"down"`` halves the side, ``"up"`` doubles it, ``""`` keeps it.
    """

    def __init__(self, in_channels: int, out_channels: int, resample: str = "") -> None:
        super().__init__()
        stride = 2 if resample == "down" else 1
        self.up = resample == "up"
        spread = 4 if self.up else 1
        inner = out_channels if self.up else in_channels
        self.first = nn.Conv2d(in_channels, spread * inner, 3, padding=1)
        self.second = nn.Conv2d(inner, out_channels, 3, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels, eps=EPSILON, momentum=MOMENTUM)
        self.shortcut: nn.Module | None = None
        if resample or in_channels != out_channels:
            self.shortcut = nn.Conv2d(in_channels, spread * out_channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, out, H', W')``."""
        branch = self.norm(self.second(elu(self._resized(self.first(elu(x))))))
        if self.shortcut is not None:
            x = self._resized(self.shortcut(x))
        return cast(Tensor, branch + x)

    def _resized(self, x: Tensor) -> Tensor:
        return nn.functional.pixel_shuffle(x, 2) if self.up else x
