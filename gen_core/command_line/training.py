"""``train``: a recipe, from its start or from a checkpoint, to a round or until Ctrl-C."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn, track
from torch import Tensor

from gen_core.command_line.keeping import Keeper, begin
from gen_core.command_line.metrics_csv import MetricsCsv
from gen_core.command_line.stopping import stoppable
from gen_core.command_line.terminal import STOPPED, Device, Threads, console, say
from gen_core.exploration.registry import View
from gen_core.printing import Entries, beside_real_samples
from gen_core.training.devices import describe
from gen_core.training.loop import TrainingState, train

__all__ = ["train_recipe"]


def train_recipe(
    stem: Annotated[str, typer.Argument(help="The paper, such as wgan.")],
    variant: Annotated[str, typer.Option(help="One of the recipe's variants.")] = "",
    rounds: Annotated[int, typer.Option(min=0, help="Rounds of the schedule, in all.")] = 1000,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="name=value, as often as needed.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, show_default="0")] = None,
    device: Device = "auto",
    threads: Threads = 1,
    save: Annotated[Path | None, typer.Option(help="Write a checkpoint, .safetensors.")] = None,
    save_every: Annotated[
        int, typer.Option(min=0, help="Write it on the way too, every so many rounds.")
    ] = 0,
    resume: Annotated[
        str | None, typer.Option(help="Go on from this checkpoint: stem/name or a path.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the metrics as CSV.")] = None,
    csv_every: Annotated[int, typer.Option(min=1, help="Rounds from row to row.")] = 10,
) -> None:
    """Train a recipe and print what it measures.

    Ctrl-C ends the round, saves a checkpoint, prints the command that goes on, and exits with
    130; a second Ctrl-C stops at once and saves nothing. With --save-every a training that was
    killed goes on from its last save, and on the same device and threads its weights are those of
    an unbroken one, bit for bit. Where --save names no place, Ctrl-C and --save-every save in
    GEN_LAB_HOME (by default the user's data folder), where the pages find it.
    """
    torch.set_num_threads(threads)
    state = begin(stem, variant, settings or [], seed, device, resume)
    keeper = Keeper(state, save, device)
    say(f"{stem} on {describe(state.device)}, from round {state.round}")
    started = time.monotonic()
    with ExitStack() as stack:
        rows = None
        if csv:
            done = state.round if resume else 0
            curves = View.of(state).recipe.curves
            rows = stack.enter_context(MetricsCsv(csv, csv_every, curves, done))
        stopped = stack.enter_context(stoppable())
        last = _train(state, rounds, stopped, rows, save_every, keeper.keep)
        if stopped():
            path = keeper.keep()
            say(f"Stopped in round {state.round}. Go on with")
            options = {"save_every": save_every, "csv": csv, "csv_every": csv and csv_every}
            say(keeper.resumption(path, rounds, options))
            raise typer.Exit(STOPPED)
    if save_every:
        say(f"Trained for {time.monotonic() - started:.0f} s")
    if (save or save_every) and not keeper.up_to_date:
        keeper.keep()  # what is trained is not lost if measuring is stopped, or fails
    view = View.of(state)
    measured = _measure(view, state.round)
    console.print(beside_real_samples(view.recipe.curves, last, measured))
    if save or save_every:
        keeper.keep(measured)


def _train(
    state: TrainingState,
    rounds: int,
    stopped: Callable[[], bool],
    rows: MetricsCsv | None,
    save_every: int,
    keep: Callable[[], Path],
) -> dict[str, float]:
    """Train with a progress bar until the round or a stop; return the last fast metrics."""
    last: dict[str, Tensor] = {}
    columns = TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("rounds", total=rounds, completed=state.round)
        steps = train(state)
        while state.round < rounds and not stopped():
            of_round: dict[str, Tensor] = {}
            for step in steps:
                of_round |= step.metrics
                if step.round_done:
                    break
            last |= of_round
            progress.update(bar, completed=state.round)
            if rows:
                rows.note(state, of_round)
            if save_every and state.round % save_every == 0:
                keep()
    return {name: float(value) for name, value in last.items()}


def _measure(view: View, round: int) -> Entries:
    found: Entries = {}
    values: dict[str, float] = {}
    metrics = view.recipe.metrics()
    for name, metric in track(metrics.items(), "measuring", console=console, transient=True):
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
