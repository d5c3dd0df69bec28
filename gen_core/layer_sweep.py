"""The sweep of PixelVAE's figure 4: likelihood, KL and reconstruction against masked layers.

    python -m gen_core.layer_sweep --save checkpoints/pixelvae/layers-digits.json

Gulrajani et al. 2017, section 4.1.2: the same encoder and upsampler under 0, 1, ... layers of a
PixelCNN, and the same PixelCNN without a code beside them. All begin from one seed and see the
same batches; how long they train is for the command to say, and stands in the file.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table

from gen_core.evaluate import evaluate
from gen_core.evaluation.figures import Figure, Scope
from gen_core.recipes.base import make, parse_assignments
from gen_core.recipes.settings import Value
from gen_core.sweeping import trained, write_points

__all__ = ["Point", "point_of", "sweep"]

SHARED = ("data", "width", "first_kernel", "kernel", "batch", "learning_rate", "precision")
"""Settings that a PixelCNN takes over from the PixelVAE beside it."""

Point = dict[str, float | int | str | None]


def sweep(
    most: int,
    rounds: int,
    overrides: Mapping[str, object],
    scope: Scope,
    seed: int = 0,
) -> Iterator[Point]:
    """Train and measure a PixelVAE for every number of layers, and a PixelCNN beside each.

    Args:
        most: The largest number of layers.
        rounds: Updates of every model.
        overrides: Settings of the PixelVAE recipe that differ from its first variant.
        scope: How much is measured.
        seed: Seed of weights, data and noise.

    Yields:
        One point for each model; see :func:`point_of`.
    """
    for layers in range(most + 1):
        recipe = make("pixelvae", "", {**overrides, "layers": layers})
        yield point_of("pixelvae", layers, _measured(recipe, rounds, scope, seed))
        if layers:
            shared: dict[str, Value] = {name: getattr(recipe, name) for name in SHARED}
            plain = make("pixelcnn", "gated", {**shared, "depth": layers - 1})
            yield point_of("pixelcnn", layers, _measured(plain, rounds, scope, seed))


def point_of(stem: str, layers: int, figures: Mapping[str, Figure]) -> Point:
    """Return a model's point of both charts, in nats.

    Args:
        stem: ``"pixelvae"`` or ``"pixelcnn"``.
        layers: Autoregressive layers.
        figures: As measured.

    Returns:
        ``stem``, ``layers``, ``nll`` (a PixelVAE's is the upper bound, minus the ELBO) with its
        standard ``error``, and ``kl`` and ``reconstruction``, None for a PixelCNN.
    """
    bounded = "elbo" in figures
    nll = figures["elbo"].estimate.scaled(-1) if bounded else figures["nll"].estimate
    return {
        "stem": stem,
        "layers": layers,
        "nll": nll.value,
        "error": nll.error,
        "kl": figures["kl"].estimate.value if bounded else None,
        "reconstruction": figures["reconstruction"].estimate.value if bounded else None,
    }


def _measured(recipe: Any, rounds: int, scope: Scope, seed: int) -> dict[str, Figure]:  # noqa: ANN401
    found: dict[str, Figure] = {}
    for _, progress in evaluate(trained(recipe, rounds, seed), scope):
        found |= progress.result.figures() if progress.result is not None else {}
    return found


def main(
    layers: Annotated[int, typer.Option(min=0, help="The largest number of layers.")] = 4,
    rounds: Annotated[int, typer.Option(min=0, help="Updates of every model.")] = 1500,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="name=value of pixelvae.")
    ] = None,
    pictures: Annotated[int, typer.Option(min=0, help="Test pictures; 0 for all.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="Samples of z for each picture.")] = 8,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch on the CPU.")] = 1,
    save: Annotated[Path | None, typer.Option(help="Write the points, .json.")] = None,
) -> None:
    """Train every depth, print the table of figure 4, and keep its points."""
    torch.set_num_threads(threads)
    console, points = Console(), []
    asked = parse_assignments(settings or [])
    for point in sweep(layers, rounds, asked, Scope(pictures, samples, seed), seed):
        console.print(" ".join(f"{name}={value}" for name, value in point.items()))
        points.append(point)
    table = Table("model", "layers", "NLL (nats)", "KL", "reconstruction")
    for point in points:
        parts = (f"{point[name]:.1f}" if point[name] else "" for name in ("kl", "reconstruction"))
        table.add_row(str(point["stem"]), str(point["layers"]), f"{point['nll']:.1f}", *parts)
    console.print(table)
    if save is not None:
        words = ["gen_core.layer_sweep", f"--layers {layers} --rounds {rounds}"]
        words += [f"--pictures {pictures} --samples {samples} --seed {seed} --threads {threads}"]
        words += [f"--set {each}" for each in settings or []]
        write_points(save, words, points, data=asked.get("data", "digits"), rounds=rounds)


if __name__ == "__main__":
    typer.run(main)
