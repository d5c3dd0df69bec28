"""What a posterior q(z|x) has to offer, whatever its family: samples and their own densities.

A chain of invertible maps knows the density of what it has drawn itself, at no cost, and that of
any other point only by going backwards. So a posterior is asked for both at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

__all__ = ["Draw", "Posterior"]


@dataclass(frozen=True)
class Draw:
    """A reparameterised sample of each example's posterior.

    Attributes:
        z: ``(B, Z)``.
        log_q: log q(z|x) there, ``(B,)``, in nats.
    """

    z: Tensor
    log_q: Tensor


class Posterior(Protocol):
    """One distribution over z for each example of a batch."""

    @property
    def mu(self) -> Tensor:
        """Where noise of zeros leads, ``(B, Z)``: of a Gaussian its mean."""

    def drawn(self, eps: Tensor) -> Draw:
        """Return the sample that N(0, 1) noise ``(B, Z)`` leads to, and its density."""

    def kl_at(self, draw: Draw) -> Tensor:
        """Return KL(q || N(0, I)) by groups, ``(B, groups)``, in nats; their sum is the KL.

        In closed form where there is one; else log q - log p at the draw, of which that is the
        mean.
        """

    def repeated(self, n: int) -> "Posterior":
        """Return n copies in a row, over ``(n B, Z)``: row ``k B + b`` is example b."""

    def path(self, eps: Tensor) -> Sequence[Tensor]:
        """Return where each sample stands after every step on its way, the last being z."""
