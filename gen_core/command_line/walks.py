"""``walk``: a path through a checkpoint's latent space, written to a file."""

from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gen_core.command_line.terminal import Checkpoint, Device, Threads, console, say, writing
from gen_core.exploration.walk_settings import WALK
from gen_core.recipes.base import parse_assignments
from gen_core.walking import walk_checkpoint

__all__ = ["walk_latents"]


def walk_latents(
    name: Checkpoint,
    out: Annotated[Path, typer.Option(help="The file: .gif, .webp, .png, or .npz.")],
    anchors: Annotated[
        str | None, typer.Option(help=f"Where it leads through. {WALK['anchors'].hint}")
    ] = None,
    path: Annotated[str | None, typer.Option(help=f"{', '.join(WALK['path'].choices)}.")] = None,
    steps: Annotated[int | None, typer.Option(min=2, help="Pictures in all.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Another setting of the walk, name=value.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of anchors that are drawn; else the checkpoint's.")
    ] = None,
    pause: Annotated[int, typer.Option(min=10, max=5000, help="Milliseconds a picture.")] = 80,
    back: Annotated[bool, typer.Option("--back", help="Go back as it came.")] = False,
    device: Device = "auto",
    threads: Threads = 1,
) -> None:
    """Walk through a checkpoint's latent space; the same command gives the same bytes."""
    torch.set_num_threads(threads)
    asked: dict[str, object] = dict(parse_assignments(settings or []))
    named = {"anchors": anchors, "path": path, "steps": steps}
    asked |= {each: value for each, value in named.items() if value is not None}
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress, writing(out):
        bar = progress.add_task("walk", total=1.0)
        arrays = walk_checkpoint(
            name,
            asked,
            out,
            seed=seed,
            device=device,
            pause=pause,
            back=back,
            report=lambda share: progress.update(bar, completed=share),
        )
    what = "pictures" if "images" in arrays else "points"
    say(f"Wrote a walk of {len(arrays['z'])} {what} into {out}")
