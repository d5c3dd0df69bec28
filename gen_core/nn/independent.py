"""A pixel net that never looks at the picture: independent pixels, given feature maps.

What remains of PixelVAE's decoder when its masked layers and the picture's path into them are cut
off: the gated 1 x 1 layers and the output, on the upsampled maps alone. A convolutional VAE.

>>> import torch
>>> IndependentNet(4, 1, width=8)(torch.zeros(2, 1, 5, 5), maps=torch.zeros(2, 4, 5, 5)).shape
torch.Size([2, 1, 5, 5])
"""

from torch import Tensor, nn

from gen_core.errors import SettingError
from gen_core.nn.causal import pointwise
from gen_core.nn.gated import gate

__all__ = ["IndependentNet"]


class IndependentNet(nn.Module):
    """Feature maps to raw outputs, position by position.

    Args:
        maps_dim: Feature maps that are read.
        out_channels: Raw outputs of a position.
        width: Maps of the two gated layers.
        weight_norm: Whether kernels are weight-normalised.
    """

    def __init__(
        self, maps_dim: int, out_channels: int, width: int = 32, weight_norm: bool = False
    ) -> None:
        super().__init__()
        self.head = nn.ModuleList(
            pointwise(inputs, 2 * width, "open", weight_norm=weight_norm)
            for inputs in (maps_dim, width)
        )
        self.out = pointwise(width, out_channels, "open", weight_norm=weight_norm)

    def forward(
        self, x: Tensor, vector: Tensor | None = None, maps: Tensor | None = None
    ) -> Tensor:
        """Return raw outputs ``(B, out, H, W)``; the picture is not looked at.

        Raises:
            SettingError: No maps are given.
        """
        if maps is None:
            raise SettingError("feature maps", "none", "Condition on an upsampled code.")
        for layer in self.head:
            maps = gate(layer(maps))
        raw: Tensor = self.out(maps)
        return raw

    def stepper(
        self,
        batch: int,
        height: int,
        width: int,
        vector: Tensor | None = None,
        maps: Tensor | None = None,
    ) -> "IndependentStepper":
        """Return the same net, evaluated position by position."""
        return IndependentStepper(self(maps, vector, maps))


class IndependentStepper:
    """:class:`IndependentNet` position by position: all is known from the start."""

    def __init__(self, raw: Tensor) -> None:
        self.all = raw

    def write(self, i: int, j: int, value: Tensor) -> None:
        """Take notice of nothing."""

    def raw(self, i: int, j: int) -> Tensor:
        """Return the raw output ``(B, out)`` of a position."""
        return self.all[:, :, i, j]
