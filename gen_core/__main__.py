"""The command line: ``python -m gen_core list | train | evaluate | codes | fetch | keep``.

The same recipes as the pages. ``train`` prints every slow metric beside the value that fresh real
samples score, and with ``--save`` writes the checkpoint and card that a page opens; ``evaluate``
measures a checkpoint on test pictures and holds it against its card.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from gen_core import checkpoint, codes_file, evaluate
from gen_core.data import mnist, own_images
from gen_core.data.folder import read_images
from gen_core.errors import CommandError, GenLabError
from gen_core.evaluation.figures import Figure, Scope
from gen_core.exploration.registry import View
from gen_core.printing import Entries, beside_real_samples, beside_the_card
from gen_core.recipes.base import make, parse_assignments, recipes
from gen_core.recipes.settings import settings_of
from gen_core.training.devices import choose, describe
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import take as taken

app = typer.Typer(add_completion=False, help="Gen Lab on the command line.")
console = Console()


@app.command("list")
def list_recipes(
    stem: Annotated[str, typer.Argument(help="A paper: list its settings too.")] = "",
) -> None:
    """List the recipes and their variants, or the settings of one."""
    if stem:
        known = settings_of(make(stem))
        table = Table("setting", "symbol", "default", "range", "hot", "source")
        for name, item in known.items():
            hot = "yes" if item.hot else ""
            table.add_row(
                name, item.symbol, str(item.default), item.describe_range(), hot, item.source
            )
    else:
        table = Table("stem", "variants", "paper")
        for name, recipe in recipes().items():
            table.add_row(name, ", ".join(recipe.variants), recipe.paper)
    console.print(table)


@app.command("train")
def train_recipe(
    context: typer.Context,
    stem: Annotated[str, typer.Argument(help="The paper, such as wgan.")],
    variant: Annotated[str, typer.Option(help="One of the recipe's variants.")] = "",
    rounds: Annotated[int, typer.Option(min=0, help="Rounds of the schedule.")] = 1000,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="name=value, as often as needed.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch on the CPU.")] = 1,
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
            command = _command(asked, "train", stem)
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


@app.command("evaluate")
def evaluate_checkpoint(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="stem/name of one that ships, or a path.")],
    samples: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="N, for each picture; else the card's.")
    ] = None,
    pictures: Annotated[
        int | None, typer.Option(min=0, help="The first so many; 0 for all; else the card's.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the samples' noise.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch on the CPU.")] = 1,
    write: Annotated[bool, typer.Option(help="Put the figures into the card.")] = False,
) -> None:
    """Measure a checkpoint on test pictures, beside its card; exit code 1 if they differ."""
    torch.set_num_threads(threads)
    path = evaluate.find(name)
    found = checkpoint.load(path, choose(device))
    scope = evaluate.scope_of(found.card, samples, pictures, seed)
    figures = _evaluate(found.state, scope)
    compared = evaluate.compare(figures, found.card)
    console.print(beside_the_card(compared))
    if write:
        about = {
            "command": _command(context.params, "evaluate", name),
            "hardware": describe(found.state.device),
            "threads": threads,
        }
        evaluate.write(path, found.card, figures, about)
        console.print(f"Wrote them into {path.with_suffix('.json')}")
    elif not all(each.agrees for each in compared.values()):
        console.print("The card says otherwise, by more than 5 standard errors.", style="red")
        raise typer.Exit(1)


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


@app.command("codes")
def keep_codes(
    name: Annotated[str, typer.Argument(help="stem/name of one that ships, or a path.")],
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch on the CPU.")] = 1,
) -> None:
    """Keep the codes of the test pictures beside a checkpoint: its plane, without the pictures."""
    torch.set_num_threads(threads)
    weights = evaluate.find(name)
    written = codes_file.write(weights, checkpoint.load(weights, choose(device)).state)
    console.print(f"Wrote the codes of the test pictures into {written}")


@app.command("fetch")
def fetch_data(
    name: Annotated[str, typer.Argument(help="The data set: mnist.")],
) -> None:
    """Download a data set into the folder for data, and check it."""
    if name != "mnist":
        raise CommandError("a data set that is fetched (mnist)", repr(name), "Name that one.")
    console.print(f"MNIST lies in {mnist.fetch()}")


@app.command("keep")
def keep_pictures(
    origin: Annotated[Path, typer.Argument(help="A folder or a zip of pictures.")],
    size: Annotated[int, typer.Option(help="Pixels along each side, 4 to 64.")] = 28,
    levels: Annotated[int, typer.Option(help="How many levels, 2 to 256.")] = 16,
    colour: Annotated[bool, typer.Option("--colour", help="Three channels, not grey.")] = False,
) -> None:
    """Keep your own pictures as a data set, and print the name to train on it."""
    reading = read_images(origin, size, levels, colour)
    name = own_images.keep(reading.images)
    path = own_images.path_of(name)
    lines = (reading.summary(), *reading.losses(20), f"They lie in {path}.")
    for line in (*lines, f"Train on them with --set data={name}"):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _command(asked: Mapping[str, Any], name: str, of: str) -> str:
    """Write the command again, from its parsed parameters."""
    words = ["python -m gen_core", name, of]
    options = ("variant", "rounds", "samples", "pictures", "seed", "device", "threads", "resume")
    for option in options:
        if asked.get(option) is not None:
            words.append(f"--{option} {asked[option]}")
    words += [f"--set {each}" for each in asked.get("settings") or []]
    return " ".join(words)


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


def main() -> None:
    """Run the command line; an error is one sentence and exit code 2."""
    try:
        app()
    except GenLabError as error:
        console.print(str(error), style="red", highlight=False)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
