"""Where a training begins and where it is kept: what ``train`` and a page write alike."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import torch

from gen_core import checkpoint
from gen_core.command_line.terminal import command_again, say
from gen_core.errors import CommandError
from gen_core.printing import Entries
from gen_core.recipes.base import Recipe, make, parse_assignments
from gen_core.shelves import find, free_place
from gen_core.training.devices import choose
from gen_core.training.loop import TrainingState
from gen_core.training.snapshot import take

__all__ = ["Keeper", "begin"]


def begin(
    stem: str,
    variant: str,
    assignments: list[str],
    seed: int | None,
    device: str,
    resume: str | None,
) -> TrainingState:
    """Return a training at its start, or where a checkpoint left it.

    Args:
        stem: The paper.
        variant: Its variant; empty for the first, or for the checkpoint's.
        assignments: Settings, each ``name=value``.
        seed: The seed; None for 0, or for the checkpoint's.
        device: A device's name.
        resume: A checkpoint to go on from.

    Raises:
        GenLabError: Recipe, setting, device or checkpoint is unknown, out of range or damaged,
            or the checkpoint was trained otherwise than is asked.
    """
    given = parse_assignments(assignments)
    if resume is None:
        return TrainingState.start(make(stem, variant, given), seed or 0, device)
    make(stem, variant, given)  # a mistyped name is said first
    state = checkpoint.load(find(resume), choose(device), stem).state
    base = state.base
    assert isinstance(base, Recipe)
    own = base.outside()
    asked = make(stem, variant or base.variant, _overrides(own) | given)
    differs = asked != base or seed not in (None, state.seed)
    if differs:
        expected = f"the training of {resume} (variant {base.variant}, seed {state.seed})"
        remedy = "With --resume leave out --variant, --set and --seed: the checkpoint knows them."
        raise CommandError(expected, "other settings", remedy)
    return state


class Keeper:
    """Writes a training's checkpoint, always to the same place.

    Args:
        state: The training.
        place: The weights' file; None for a free place in the person's own folder.
        device: The device's name, as it was asked for.

    Raises:
        CommandError: The place has another ending than weights have.
    """

    def __init__(self, state: TrainingState, place: Path | None, device: str) -> None:
        if place and place.suffix != ".safetensors":
            got = repr(str(place))
            raise CommandError("a file ending in .safetensors to save in", got, "Name it so.")
        recipe = state.base
        assert isinstance(recipe, Recipe)
        self._recipe, self._state, self._place, self._device = recipe, state, place, device
        self._kept = -1

    @property
    def up_to_date(self) -> bool:
        """Whether the state's round is saved."""
        return self._kept == self._state.round

    def keep(self, measured: Entries | None = None) -> Path:
        """Save the training as it is now, and say where, once each round.

        Args:
            measured: Slow metrics for the card.

        Raises:
            CheckpointError: It cannot be written.
        """
        if self._place is None:
            name = f"{self._recipe.variant}-seed-{self._state.seed}"
            self._place = free_place(self._recipe.stem, name)
        card = checkpoint.card_of(self._state, self._command(), measured)
        path = checkpoint.save(self._place, take(self._state), card)
        if not self.up_to_date:
            say(f"Saved round {self._state.round} as {path}")
        self._kept = self._state.round
        return path

    def resumption(self, path: Path, rounds: int, options: Mapping[str, object]) -> str:
        """Return the command that goes on from a checkpoint.

        Args:
            path: The checkpoint; it is also where to save.
            rounds: Rounds in all.
            options: Further options by name; what is 0 or None is left out.
        """
        known = {"rounds": rounds, "device": self._device, "threads": torch.get_num_threads()}
        kept = {"resume": path, "save": path, **options}
        written = {name.replace("_", "-"): value for name, value in kept.items() if value}
        words = [f"--{name} {shlex.quote(str(value))}" for name, value in written.items()]
        return " ".join([command_again(known, "train", self._recipe.stem), *words])

    def _command(self) -> str:
        """Return the command that trains the same without a break; edits are in the card's log."""
        own = self._recipe.outside()
        known = {
            "variant": self._recipe.variant,
            "rounds": self._state.round,
            "seed": self._state.seed,
            "device": self._device,
            "threads": torch.get_num_threads(),
            "settings": [f"{name}={value}" for name, value in _overrides(own).items()],
        }
        return command_again(known, "train", self._recipe.stem)


def _overrides(outside: Mapping[str, object]) -> dict[str, object]:
    found = outside["overrides"]
    return dict(found) if isinstance(found, Mapping) else {}
