"""A checkpoint's test figures, measured again and held against its card.

What is measured the recipe says (:meth:`gen_core.recipes.base.Recipe.evaluations`); as much of it
as the card says, unless asked otherwise.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen_core import checkpoint
from gen_core.errors import CheckpointError, CommandError
from gen_core.evaluation.figures import Estimate, Figure, Measured, Progress, Scope
from gen_core.exploration.registry import View
from gen_core.recipes.base import Recipe, recipes
from gen_core.training.loop import TrainingState

__all__ = ["Comparison", "compare", "evaluate", "scope_of", "write"]

TOLERANCE = 5  # standard errors


@dataclass(frozen=True)
class Comparison:
    """One figure beside what the card says of it.

    Attributes:
        figure: As measured now.
        card: What the card says; None where it does not.
        same_samples: Whether both took as many importance samples, so that they compare.
    """

    figure: Figure
    card: Estimate | None
    same_samples: bool

    @property
    def agrees(self) -> bool:
        """Whether both lie within 5 standard errors of each other, or do not compare."""
        if self.card is None or not self.same_samples:
            return True
        now = self.figure.estimate
        return abs(now.value - self.card.value) <= TOLERANCE * math.hypot(
            now.error, self.card.error
        )


def scope_of(
    card: Mapping[str, Any], samples: int | None, pictures: int | None, seed: int = 0
) -> Scope:
    """Return how much to measure: what is asked for, else what the card says, else the default.

    Args:
        card: A checkpoint's card.
        samples: Importance samples for each picture; None for the card's.
        pictures: Test pictures, 0 for all; None for the card's.
        seed: Seed of the noise.
    """
    told = list(card.get("metrics", {}).values())
    if samples is None:
        samples = max((each.get("samples", 0) for each in told), default=0) or Scope.samples
    if pictures is None:
        pictures = max((each.get("pictures", 0) for each in told), default=0)
    return Scope(pictures, samples, seed)


def evaluate(state: TrainingState, scope: Scope) -> Iterator[tuple[str, Progress[Measured]]]:
    """Do all evaluations of a recipe, slice by slice, with its models in evaluation mode.

    Args:
        state: A loaded checkpoint.
        scope: How much to measure.

    Yields:
        What is being measured and how far it is; the last slice of each has the result.

    Raises:
        CommandError: The recipe has no evaluations.
    """
    view = View.of(state)
    offered = view.recipe.evaluations()
    if not offered:
        able = ", ".join(stem for stem, each in recipes().items() if _evaluates(each))
        remedy = "What this one measures is printed by train."
        raise CommandError(f"a model with test figures ({able})", view.recipe.stem, remedy)
    for model in state.models.values():
        model.eval()
    for evaluation in offered.values():
        for progress in evaluation.steps(view, scope):
            yield evaluation.label, progress


def _evaluates(recipe: type[Recipe]) -> bool:
    return recipe.evaluations is not Recipe.evaluations


def compare(figures: Mapping[str, Figure], card: Mapping[str, Any]) -> dict[str, Comparison]:
    """Hold figures against a card's metrics of the same names.

    Args:
        figures: As measured.
        card: A checkpoint's card.
    """
    told = card.get("metrics", {})
    found = {}
    for name, figure in figures.items():
        says = told.get(name)
        estimate = Estimate(says["value"], says.get("error", 0.0)) if says else None
        same = bool(says) and says.get("samples", 0) == figure.samples
        found[name] = Comparison(figure, estimate, same)
    return found


def write(
    path: Path,
    card: Mapping[str, Any],
    figures: Mapping[str, Figure],
    about: Mapping[str, object],
) -> None:
    """Put figures into a checkpoint's card; the weights stay as they are.

    Args:
        path: The weights.
        card: The card as it was.
        figures: As measured.
        about: Command, hardware and threads of the measurement.

    Raises:
        CheckpointError: The checkpoint has no card, or cannot be written.
    """
    if not card:
        raise CheckpointError("a card", f"none beside {path.name}", "Save it with train --save.")
    measured = {name: _entry(figure) for name, figure in figures.items()}
    metrics = {**card.get("metrics", {}), **measured}
    sealed = {**card, "metrics": metrics, "evaluated": dict(about)}
    checkpoint.save(path, path.read_bytes(), sealed)


def _entry(figure: Figure) -> dict[str, object]:
    return {
        "label": figure.label,
        "value": figure.estimate.value,
        "error": figure.estimate.error,
        "unit": figure.unit,
        "pictures": figure.pictures,
        "samples": figure.samples,
        "scope": figure.scope,
    }
