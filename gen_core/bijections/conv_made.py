"""The masked convolutions of the ResNet VAE's flow: autoregressive over maps, not vectors.

D. P. Kingma et al., "Improved Variational Inference with Inverse Autoregressive Flow", NIPS 2016,
arXiv 1606.04934, appendix C.3; public code: openai/iaf, ``tf_utils/layers.py``. Of 3 x 3 kernels,
with ELU between them: zero, one or two hidden layers, then m and s of every variable. Variables
are ordered row by row, left to right, and inside a position channel by channel. A hidden map
belongs to a channel of z and sees the earlier ones and its own; an output sees the earlier alone.

Deviations from the code:
  1. Its raster is reversed (taps below and right of the centre); one order is as good as another.
  2. Hidden maps belong to channels in turn (0, 1, ..., 0, 1, ...), there in blocks.
  3. A filter is normalised before its mask is applied, there after.

>>> import torch
>>> m, s = ConvMade(2, width=6)(torch.zeros(5, 2, 4, 4))
>>> m.shape
torch.Size([5, 2, 4, 4])
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import elu

from gen_core.bijections.autoregressive import AutoregressiveNet
from gen_core.nn.causal import CausalConv2d

__all__ = ["ConvMade"]


class ConvMade(AutoregressiveNet):
    """Masked convolutions of z that give m and s.

    Args:
        channels: Channels of z.
        width: Maps of a hidden layer, a multiple of them.
        layers: Hidden layers; 0 for a linear map, which takes no context.

    Raises:
        SettingError: The width is no multiple of the channels.
    """

    def __init__(self, channels: int, width: int, layers: int = 1) -> None:
        super().__init__()
        sizes = [channels, *[width] * layers]
        pairs = zip(sizes, sizes[1:], strict=False)
        self.hidden = nn.ModuleList(_masked(a, b, "B", channels) for a, b in pairs)
        self.out = _masked(sizes[-1], 2 * channels, "A", channels)

    def forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return m and s, each like z.

        Args:
            z: ``(B, C, H, W)``.
            context: Maps ``(B, width, H, W)``, added before the first ELU.
        """
        x = z
        for index, layer in enumerate(self.hidden):
            x = layer(x)
            x = elu(x if index or context is None else x + context)
        m, s = self.out(x).chunk(2, dim=1)
        return m, s

    def places_of(self, z: Tensor) -> Tensor:
        """Return the place of each variable, ``(C, H, W)``."""
        channels, rows, columns = z.shape[1:]
        places = torch.arange(rows * columns * channels, device=z.device)
        return places.view(rows, columns, channels).permute(2, 0, 1)


def _masked(given: int, made: int, kind: str, colours: int) -> CausalConv2d:
    return CausalConv2d(given, made, kind, 1, 1, 1, colours=colours, weight_norm=True)
