"""``fetch`` and ``keep``: pictures to train on."""

from pathlib import Path
from typing import Annotated

import typer

from gen_core.command_line.terminal import console
from gen_core.data import mnist, own_images
from gen_core.data.folder import read_images
from gen_core.errors import CommandError

__all__ = ["fetch_data", "keep_pictures"]


def fetch_data(
    name: Annotated[str, typer.Argument(help="The data set: mnist.")],
) -> None:
    """Download a data set into the folder for data, and check it."""
    if name != "mnist":
        raise CommandError("a data set that is fetched (mnist)", repr(name), "Name that one.")
    console.print(f"MNIST lies in {mnist.fetch()}")


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
