"""What sweeps share: a recipe trained for some rounds, its likelihood, and points on disk.

The sweeps themselves are :mod:`gen_core.layer_sweep`, :mod:`gen_core.posterior_sweep` and
:mod:`gen_core.free_bits_sweep`.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch

from gen_core.evaluation.figures import Figure, Scope
from gen_core.exploration.registry import View
from gen_core.recipes.base import Recipe
from gen_core.training.devices import describe
from gen_core.training.loop import TrainingState, train
from gen_core.training.updates import Trainable

__all__ = ["likelihood", "trained", "write_points"]


def trained(recipe: Trainable, rounds: int, seed: int) -> TrainingState:
    """Return a recipe's models after some rounds.

    Args:
        recipe: What is trained.
        rounds: How long.
        seed: Seed of weights, data and noise.
    """
    state = TrainingState.start(recipe, seed)
    steps = train(state)
    while state.round < rounds:
        next(steps)
    return state


def likelihood(state: TrainingState, scope: Scope) -> Mapping[str, Figure]:
    """Return what a recipe with a likelihood measures on test pictures, by name.

    Args:
        state: The trained models.
        scope: How many pictures and samples.
    """
    evaluation = cast(Recipe, state.recipe).evaluations()["likelihood"]
    *_, last = evaluation.steps(cast(Any, View.of(state)), scope)
    return last.result.figures() if last.result is not None else {}


def write_points(
    path: Path, words: Sequence[str], points: Sequence[Mapping[str, object]], **known: object
) -> None:
    """Write the points of a sweep as JSON, with the command that makes them and the machine.

    Args:
        path: File to write; its folder is made.
        words: The command from the module's name on.
        points: What was measured.
        known: What else the file tells, such as the data's name.
    """
    found = {
        "command": f"python -m {' '.join(words)}",
        **known,
        "hardware": describe(torch.device("cpu")),
        "points": list(points),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
