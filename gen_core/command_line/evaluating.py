"""``evaluate`` and ``codes``: what a checkpoint makes of test pictures."""

from typing import Annotated

import torch
import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from gen_core import checkpoint, codes_file, evaluate
from gen_core.command_line.terminal import (
    DIFFERS,
    Checkpoint,
    Device,
    Threads,
    command_again,
    console,
)
from gen_core.evaluation.figures import Figure, Scope
from gen_core.printing import beside_the_card
from gen_core.shelves import find
from gen_core.training.devices import choose, describe
from gen_core.training.loop import TrainingState

__all__ = ["evaluate_checkpoint", "keep_codes"]


def evaluate_checkpoint(
    context: typer.Context,
    name: Checkpoint,
    samples: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="N, for each picture; else the card's.")
    ] = None,
    pictures: Annotated[
        int | None, typer.Option(min=0, help="The first so many; 0 for all; else the card's.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the samples' noise.")] = 0,
    device: Device = "auto",
    threads: Threads = 1,
    write: Annotated[bool, typer.Option(help="Put the figures into the card.")] = False,
) -> None:
    """Measure a checkpoint on test pictures, beside its card; exit code 1 if they differ."""
    torch.set_num_threads(threads)
    path = find(name)
    found = checkpoint.load(path, choose(device))
    scope = evaluate.scope_of(found.card, samples, pictures, seed)
    figures = _evaluate(found.state, scope)
    compared = evaluate.compare(figures, found.card)
    console.print(beside_the_card(compared))
    if write:
        about = {
            "command": command_again(context.params, "evaluate", name),
            "hardware": describe(found.state.device),
            "threads": threads,
        }
        evaluate.write(path, found.card, figures, about)
        console.print(f"Wrote them into {path.with_suffix('.json')}")
    elif not all(each.agrees for each in compared.values()):
        console.print("The card says otherwise, by more than 5 standard errors.", style="red")
        raise typer.Exit(DIFFERS)


def keep_codes(
    name: Checkpoint,
    device: Device = "auto",
    threads: Threads = 1,
) -> None:
    """Keep the codes of the test pictures beside a checkpoint: its plane, without the pictures."""
    torch.set_num_threads(threads)
    weights = find(name)
    written = codes_file.write(weights, checkpoint.load(weights, choose(device)).state)
    console.print(f"Wrote the codes of the test pictures into {written}")


def _evaluate(state: TrainingState, scope: Scope) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bars: dict[str, TaskID] = {}
        for label, step in evaluate.evaluate(state, scope):
            if label not in bars:
                bars[label] = progress.add_task(label, total=1.0)
            progress.update(bars[label], completed=step.share)
            if step.share == 1 and step.result:
                figures |= step.result.figures()
    return figures
