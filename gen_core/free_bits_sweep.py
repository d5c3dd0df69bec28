"""What free bits do to the layers of a ResNet VAE: nats of each, and how many stay alive.

    python -m gen_core.free_bits_sweep --lambda 0 --lambda 0.25 --runs 3 --save sweep.json

Kingma et al. 2016, IAF, arXiv 1606.04934, figure 7 and appendix C.8: the same model under several
lambda. Runs of one seed begin from equal weights and see the same batches and the same noise. What
is measured are test pictures: the plain bound, whatever was charged in training.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any, cast

import torch
import typer
from rich.console import Console
from rich.table import Table

from gen_core.evaluation.figures import Scope
from gen_core.exploration.registry import View
from gen_core.recipes.base import make, parse_assignments
from gen_core.recipes.resnet_vae import ALIVE, layer_nats
from gen_core.sweeping import likelihood, trained, write_points
from gen_core.training.loop import TrainingState

__all__ = ["Point", "sweep"]

Point = dict[str, float | list[float]]


def sweep(
    variant: str,
    lambdas: Sequence[float],
    rounds: int,
    overrides: Mapping[str, object],
    seed: int = 0,
    runs: int = 1,
) -> Iterator[Point]:
    """Train and measure a ResNet VAE with each lambda.

    Args:
        variant: Variant of the resnet_vae recipe.
        lambdas: Free bits of each training, in nats for each feature map.
        rounds: Updates of every model.
        overrides: Further settings of the recipe.
        seed: Seed of the first run; the next runs take the next seeds.
        runs: Trainings with each lambda.

    Yields:
        One point for each training: ``lambda``, ``seed``, ``nats`` of every layer, how many are
        ``alive``, and the bound ``elbo`` in nats.
    """
    for run in range(seed, seed + runs):
        for free in lambdas:
            recipe = make("resnet_vae", variant, {**overrides, "free_bits": free})
            measured = _measured(trained(recipe, rounds, run))
            yield {"lambda": free, "seed": float(run), **measured}


def _measured(state: TrainingState) -> Point:
    found = likelihood(state, Scope(0, 1, 0))
    nats = layer_nats(cast(Any, View.of(state))).tolist()
    alive = sum(value > ALIVE for value in nats)
    return {"nats": nats, "alive": float(alive), "elbo": found.elbo.value}


def _table(points: Sequence[Point]) -> Table:
    """Lay out the medians over runs."""
    table = Table("λ", "alive", "least of all layers (nats)", "largest", "ELBO")
    for free in dict.fromkeys(str(point["lambda"]) for point in points):
        own = [point for point in points if str(point["lambda"]) == free]
        nats = [cast(list[float], point["nats"]) for point in own]
        alive, elbo = ([cast(float, point[name]) for point in own] for name in ("alive", "elbo"))
        least, largest = median(map(min, nats)), median(map(max, nats))
        counted = f"{median(alive):g} of {len(nats[0])}"
        table.add_row(free, counted, f"{least:.2f}", f"{largest:.2f}", f"{median(elbo):.1f}")
    return table


def main(
    variant: Annotated[str, typer.Option(help="Variant of resnet_vae.")] = "digits",
    lambdas: Annotated[
        list[float] | None, typer.Option("--lambda", help="Nats for each feature map.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=0, help="Updates of every model.")] = 600,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="name=value of resnet_vae.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Trainings with each lambda.")] = 3,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch on the CPU.")] = 1,
    save: Annotated[Path | None, typer.Option(help="Write the points, .json.")] = None,
) -> None:
    """Train with every lambda, print how many layers are alive, medians over runs, and keep it."""
    torch.set_num_threads(threads)
    console, points = Console(), []
    asked, lambdas = parse_assignments(settings or []), lambdas or [0.0, 0.25]
    for point in sweep(variant, lambdas, rounds, asked, seed, runs):
        shown = {name: value for name, value in point.items() if name != "nats"}
        nats = " ".join(f"{value:.2f}" for value in cast(list[float], point["nats"]))
        told = " ".join(f"{name}={value:g}" for name, value in shown.items())
        console.print(told, f"nats: {nats}", soft_wrap=True)
        points.append(point)
    console.print(_table(points))
    if save is not None:
        words = ["gen_core.free_bits_sweep", f"--variant {variant}"]
        words += [f"--lambda {free:g}" for free in lambdas]
        words += [f"--rounds {rounds} --runs {runs} --seed {seed} --threads {threads}"]
        words += [f"--set {each}" for each in settings or []]
        data = str(asked.get("data", make("resnet_vae", variant).dataset().name))
        write_points(save, words, points, data=data, rounds=rounds)


if __name__ == "__main__":
    typer.run(main)
