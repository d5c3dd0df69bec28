"""What an invertible map is here, and how maps are chained and turned round.

A bijection takes data to latents in ``forward`` and latents to data in ``inverse``; both also
return the log-determinant of their own direction, per example and in nats. With z = f(x),

    log p_X(x) = log p_Z(f(x)) + log |det df/dx|    (Dinh et al. 2017, arXiv 1605.08803, eq. 3).

>>> import torch
>>> chain = Chain([Flip(), Flip()])
>>> z, log_det = chain(torch.arange(6.0).reshape(2, 3))
>>> z[0], log_det
(tensor([0., 1., 2.]), tensor([0., 0.]))
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import cast

from torch import Tensor, nn

__all__ = ["Bijection", "Chain", "Flip", "Inverse"]


class Bijection(nn.Module, ABC):
    """An invertible map.

    Its law: ``inverse`` undoes ``forward``, and each direction's log-determinant is log |det| of
    its Jacobian, so that the two cancel.
    """

    @abstractmethod
    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return z = f(x) and log |det df/dx|, ``(B,)``.

        Args:
            x: Data ``(B, ...)``.
            context: What conditions the map, ``(B, ...)``; ignored by maps that take none.
        """

    @abstractmethod
    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x = f^-1(z) and log |det df^-1/dz|, ``(B,)``.

        Args:
            z: Latents ``(B, ...)``.
            context: As in :meth:`forward`.
        """


class Chain(Bijection):
    """Maps one after another: ``forward`` takes the first map first.

    Args:
        maps: The maps, data side first.
    """

    def __init__(self, maps: Sequence[Bijection]) -> None:
        super().__init__()
        self.maps = nn.ModuleList(maps)

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the last map's z and the sum of the log-determinants."""
        total = x.new_zeros(len(x))
        z = x
        for _, reached, log_det in self.stages(x, context):
            z, total = reached, total + log_det
        return z, total

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the first map's x and the sum of the log-determinants."""
        *_, (x, total) = self.inverse_stages(z, context)
        return x, total

    def stages(
        self, x: Tensor, context: Tensor | None = None
    ) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Yield, map by map, its index, what it makes of x, and its own log-determinant."""
        for index, part in enumerate(self.maps):
            x, log_det = cast(Bijection, part)(x, context)
            yield index, x, log_det

    def inverse_stages(
        self, z: Tensor, context: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield z and zeros; then what each inverse makes of it, the last map's first.

        With it comes the log-determinant of all inverses so far, ``(B,)``.
        """
        total = z.new_zeros(len(z))
        yield z, total
        for part in reversed(self.maps):
            z, log_det = cast(Bijection, part).inverse(z, context)
            total = total + log_det
            yield z, total


class Flip(Bijection):
    """The last axis in reverse order; volume is kept (Kingma et al. 2016, section 4)."""

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x reversed and zeros."""
        return x.flip(-1), x.new_zeros(len(x))

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return z reversed and zeros."""
        return self.forward(z)


class Inverse(Bijection):
    """A map turned round: its ``forward`` is the other's ``inverse``.

    Args:
        of: The map.
    """

    def __init__(self, of: Bijection) -> None:
        super().__init__()
        self.of = of

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return what ``of.inverse`` returns."""
        return self.of.inverse(x, context)

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return what ``of.forward`` returns."""
        return cast(tuple[Tensor, Tensor], self.of(z, context))
