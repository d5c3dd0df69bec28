"""The one training loop: a generator over a recipe's schedule of updates.

An update is exactly one optimiser step of one player. A recipe's schedule orders updates into
rounds (WGAN: five of the critic, one of the generator). ``t`` counts optimiser steps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gen_core.training.devices import choose
from gen_core.training.updates import Trainable

__all__ = ["Edit", "Step", "TrainingState", "train"]


@dataclass(frozen=True)
class Edit:
    """A hot edit: from step ``t`` on, setting ``name`` has this value."""

    t: int
    name: str
    value: float | int | str | bool


@dataclass
class TrainingState:
    """Everything that changes while a lane trains.

    Attributes:
        recipe: The recipe in force, edits included.
        seed: Seed of every draw.
        device: Where the models live.
        models: Models by name.
        optimizers: One optimiser per player.
        t: Optimiser steps done.
        round: Rounds completed.
        position: Updates done in the current round.
        schedule: Players of the current round, fixed at its start.
        log: Edits so far.
        base: The recipe as it was at t = 0.
        workspace: Buffers that updates keep between steps; never part of a snapshot.
    """

    recipe: Trainable
    seed: int
    device: torch.device
    models: dict[str, nn.Module]
    optimizers: dict[str, Optimizer]
    base: Trainable
    t: int = 0
    round: int = 0
    position: int = 0
    schedule: tuple[str, ...] = ()
    log: list[Edit] = field(default_factory=list)
    workspace: dict[str, object] = field(default_factory=dict, repr=False)

    @classmethod
    def start(
        cls, recipe: Trainable, seed: int, device: str | torch.device = "cpu"
    ) -> "TrainingState":
        """Build models and optimisers of a recipe at t = 0."""
        where = choose(device) if isinstance(device, str) else device
        models = recipe.build(seed, where)
        state = cls(recipe, seed, where, models, recipe.optimizers(models), base=recipe)
        state.schedule = recipe.schedule(0)
        return state

    def edit(self, name: str, value: object) -> Edit:
        """Change a hot setting from the next update on, and log it.

        A setting that shapes the schedule acts from the next round on.

        Raises:
            SettingError: The setting is unknown, not hot, or out of range.
        """
        self.recipe = self.recipe.edited(name, value)
        self.recipe.apply(self)
        if self.position == 0:
            self.schedule = self.recipe.schedule(self.round)
        made = Edit(self.t, name, getattr(self.recipe, name))
        self.log.append(made)
        return made


@dataclass(frozen=True)
class Step:
    """What the loop yields after an update.

    Attributes:
        t: Optimiser steps done.
        round: Rounds completed.
        player: Whose update it was.
        round_done: Whether this update ended a round.
        metrics: 0-d tensors by name, on the state's device; convert when you show them.
        state: The live state.
    """

    t: int
    round: int
    player: str
    round_done: bool
    metrics: Mapping[str, Tensor]
    state: TrainingState


def train(state: TrainingState) -> Iterator[Step]:
    """Train without end, one update per step; stop by not asking for the next.

    Args:
        state: A fresh state, or one restored from a snapshot at any update of a round.

    Yields:
        A :class:`Step` after each update.

    Example:
        >>> from gen_core.recipes.base import make
        >>> state = TrainingState.start(make("wgan", "gp", {"width": 8, "depth": 1}), seed=0)
        >>> [next(steps).player for steps in [train(state)] for _ in range(6)][-2:]
        ['critic', 'generator']
    """
    while True:
        player = state.schedule[state.position]
        metrics = state.recipe.update(player, state)
        state.t += 1
        state.position += 1
        round_done = state.position >= len(state.schedule)
        if round_done:
            state.position = 0
            state.round += 1
            state.schedule = state.recipe.schedule(state.round)
        yield Step(state.t, state.round, player, round_done, metrics, state)
