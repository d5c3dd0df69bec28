"""``train``: a recipe, from its start or from a checkpoint."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gen_core import checkpoint
from gen_core.command_line.terminal import Device, Threads, command_again, console
from gen_core.exploration.registry import View
from gen_core.printing import Entries, beside_real_samples
from gen_core.recipes.base import make, parse_assignments, recipes
from gen_core.training.devices import choose, describe
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import take as taken

__all__ = ["train_recipe"]


def train_recipe(
    context: typer.Context,
    stem: Annotated[str, typer.Argument(help="The paper, such as wgan.")],
    variant: Annotated[str, typer.Option(help="One of the recipe's variants.")] = "",
    rounds: Annotated[int, typer.Option(min=0, help="Rounds of the schedule.")] = 1000,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="name=value, as often as needed.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    device: Device = "auto",
    threads: Threads = 1,
    save: Annotated[Path | None, typer.Option(help="Write a checkpoint, .safetensors.")] = None,
    save_every: Annotated[
        int, typer.Option(min=0, help="Write it on the way too, every so many rounds.")
    ] = 0,
    resume: Annotated[Path | None, typer.Option(help="Go on from this checkpoint.")] = None,
) -> None:
    """Train a recipe and print what it measures; Ctrl-C stops it and still saves."""
    torch.set_num_threads(threads)
    if resume:
        state = checkpoint.load(resume, choose(device), stem).state
    else:
        recipe = make(stem, variant, parse_assignments(settings or []))
        state = TrainingState.start(recipe, seed, device)
    console.print(f"{stem} on {describe(state.device)}, from round {state.round}")
    asked = context.params | {"variant": variant or next(iter(recipes()[stem].variants))}

    def keep(measured: Entries) -> None:
        if save:
            command = command_again(asked, "train", stem)
            card = checkpoint.card_of(state, command, measured)
            path = checkpoint.save(save, taken(state), card)
            console.print(f"Saved round {state.round} as {path}")

    started = time.monotonic()
    last = _train(state, rounds, save_every, lambda: keep({}))
    if save_every:
        console.print(f"Trained for {time.monotonic() - started:.0f} s")
    view = View.of(state)
    measured = _measure(view, state.round)
    console.print(beside_real_samples(view.recipe.curves, last, measured))
    keep(measured)


def _train(
    state: TrainingState, rounds: int, every: int, keep: Callable[[], None]
) -> dict[str, float]:
    """Train with a progress bar until the round or Ctrl-C; return the last fast metrics."""
    last: dict[str, torch.Tensor] = {}
    columns = TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("rounds", total=rounds)
        steps = train(state)
        try:
            while state.round < rounds:
                last |= next(steps).metrics
                progress.update(bar, completed=state.round)
                if every and state.position == 0 and state.round % every == 0:
                    keep()
        except KeyboardInterrupt:
            console.print(f"Stopped in round {state.round}.")
    return {name: float(value) for name, value in last.items()}


def _measure(view: View, round: int) -> Entries:
    found: Entries = {}
    values: dict[str, float] = {}
    for name, metric in view.recipe.metrics().items():
        *_, value = metric.measured(view, values)
        values[name] = value
        found[name] = {
            "label": metric.label,
            "value": value,
            "floor": metric.floor(view) if metric.floor else None,
            "unit": metric.unit,
            "scope": f"after {round} rounds",
        }
    return found
