"""What the loop needs from a recipe: models, optimisers, a schedule, and updates.

An :class:`Update` is exactly one optimiser step of one player. A schedule names the players of
one round in order. This contract keeps the loop free of every model and objective.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

if TYPE_CHECKING:
    from gen_core.training.loop import TrainingState

__all__ = ["Trainable"]


class Trainable(Protocol):
    """A frozen recipe, as the loop sees it."""

    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return the models by name, initialised from the seed."""

    def optimizers(self, models: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        """Return one optimiser per player."""

    def schedule(self, round: int) -> tuple[str, ...]:
        """Return the players of one round, in order."""

    def update(self, player: str, state: "TrainingState") -> dict[str, Tensor]:
        """Do exactly one optimiser step of one player; return 0-d metrics, detached."""

    def edited(self, name: str, value: object) -> "Trainable":
        """Return the recipe with one hot setting changed."""

    def apply(self, state: "TrainingState") -> None:
        """Carry hot settings into the optimisers after an edit."""

    def outside(self) -> dict[str, object]:
        """Return stem, variant and overrides, enough to build an equal recipe."""
