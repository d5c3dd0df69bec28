"""``sample`` and ``levels``: what a checkpoint makes of noise, written to a file."""

import io
import json
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gen_core import checkpoint
from gen_core.command_line.terminal import Checkpoint, Device, Threads, console, say, writing
from gen_core.data.home import write_whole
from gen_core.errors import CommandError
from gen_core.exploration.arrays import as_array, as_bytes
from gen_core.exploration.base import View, probe_slices
from gen_core.exploration.registry import Arrays
from gen_core.exporting.pictures import gif, npz, sheet
from gen_core.sampling.levels import LEVELS
from gen_core.sampling.priors import SLICE, Asked, draw_prior
from gen_core.shelves import find
from gen_core.training.devices import choose

__all__ = ["sample_checkpoint", "vary_levels"]

Out = Annotated[Path, typer.Option(help="The file to write; its ending says which kind.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the noise.")]


def sample_checkpoint(
    name: Checkpoint,
    out: Out,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 16,
    seed: Seed = 0,
    temperature: Annotated[
        float, typer.Option(min=0.0, max=5.0, help="1 is the model itself; below, sharper.")
    ] = 1.0,
    label: Annotated[
        int, typer.Option("--class", min=-1, help="Class, if it knows any; -1: each in turn.")
    ] = -1,
    device: Device = "auto",
    threads: Threads = 1,
) -> None:
    """Draw samples into a file: .png, .npz, .csv for points, .gif for pictures being painted."""
    torch.set_num_threads(threads)
    kind = _kind(out, ("png", "npz", "csv", "gif"))
    if kind == "gif" and count > SLICE:
        expected = f"at most {SLICE} pictures for a .gif, which shows them painted side by side"
        raise CommandError(expected, count, "Ask for fewer, or write a .png or .npz.")
    state = checkpoint.load(find(name), choose(device)).state
    asked = Asked(count, seed, temperature, label)
    frames: list[np.ndarray] = []
    with _progress() as progress:
        bar = progress.add_task("samples", total=1.0)
        for drawn in draw_prior(state, asked):
            _check(kind, drawn.x)  # here: not after hours of painting
            if kind == "gif" and drawn.x.ndim == 4:
                frames.append(_laid(as_bytes(drawn.x)))
            progress.update(bar, completed=drawn.share)
    told = {"checkpoint": name, "count": count, "seed": seed, "temperature": temperature}
    _write(out, _file(kind, drawn.x, frames, {**told, "class": label}))
    say(f"Wrote {count} samples into {out}")


def vary_levels(
    name: Checkpoint,
    out: Annotated[Path, typer.Option(help="The sheet, .png; the shares go beside it, .json.")],
    vary: Annotated[str, typer.Option(help=f"Whose noise varies: {', '.join(LEVELS)}.")] = "top",
    count: Annotated[int, typer.Option(min=1, max=64, help="Variations in a row.")] = 8,
    rows: Annotated[int, typer.Option(min=1, max=64, help="Pictures that are varied.")] = 4,
    tops: Annotated[
        int, typer.Option(min=2, max=64, help="Noises of the top, for the shares.")
    ] = 6,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = 1,
) -> None:
    """Vary one level's noise of a hierarchy and hold the others; what each level causes, as JSON.

    A row begins with a picture; the others differ from it in the noise of one level alone. The
    shares are those of the pixels' variance, from a nested design.
    """
    torch.set_num_threads(threads)
    _kind(out, ("png",))
    if vary not in LEVELS:
        raise CommandError(f"a level ({', '.join(LEVELS)})", repr(vary), "Choose one of these.")
    state = checkpoint.load(find(name), choose(device)).state
    view = View(state.recipe, seed, state.device, state.t, state.models)
    pictures = []
    with _progress() as progress:
        for noise in range(rows):
            settings = {"level": vary, "noise": noise, "n": count}
            pictures.append(_looked(view, "vary_level", settings, progress)["images"])
        found = _looked(view, "level_variance", {"tops": tops}, progress)
    _write(out, sheet(np.concatenate(pictures), columns=count + 1))
    shares = dict(zip(LEVELS, found["share"].tolist(), strict=True))
    told = {"checkpoint": name, "seed": seed, "tops": tops, "variance_share": shares}
    beside = out.with_suffix(".json")
    _write(beside, json.dumps(told, indent=1).encode())
    say(f"Wrote {rows} rows into {out}, and what each level causes into {beside}")
    say(", ".join(f"{level} {share:.1%}" for level, share in shares.items()))


def _looked(view: View, probe: str, settings: dict[str, object], progress: Progress) -> Arrays:
    """Run a slow probe to its end under a progress bar."""
    bar = progress.add_task(probe.replace("_", " "), total=1.0)
    for arrays in probe_slices(view, probe, settings):
        progress.update(bar, completed=float(arrays["progress"]))
    return arrays


def _progress() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    return Progress(*columns, console=console, transient=True)


def _kind(out: Path, kinds: tuple[str, ...]) -> str:
    kind = out.suffix.removeprefix(".").lower()
    if kind not in kinds:
        expected = f"a file ending in {', '.join(f'.{each}' for each in kinds)}"
        raise CommandError(expected, repr(out.name), "Name it so.")
    return kind


def _check(kind: str, x: torch.Tensor) -> None:
    """Refuse points in a file for pictures, and pictures in one for points."""
    if kind != "npz" and (kind == "csv") != (x.ndim == 2):
        fits = "points: .csv or .npz" if x.ndim == 2 else "pictures: .png, .gif or .npz"
        raise CommandError(f"a file for {fits}", f".{kind}", "Name the file so.")


def _file(kind: str, x: torch.Tensor, frames: list[np.ndarray], about: dict[str, object]) -> bytes:
    if kind == "npz":
        return npz({"x": as_array(x)}, about)
    if kind == "csv":
        text = io.StringIO()
        np.savetxt(text, as_array(x), fmt="%.9g", delimiter=",", header="x,y", comments="")
        return text.getvalue().encode()
    if kind == "gif" and len(frames) < 2:
        expected = "a model that paints its pixels in turn, for a .gif"
        raise CommandError(expected, "one that makes them at once", "Write a .png.")
    return gif(np.stack(frames)) if kind == "gif" else sheet(as_bytes(x))


def _laid(images: np.ndarray) -> np.ndarray:
    """Lay pictures side by side on one, black where there are none."""
    side = int(np.ceil(np.sqrt(len(images))))
    rows = -(-len(images) // side)
    whole = np.zeros((rows * side, *images.shape[1:]), np.uint8)
    whole[: len(images)] = images
    tiled = whole.reshape(rows, side, *images.shape[1:]).swapaxes(1, 2)  # (rows, H, side, W, …)
    height, width = images.shape[1:3]
    return tiled.reshape(rows * height, side * width, *images.shape[3:])


def _write(path: Path, data: bytes) -> None:
    with writing(path):
        write_whole(path, data)
