"""What a recipe measures: metrics while it trains, evaluations of a checkpoint."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import torch
from torch import nn

from gen_core.evaluation.figures import Measured, Progress, Scope

if TYPE_CHECKING:
    from gen_core.recipes.base import Recipe

__all__ = ["Evaluation", "Metric", "View"]


class View(Protocol):
    """What a metric or a probe sees of a lane: its models at one t, to be left unchanged."""

    recipe: "Recipe"
    seed: int
    device: torch.device
    t: int
    models: Mapping[str, nn.Module]


@dataclass(frozen=True)
class Metric:
    """A slow measure of a lane, with the value that fresh real samples score where they can.

    Attributes:
        label: Name on the screen.
        unit: Unit of the value.
        steps: Generator over the work in slices; yields running values, the last is the value.
        floor: The same measure of fresh real samples in place of generated ones; None for a
            measure that generates nothing, such as a likelihood.
        better: ``"low"`` or ``"high"``.
        of: Name of an earlier metric of the recipe that this one is a multiple of, so that
            whoever measures both walks the data once; empty for none.
        factor: That multiple.
    """

    label: str
    unit: str
    steps: Callable[[View], Iterator[float]]
    floor: Callable[[View], float] | None = None
    better: str = "low"
    of: str = ""
    factor: float = 1.0

    def scaled(self, of: str, factor: float, unit: str) -> "Metric":
        """Return this metric in another unit; asked alone, it does the same work.

        Args:
            of: Name of this one among the recipe's metrics.
            factor: How many of the other unit one of this unit is.
            unit: The other unit.
        """
        steps, floor = self.steps, self.floor
        return replace(
            self,
            unit=unit,
            steps=lambda view: (factor * value for value in steps(view)),
            floor=None if floor is None else lambda view: factor * floor(view),
            of=of,
            factor=factor,
        )

    def measured(self, view: View, known: Mapping[str, float]) -> Iterator[float]:
        """Yield running values, the last of which is the value.

        Args:
            view: The lane.
            known: Values of the lane's other metrics, as far as they are measured.
        """
        if self.of in known:
            yield self.factor * known[self.of]
        else:
            yield from self.steps(view)


@dataclass(frozen=True)
class Evaluation:
    """A measure of a trained model on test pictures, for its card.

    Attributes:
        label: What is measured, for a progress bar.
        steps: Generator over the work in slices; the last one's result holds the figures.
    """

    label: str
    steps: Callable[[View, Scope], Iterator[Progress[Measured]]]
