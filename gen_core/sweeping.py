"""What sweeps share: a recipe trained for some rounds, and points written with their command.

The sweeps themselves are :mod:`gen_core.layer_sweep`, :mod:`gen_core.posterior_sweep` and
:mod:`gen_core.free_bits_sweep`.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from gen_core.training.devices import describe
from gen_core.training.loop import TrainingState, train
from gen_core.training.updates import Trainable

__all__ = ["trained", "write_points"]


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
