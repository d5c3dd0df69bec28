"""What sweeps share: a recipe trained for some rounds, its likelihood, and points on disk.

The sweeps themselves are :mod:`gen_core.layer_sweep`, :mod:`gen_core.posterior_sweep` and
:mod:`gen_core.free_bits_sweep`.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from gen_core.evaluation.figures import Scope
from gen_core.evaluation.likelihood import Bounded
from gen_core.exploration.registry import View
from gen_core.recipes.base import Recipe
from gen_core.training.devices import choose, describe
from gen_core.training.loop import TrainingState, train
from gen_core.training.updates import Trainable

__all__ = ["advanced", "likelihood", "trained", "write_points"]


def trained(recipe: Trainable, rounds: int, seed: int, device: str = "cpu") -> TrainingState:
    """Return a recipe's models after some rounds.

    Args:
        recipe: What is trained.
        rounds: How long.
        seed: Seed of weights, data and noise.
        device: Where; see :func:`gen_core.training.devices.choose`.
    """
    return advanced(TrainingState.start(recipe, seed, device), rounds)


def advanced(state: TrainingState, rounds: int) -> TrainingState:
    """Train a state on until it has had some rounds in all, and return it.

    Args:
        state: Where the training stands; it is changed.
        rounds: How long in all.
    """
    steps = train(state)
    while state.round < rounds:
        next(steps)
    return state


def likelihood(state: TrainingState, scope: Scope) -> Bounded:
    """Return what a recipe of a VAE measures on test pictures.

    Args:
        state: The trained models.
        scope: How many pictures and samples.
    """
    evaluation = cast(Recipe, state.recipe).evaluations()["likelihood"]
    *_, last = evaluation.steps(cast(Any, View.of(state)), scope)
    return cast(Bounded, last.result)


def write_points(
    path: Path,
    words: Sequence[str],
    points: Sequence[Mapping[str, object]],
    device: str = "cpu",
    **known: object,
) -> None:
    """Write the points of a sweep as JSON, with the command that makes them and the machine.

    Args:
        path: File to write; its folder is made.
        words: The command from the module's name on.
        points: What was measured.
        device: Where.
        known: What else the file tells, such as the data's name.
    """
    found = {
        "command": f"python -m {' '.join(words)}",
        **known,
        "hardware": describe(choose(device)),
        "points": list(points),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
