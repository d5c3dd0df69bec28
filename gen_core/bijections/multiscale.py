"""The multi-scale architecture: squeeze, couple, put half of the variables out, and go on.

Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", ICLR 2017, arXiv 1605.08803,
section 3.6, eq. 10-13 of version 1: with h^(0) = x,

    (z^(i+1), h^(i+1)) = f^(i+1)(h^(i)),    z^(L) = f^(L)(h^(L-1)),    z = (z^(1), ..., z^(L)).

A scale is three couplings of alternating checkerboards, a squeeze of 2 x 2 pixels into channels,
three couplings of alternating halves of the channels; the last scale is four checkerboards.

Latents keep the shape of the picture: what goes on, h, lies where it was, so that z can be drawn,
and a model without borders runs at any size. :func:`from_coarse` puts them in order.

Two orders of squeezing, as in the public code (``real_nvp_multiscale_dataset.py``; the paper does
not specify the second): for couplings, output channel 4 c + 2 dy + dx; before variables are put
out, blocks of C channels from the sub-positions (0, 0), (1, 1), (0, 1), (1, 0), of which the first
two, the pixels of even sum, go on.

>>> import torch
>>> from torch import nn
>>> flow = multi_scale(1, 2, lambda channels, out, scale, mask: nn.Conv2d(channels, out, 1))
>>> z, log_det = flow(torch.randn(3, 1, 4, 6))
>>> z.shape, log_det.shape
(torch.Size([3, 1, 4, 6]), torch.Size([3]))
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from gen_core.bijections.base import Bijection, Chain, Inverse
from gen_core.bijections.coupling import (
    AffineCoupling,
    HalfCoupling,
    Mask,
    checkerboard_mask,
    half_size,
    opposite,
)
from gen_core.errors import DataError, SettingError

__all__ = ["FactorOut", "Network", "Squeeze", "from_coarse", "multi_scale", "to_coarse"]

Network = Callable[[int, int, int, Mask | None], nn.Module]
"""From channels read, channels made, scale (0 first) and checkerboard to a coupling's network."""

DIAGONAL = (0, 3, 1, 2)  # sub-position 2 dy + dx of each block in the order of putting out


class Squeeze(Bijection):
    """Turn squares of 2 x 2 pixels into channels, ``(B, C, H, W)`` to ``(B, 4 C, H/2, W/2)``.

    Volume is kept (section 3.6).

    Args:
        ordered: False: channel 4 c + 2 dy + dx, for couplings. True: four blocks of C channels,
            even sums of coordinates first, for putting variables out.

    Example:
        >>> x = torch.arange(4.0).view(1, 1, 2, 2)
        >>> Squeeze()(x)[0].flatten().tolist(), Squeeze(ordered=True)(x)[0].flatten().tolist()
        ([0.0, 1.0, 2.0, 3.0], [0.0, 3.0, 1.0, 2.0])
    """

    def __init__(self, *, ordered: bool = False) -> None:
        super().__init__()
        self.ordered = ordered

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the squeezed x and zeros.

        Raises:
            DataError: A side is odd.
        """
        if x.shape[2] % 2 or x.shape[3] % 2:
            got = " x ".join(map(str, x.shape[2:]))
            raise DataError("pictures with even sides", got, "Cut or scale them to even sides.")
        y = pixel_unshuffle(x, 2)
        if self.ordered:
            y = y.unflatten(1, (-1, 4))[:, :, DIAGONAL].transpose(1, 2).flatten(1, 2)
        return y, x.new_zeros(len(x))

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the pixels back in place, and zeros."""
        y = z
        if self.ordered:
            back = [DIAGONAL.index(position) for position in range(4)]
            y = z.unflatten(1, (4, -1)).transpose(1, 2)[:, :, back].flatten(1, 2)
        return pixel_shuffle(y, 2), z.new_zeros(len(z))


class FactorOut(Bijection):
    """One scale: its own maps; then half of the variables are done, and ``rest`` takes the other.

    Args:
        own: The scale's maps, from pictures ``(B, C, H, W)`` to pictures of the same shape.
        rest: The scales after it, over ``(B, 2 C, H/2, W/2)``.
    """

    def __init__(self, own: Bijection, rest: Bijection) -> None:
        super().__init__()
        self.own = own
        self.rest = rest
        self.order = Squeeze(ordered=True)

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return z in the shape of x (eq. 11-13) and the log-determinant of all scales.

        Raises:
            DataError: A side is odd.
        """
        h, log_det = self.own(x, context)
        kept, out = self.order(h)[0].chunk(2, dim=1)
        kept, log_det_rest = self.rest(kept, context)
        z, _ = self.order.inverse(torch.cat((kept, out), dim=1))
        return z, log_det + log_det_rest

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x and the log-determinant of all inverses, coarsest scale first."""
        kept, out = self.order(z)[0].chunk(2, dim=1)
        kept, log_det_rest = self.rest.inverse(kept, context)
        h, _ = self.order.inverse(torch.cat((kept, out), dim=1))
        x, log_det = self.own.inverse(h, context)
        return x, log_det + log_det_rest


def multi_scale(
    channels: int,
    scales: int,
    network: Network,
    norm: Callable[[int], Sequence[Bijection]] = lambda channels: (),
) -> Bijection:
    """Return the architecture of section 3.6.

    Args:
        channels: Channels C of a picture; a scale after the first has twice the channels of the
            one before it.
        scales: How many, L; 1 is four checkerboards alone.
        network: Makes the network of each coupling; see :data:`Network`.
        norm: Makes what follows each coupling of so many channels, nothing unless given.

    Raises:
        SettingError: There is no scale.
    """
    if scales < 1:
        raise SettingError("at least one scale", scales, "Choose one scale or more.")
    flow: Bijection = _checkerboards(channels << (scales - 1), 4, scales - 1, network, norm)
    for scale in reversed(range(scales - 1)):
        flow = FactorOut(_scale(channels << scale, scale, network, norm), flow)
    return flow


def to_coarse(z: Tensor) -> Tensor:
    """Flatten latents, the finest last: the first half, quarter, ... went furthest (section 3.6).

    Below the last scale the same halving goes on, as long as sides are even.

    Args:
        z: Latents in the shape of pictures, ``(B, C, H, W)``.

    Returns:
        ``(B, C H W)``.

    Example:
        >>> to_coarse(torch.arange(4.0).view(1, 1, 2, 2))
        tensor([[0., 3., 1., 2.]])
    """
    if z.shape[2] % 2 or z.shape[3] % 2:
        return z.flatten(1)
    kept, out = Squeeze(ordered=True)(z)[0].chunk(2, dim=1)
    return torch.cat((to_coarse(kept), out.flatten(1)), dim=1)


def from_coarse(flat: Tensor, shape: Sequence[int]) -> Tensor:
    """Undo :func:`to_coarse`.

    Args:
        flat: ``(B, C H W)``, coarsest first.
        shape: C, H, W.

    Returns:
        Latents in the shape of pictures, ``(B, C, H, W)``.
    """
    channels, height, width = shape
    if height % 2 or width % 2:
        return flat.view(-1, *shape)
    halved = 2 * channels, height // 2, width // 2
    first, out = flat.chunk(2, dim=1)
    both = torch.cat((from_coarse(first, halved), out.view(-1, *halved)), dim=1)
    return Squeeze(ordered=True).inverse(both)[0]


def _scale(
    channels: int, scale: int, network: Network, norm: Callable[[int], Sequence[Bijection]]
) -> Bijection:
    """Three checkerboards, and three couplings of channels between a squeeze and its inverse."""
    squeezed: list[Bijection] = []
    for turn in range(3):
        second = turn % 2 == 1
        kept = half_size(4 * channels, keeps_second=second)
        made = network(kept, 2 * (4 * channels - kept), scale, None)
        squeezed += [HalfCoupling(made, keeps_second=second, scale_start=1.0)]
        squeezed += norm(4 * channels)
    first = _checkerboards(channels, 3, scale, network, norm)
    return Chain([first, Squeeze(), *squeezed, Inverse(Squeeze())])


def _checkerboards(
    channels: int,
    count: int,
    scale: int,
    network: Network,
    norm: Callable[[int], Sequence[Bijection]],
) -> Chain:
    maps: list[Bijection] = []
    for turn in range(count):
        mask = opposite(checkerboard_mask) if turn % 2 else checkerboard_mask
        maps += [AffineCoupling(network(channels, 2 * channels, scale, mask), mask)]
        maps += norm(channels)
    return Chain(maps)
