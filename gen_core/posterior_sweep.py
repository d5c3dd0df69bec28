"""The table of posteriors: one VAE under posteriors from a diagonal Gaussian to deep flows.

    python -m gen_core.posterior_sweep --variant mnist --rounds 10000 --save table.json

Kingma et al. 2016, IAF, arXiv 1606.04934, table 1: the same decoder and the same budget, with a
diagonal posterior and with flows of some depth and width. All begin from one seed and see the same
batches and the same noise; the paper trains each five times, so ``--runs`` repeats with seeds of
their own. How long they train is for the command to say, and stands in the file.
"""

import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from gen_core.errors import SettingError
from gen_core.evaluation.figures import Scope
from gen_core.models.iaf import POSTERIORS
from gen_core.recipes.base import make, parse_assignments
from gen_core.sweeping import likelihood, trained, write_points
from gen_core.training.loop import TrainingState

__all__ = ["PAPER", "Point", "choice", "sweep"]

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


def sweep(
    variant: str,
    posteriors: Sequence[str],
    rounds: int,
    overrides: Mapping[str, object],
    scope: Scope,
    seed: int = 0,
    runs: int = 1,
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

    Yields:
        One point for each training: ``posterior``, ``seed``, the bound ``vlb`` and ``log_p`` by
        importance sampling, both in nats with the standard errors ``vlb_error`` and
        ``log_p_error`` over pictures, ``kl``, ``parameters`` and ``seconds`` of training.
    """
    recipes = {name: make("iaf", variant, {**overrides, **choice(name)}) for name in posteriors}
    for run in range(seed, seed + runs):
        for name, recipe in recipes.items():
            start = time.perf_counter()
            state = trained(recipe, rounds, run)
            seconds = time.perf_counter() - start
            size = sum(p.numel() for p in state.models["iaf"].parameters())
            measured = _measured(state, scope)
            yield {
                "posterior": name,
                "seed": run,
                **measured,
                "parameters": size,
                "seconds": round(seconds, 1),
            }


def _measured(state: TrainingState, scope: Scope) -> Point:
    found = likelihood(state, scope)
    bound, nll = found["elbo"].estimate, found["nll"].estimate
    return {
        "vlb": bound.value,
        "vlb_error": bound.error,
        "log_p": -nll.value,
        "log_p_error": nll.error,
        "kl": found["kl"].estimate.value,
    }


def _table(points: Sequence[Point], samples: int, with_paper: bool) -> Table:
    """Lay out the means over runs, and in brackets their deviation, as the paper does."""
    titles = ["posterior", "VLB", f"log p(x), {samples} samples", "gap", "KL"]
    table = Table(*titles, *(["paper: VLB", "log p(x)"] if with_paper else []))
    for name in dict.fromkeys(str(point["posterior"]) for point in points):
        own = [point for point in points if point["posterior"] == name]
        vlb, log_p, kl = ([float(point[key]) for point in own] for key in ("vlb", "log_p", "kl"))
        gap = fmean(log_p) - fmean(vlb)
        row = [name, _spread(vlb), _spread(log_p), f"{gap:.2f}", f"{fmean(kl):.1f}"]
        paper = PAPER.get(name, (math.nan, math.nan))
        table.add_row(*row, *([_shown(value) for value in paper] if with_paper else []))
    return table


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
    rounds: Annotated[int, typer.Option(min=0, help="Updates of every model.")] = 2000,
    settings: Annotated[list[str] | None, typer.Option("--set", help="name=value of iaf.")] = None,
    pictures: Annotated[int, typer.Option(min=0, help="Test pictures; 0 for all.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="Samples of z for each picture.")] = 128,
    runs: Annotated[int, typer.Option(min=1, help="Trainings of each posterior.")] = 1,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch on the CPU.")] = 1,
    save: Annotated[Path | None, typer.Option(help="Write the points, .json.")] = None,
) -> None:
    """Train every posterior, print table 1, and keep its points."""
    torch.set_num_threads(threads)
    console, points, names = Console(), [], posterior or list(DEFAULT)
    asked, scope = parse_assignments(settings or []), Scope(pictures, samples, seed)
    for point in sweep(variant, names, rounds, asked, scope, seed, runs):
        console.print(" ".join(f"{name}={value}" for name, value in point.items()))
        points.append(point)
    data = str(asked.get("data", make("iaf", variant).dataset().name))
    console.print(_table(points, samples, data == "mnist-binary"))
    if save is not None:
        words = ["gen_core.posterior_sweep", f"--variant {variant}"]
        words += [f"--posterior {name}" for name in names]
        words += [f"--rounds {rounds} --pictures {pictures} --samples {samples} --runs {runs}"]
        words += [f"--seed {seed} --threads {threads}"]
        words += [f"--set {each}" for each in settings or []]
        write_points(save, words, points, data=data, rounds=rounds, samples=samples)


if __name__ == "__main__":
    typer.run(main)
