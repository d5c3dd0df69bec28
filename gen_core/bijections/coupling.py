"""Affine couplings: one part of x stays, and says how the other part is scaled and shifted.

Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", ICLR 2017, arXiv 1605.08803,
sections 3.2-3.4. With a mask b that is 1 on what stays,

    z = b x + (1 - b) (x exp(s(b x)) + t(b x)),   log |det dz/dx| = sum of (1 - b) s   (eq. 6, 9),
    x = b z + (1 - b) (z - t(b z)) exp(-s(b z))                                        (eq. 8),

    s = scale tanh(raw),

where ``raw`` and t come from any network and ``scale`` is one learned number of the coupling
(version 3 of the paper and the public code, ``real_nvp_multiscale_dataset.py``).

Deviations:
  1. Scale, then shift, as in the paper; the code shifts first, x -> (x + t) exp(s). The family
     and the log-determinant are the same.
  2. A checkerboard keeps odd sums of coordinates first, as in the paper; the code even ones.

>>> import torch
>>> from gen_core.nn.mlp import Mlp
>>> coupling = HalfCoupling(Mlp(1, 2, width=8, depth=2))
>>> x = torch.randn(5, 2)
>>> z, log_det = coupling(x)
>>> log_det.shape, bool((coupling.inverse(z)[0] - x).abs().max() < 1e-5)
(torch.Size([5]), True)
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gen_core.bijections.base import Bijection

__all__ = [
    "AffineCoupling",
    "HalfCoupling",
    "Mask",
    "channel_mask",
    "checkerboard_mask",
    "half_size",
    "opposite",
]

Mask = Callable[[Tensor], Tensor]
"""From x ``(B, ...)`` to a mask b that broadcasts over it: 1 on what a coupling keeps."""


def checkerboard_mask(x: Tensor) -> Tensor:
    """Return 1 where row + column is odd, ``(1, 1, H, W)`` (section 3.4).

    Args:
        x: Pictures ``(B, C, H, W)`` of any size.

    Example:
        >>> checkerboard_mask(torch.zeros(1, 3, 2, 3))[0, 0]
        tensor([[0., 1., 0.],
                [1., 0., 1.]])
    """
    rows, columns = (torch.arange(size, device=x.device) for size in x.shape[2:])
    return ((rows[:, None] + columns) % 2).to(x.dtype)[None, None]


def channel_mask(x: Tensor) -> Tensor:
    """Return 1 on the first half of axis 1, ``(1, C, 1, ...)`` (section 3.4).

    Args:
        x: Vectors ``(B, C)`` or pictures ``(B, C, H, W)``; of an odd C the first half is smaller.

    Example:
        >>> channel_mask(torch.zeros(5, 4))
        tensor([[1., 1., 0., 0.]])
    """
    first = torch.arange(x.shape[1], device=x.device) < x.shape[1] // 2
    return first.to(x.dtype).view(1, -1, *[1] * (x.ndim - 2))


def opposite(mask: Mask) -> Mask:
    """Return the mask that keeps what the given one changes."""
    return lambda x: 1 - mask(x)


class AffineCoupling(Bijection):
    """The coupling of equation 9, for any mask.

    Args:
        network: From b x, like x, and the context where one is given, to ``raw`` and t in one
            tensor with twice the channels, ``(B, 2 C, ...)``, raw first.
        mask: What stays.
        scale_start: What ``scale`` is at first: the code has 0 for checkerboards (the coupling
            begins as a shift) and 1 for channels. The parameter is the difference from it.
    """

    def __init__(self, network: nn.Module, mask: Mask, *, scale_start: float = 0.0) -> None:
        super().__init__()
        self.network = network
        self.mask = mask
        self.scale_start = scale_start
        self.scale = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return z of equation 9 and the sum of s over what changes."""
        s, t = self._masked(x, context)
        return x * s.exp() + t, s.flatten(1).sum(1)

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x of equation 8 and minus the sum of s."""
        s, t = self._masked(z, context)
        return (z - t) * (-s).exp(), -s.flatten(1).sum(1)

    def scale_and_shift(self, kept: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return s and t, as the network reads them from what stays."""
        found = self.network(kept) if context is None else self.network(kept, context)
        raw, shift = found.chunk(2, dim=1)
        return (self.scale_start + self.scale) * raw.tanh(), shift

    def _masked(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        mask = self.mask(x)
        s, t = self.scale_and_shift(mask * x, context)
        return (1 - mask) * s, (1 - mask) * t


class HalfCoupling(AffineCoupling):
    """The coupling of the two halves of axis 1; the network reads one and writes for the other.

    The same map as :class:`AffineCoupling` with :func:`channel_mask`, without work on zeros.

    Args:
        network: From the half that stays, ``(B, C', ...)``, to raw and t of the other half in one
            tensor, ``(B, 2 (C - C'), ...)``, raw first; see :func:`half_size`.
        keeps_second: Whether the second half is the one that stays.
        scale_start: As in :class:`AffineCoupling`.
    """

    def __init__(
        self, network: nn.Module, *, keeps_second: bool = False, scale_start: float = 0.0
    ) -> None:
        mask = opposite(channel_mask) if keeps_second else channel_mask
        super().__init__(network, mask, scale_start=scale_start)
        self.keeps_second = keeps_second

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return z of equations 4 and 5, and the sum of s."""
        kept, other = self._halves(x)
        s, t = self.scale_and_shift(kept, context)
        return self._join(kept, other * s.exp() + t), s.flatten(1).sum(1)

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x of equation 8 and minus the sum of s."""
        kept, other = self._halves(z)
        s, t = self.scale_and_shift(kept, context)
        return self._join(kept, (other - t) * (-s).exp()), -s.flatten(1).sum(1)

    def _halves(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first, second = x.tensor_split([x.shape[1] // 2], dim=1)
        return (second, first) if self.keeps_second else (first, second)

    def _join(self, kept: Tensor, other: Tensor) -> Tensor:
        return torch.cat((other, kept) if self.keeps_second else (kept, other), dim=1)


def half_size(channels: int, *, keeps_second: bool = False) -> int:
    """Return how many of the channels a :class:`HalfCoupling` keeps, C'.

    Example:
        >>> half_size(5), half_size(5, keeps_second=True)
        (2, 3)
    """
    first = channels // 2
    return channels - first if keeps_second else first
