"""Test figures: values with standard errors and scope, from work that is done in slices."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from torch import Tensor

__all__ = ["Estimate", "Figure", "Measured", "Moments", "Progress", "Scope"]

Result = TypeVar("Result", covariant=True)


@dataclass(frozen=True)
class Scope:
    """How much is measured.

    Attributes:
        pictures: Test pictures, from the first on; 0 for all.
        samples: Importance samples for each, where a measure takes any.
        seed: Seed of the noise.
    """

    pictures: int = 0
    samples: int = 100
    seed: int = 0


@dataclass(frozen=True)
class Estimate:
    """A mean over pictures.

    Attributes:
        value: The mean.
        error: Its standard error; infinite for a single picture.
    """

    value: float
    error: float

    def scaled(self, factor: float) -> "Estimate":
        """Return the estimate in another unit, or with the other sign."""
        return Estimate(self.value * factor, self.error * abs(factor))


@dataclass(frozen=True)
class Figure:
    """One number for a table or a card.

    Attributes:
        label: Name on the screen.
        unit: Unit of value and error.
        estimate: Value and standard error.
        pictures: How many pictures it is a mean of.
        samples: Importance samples N on which its expectation depends; 0 for none.
        of: What was counted.
    """

    label: str
    unit: str
    estimate: Estimate
    pictures: int
    samples: int = 0
    of: str = "pictures"

    @property
    def scope(self) -> str:
        """What it was measured on, in words."""
        found = f"{self.pictures} test {self.of}"
        return f"{found}, N = {self.samples}" if self.samples else found


class Measured(Protocol):
    """What an evaluation ends with."""

    def figures(self) -> Mapping[str, Figure]:
        """Its numbers by name, for a card."""


@dataclass(frozen=True)
class Progress(Generic[Result]):
    """Where an evaluation stands between two slices of its work.

    Attributes:
        share: Share of the work that is done, 1 at the end.
        result: Of the pictures that are done; None before the first of them.
    """

    share: float
    result: Result | None


class Moments:
    """Mean and standard error of numbers that come in pieces, in float64.

    The pieces are merged as in Chan, Golub & LeVeque 1983 (The American Statistician 37), so that
    no difference of large sums is taken.

    Example:
        >>> import torch
        >>> moments = Moments()
        >>> for piece in ([1.0, 2.0], [3.0]):
        ...     moments.add(torch.tensor(piece))
        >>> moments.count, moments.estimate
        (3, Estimate(value=2.0, error=0.5773502691896257))
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean = 0.0
        self._squares = 0.0

    def add(self, values: Tensor) -> None:
        """Take in more numbers, ``(B,)``."""
        piece = values.detach().cpu().double()
        mean, n = piece.mean().item(), len(piece)
        shift, total = mean - self._mean, self.count + n
        self._squares += (piece - mean).square().sum().item()
        self._squares += shift * shift * self.count * n / total
        self._mean += shift * n / total
        self.count = total

    @property
    def estimate(self) -> Estimate:
        """Mean of the numbers so far, with its standard error."""
        if self.count < 2:
            return Estimate(self._mean, math.inf)
        return Estimate(self._mean, math.sqrt(self._squares / (self.count - 1) / self.count))
