"""The table of posteriors: one VAE under posteriors from a diagonal Gaussian to deep flows.

    python -m gen_core.posterior_sweep --variant mnist --rounds 10000 --save table.json

Kingma et al. 2016, IAF, arXiv 1606.04934, table 1: the same decoder and the same budget, with a
diagonal posterior and with flows of some depth and width. All begin from one seed and see the same
batches and the same noise; the paper trains each five times, so ``--runs`` repeats with seeds of
their own. How long they train is for the command to say, and stands in the file. What follows a
diagonal posterior is held against it picture by picture: so are checkpoints, without a training,

    python -m gen_core.posterior_sweep --variant mnist --samples 8
        --checkpoint iaf/mnist-diagonal --checkpoint iaf/mnist
"""

import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Annotated, cast

import torch
import typer
from rich.console import Console
from rich.table import Table
from torch import Tensor

from gen_core.checkpoint import load
from gen_core.errors import SettingError
from gen_core.evaluation.figures import Moments, Scope
from gen_core.models.iaf import POSTERIORS
from gen_core.recipes.base import make, parse_assignments
from gen_core.recipes.iaf import IafRecipe
from gen_core.shelves import find
from gen_core.sweeping import advanced, likelihood, trained, write_points
from gen_core.training.devices import choose
from gen_core.training.loop import TrainingState

__all__ = ["PAPER", "Point", "checkpoints", "choice", "measured", "name_of", "settled", "sweep"]

Point = dict[str, float | int | str]

PAPER: Mapping[str, tuple[float, float]] = {
    "diagonal": (-84.08, -81.08),
    "iaf:2x320": (-82.02, -79.77),
    "iaf:2x1920": (-81.17, -79.30),
    "iaf:4x1920": (-80.93, -79.17),
    "iaf:8x1920": (-80.80, -79.10),
}
"""Table 1: bound and log p(x) of MNIST, dynamically binarised, by 128 samples."""

DEFAULT = ("diagonal", "linear", "iaf:2x320", "iaf:4x320")


def choice(name: str) -> dict[str, str | int]:
    """Return the settings of a posterior that is named as in the table.

    Args:
        name: ``diagonal``, ``linear``, or a family with depth and, of an ``iaf``, width:
            ``iaf:2x320``, ``planar:8``.

    Raises:
        SettingError: The name is none of these.

    Example:
        >>> choice("iaf:4x1920")
        {'posterior': 'iaf', 'steps': 4, 'flow_width': 1920}
    """
    found = re.fullmatch(r"([a-z]+)(?::(\d{1,4})(?:x(\d{1,5}))?)?", name)
    if found is None or found[1] not in POSTERIORS:
        known = ", ".join(POSTERIORS)
        raise SettingError(
            f"a posterior ({known}), such as iaf:2x320", repr(name)[:60], "Name one of these."
        )
    settings: dict[str, str | int] = {"posterior": found[1]}
    settings |= {"steps": int(found[2])} if found[2] else {}
    return settings | ({"flow_width": int(found[3])} if found[3] else {})


def name_of(recipe: IafRecipe) -> str:
    """Return the name of a recipe's posterior, as the table says it; :func:`choice` reads it.

    Args:
        recipe: Settings of a VAE.

    Example:
        >>> name_of(make("iaf", "mnist", {"posterior": "planar", "steps": 8}))
        'planar:8'
    """
    if recipe.posterior in ("diagonal", "linear"):
        return recipe.posterior
    width = f"x{recipe.flow_width}" if recipe.posterior == "iaf" else ""
    return f"{recipe.posterior}:{recipe.steps}{width}"


def sweep(
    variant: str,
    posteriors: Sequence[str],
    rounds: int,
    overrides: Mapping[str, object],
    scope: Scope,
    seed: int = 0,
    runs: int = 1,
    device: str = "cpu",
    settle: int = 0,
) -> Iterator[Point]:
    """Train and measure the VAE with each posterior.

    Args:
        variant: Variant of the iaf recipe.
        posteriors: Names that :func:`choice` knows.
        rounds: Updates of every model.
        overrides: Further settings of the recipe.
        scope: How much is measured.
        seed: Seed of the first run; the next runs take the next seeds.
        runs: Trainings of each posterior.
        device: Where they are trained.
        settle: How many of the updates, the last ones, take a tenth of the learning rate.

    Yields:
        One point for each training, as :func:`measured` says it, and its ``seconds``.

    Raises:
        SettingError: More updates shall settle than there are.
    """
    if settle > rounds:
        raise SettingError(f"at most {rounds} updates that settle", settle, "Settle fewer.")
    recipes = {name: make("iaf", variant, {**overrides, **choice(name)}) for name in posteriors}
    for run in range(seed, seed + runs):
        base: Tensor | None = None
        for name, recipe in recipes.items():
            start = time.perf_counter()
            state = settled(trained(recipe, rounds - settle, run, device), settle)
            seconds = round(time.perf_counter() - start, 1)
            point, elbos = measured(state, scope, base)
            yield {**point, "posterior": name, "seconds": seconds}
            base = elbos if name == "diagonal" else base


def settled(state: TrainingState, updates: int) -> TrainingState:
    """Train a VAE on at a tenth of its learning rate, and return it.

    A constant rate keeps a bound below what the weights could reach: on MNIST after 2000 updates
    by about as much as posteriors differ by.

    Args:
        state: The VAE; it is changed.
        updates: How many; 0 leaves it as it is.
    """
    if updates:
        state.edit("learning_rate", cast(IafRecipe, state.recipe).learning_rate / 10)
    return advanced(state, state.round + updates)


def checkpoints(names: Sequence[str], scope: Scope, device: str = "cpu") -> Iterator[Point]:
    """Measure trained models in place of training them, each against the diagonal one before it.

    Args:
        names: Checkpoints of the iaf recipe, such as ``iaf/mnist``.
        scope: How much is measured.
        device: Where.

    Yields:
        One point for each, as :func:`measured` says it.
    """
    base: Tensor | None = None
    for name in names:
        state = load(find(name), choose(device), stem="iaf").state
        point, elbos = measured(state, scope, base)
        yield point
        base = elbos if point["posterior"] == "diagonal" else base


def measured(
    state: TrainingState, scope: Scope, base: Tensor | None = None
) -> tuple[Point, Tensor]:
    """Measure a trained VAE on test pictures, and how far its bound lies above another's.

    Args:
        state: The VAE.
        scope: How much is measured.
        base: The other's bound of the same pictures with the same noise, ``(M,)``.

    Returns:
        A point, and the bound of each picture ``(M,)``. The point has ``posterior``, ``seed``,
        ``rounds``, ``pictures``, ``parameters``, the bound ``vlb`` and ``log_p`` by importance
        sampling, both in nats with the standard errors ``vlb_error`` and ``log_p_error`` over
        pictures, ``kl``, and with a base the ``gap`` to it with the ``gap_error`` of the pairs:
        how hard a picture is, on which all models agree, is not in it.
    """
    found = likelihood(state, scope)
    point: Point = {
        "posterior": name_of(cast(IafRecipe, state.recipe)),
        "seed": state.seed,
        "rounds": state.round,
        "pictures": found.pictures,
        "parameters": sum(p.numel() for p in state.models["iaf"].parameters()),
        "vlb": found.elbo.value,
        "vlb_error": found.elbo.error,
        "log_p": found.iwae.value,
        "log_p_error": found.iwae.error,
        "kl": found.kls[0].value,
    }
    if base is not None:
        pairs = Moments()
        pairs.add(found.elbos - base)
        point |= {"gap": pairs.estimate.value, "gap_error": pairs.estimate.error}
    return point, found.elbos


def _table(points: Sequence[Point], samples: int, with_paper: bool) -> Table:
    """Lay out the means over runs, and in brackets their deviation, as the paper does."""
    titles = ["posterior", "VLB", "above diagonal", f"log p(x), {samples} samples", "KL"]
    table = Table(*titles, *(["paper: VLB", "log p(x)"] if with_paper else []))
    for name in dict.fromkeys(str(point["posterior"]) for point in points):
        own = [point for point in points if point["posterior"] == name]
        vlb, log_p, kl = ([float(point[key]) for point in own] for key in ("vlb", "log_p", "kl"))
        row = [name, _spread(vlb), _gaps(own), _spread(log_p), f"{fmean(kl):.1f}"]
        paper = PAPER.get(name, (math.nan, math.nan))
        table.add_row(*row, *([_shown(value) for value in paper] if with_paper else []))
    return table


def _gaps(points: Sequence[Point]) -> str:
    """Say the gaps of a posterior's runs, each with the error of its pairs."""
    paired = [point for point in points if "gap" in point]
    return ", ".join(f"{point['gap']:.2f} ± {point['gap_error']:.2f}" for point in paired)


def _spread(values: Sequence[float]) -> str:
    deviation = f" ({stdev(values):.2f})" if len(values) > 1 else ""
    return f"{fmean(values):.2f}{deviation}"


def _shown(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


def main(
    variant: Annotated[str, typer.Option(help="Variant of iaf: digits or mnist.")] = "digits",
    posterior: Annotated[
        list[str] | None, typer.Option(help="diagonal, linear, iaf:2x320, planar:8 ...")
    ] = None,
    checkpoint: Annotated[
        list[str] | None, typer.Option(help="Measure these, and train none.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=0, help="Updates of every model.")] = 2000,
    settle: Annotated[int, typer.Option(min=0, help="Last updates, at a tenth of the rate.")] = 0,
    settings: Annotated[list[str] | None, typer.Option("--set", help="name=value of iaf.")] = None,
    pictures: Annotated[int, typer.Option(min=0, help="Test pictures; 0 for all.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="Samples of z for each picture.")] = 128,
    runs: Annotated[int, typer.Option(min=1, help="Trainings of each posterior.")] = 1,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch on the CPU.")] = 1,
    save: Annotated[Path | None, typer.Option(help="Write the points, .json.")] = None,
) -> None:
    """Train every posterior, print table 1, and keep its points, each as soon as it is there."""
    torch.set_num_threads(threads)
    console, points, names = Console(), [], posterior or list(DEFAULT)
    asked, scope = parse_assignments(settings or []), Scope(pictures, samples, seed)
    data = str(asked.get("data", make("iaf", variant).dataset().name))
    words = ["gen_core.posterior_sweep", f"--variant {variant}"]
    if checkpoint:
        found = checkpoints(checkpoint, scope, device)
        words += [f"--checkpoint {name}" for name in checkpoint]
    else:
        found = sweep(variant, names, rounds, asked, scope, seed, runs, device, settle)
        words += [f"--posterior {name}" for name in names]
        words += [f"--rounds {rounds} --settle {settle} --runs {runs}"]
    words += [f"--pictures {pictures} --samples {samples}"]
    words += [f"--seed {seed} --device {device} --threads {threads}"]
    words += [f"--set {each}" for each in settings or []]
    for point in found:
        console.print(" ".join(f"{name}={value}" for name, value in point.items()))
        points.append(point)
        if save is not None:
            known = {name: point[name] for name in ("rounds", "pictures")}
            write_points(save, words, points, device, data=data, samples=samples, **known)
    console.print(_table(points, samples, data == "mnist-binary"))


if __name__ == "__main__":
    typer.run(main)
