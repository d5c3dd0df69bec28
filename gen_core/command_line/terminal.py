"""What all commands share: the terminal, options, exit codes, and writing a command again."""

import contextlib
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from gen_core.errors import CommandError

__all__ = [
    "BAD_INPUT",
    "DIFFERS",
    "STOPPED",
    "Checkpoint",
    "Device",
    "Threads",
    "command_again",
    "complain",
    "console",
    "say",
    "writing",
]

DIFFERS, BAD_INPUT, STOPPED = 1, 2, 130
"""Exit codes: figures differ from the card; wrong usage or bad input; stopped by Ctrl-C."""

console = Console()
complaints = Console(stderr=True)

Checkpoint = Annotated[
    str, typer.Argument(help="stem/name of one that ships or was saved, or a path.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads of torch on the CPU.")]


def say(line: str) -> None:
    """Print a line as it is: a path or a command in it can be copied."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def complain(line: str) -> None:
    """Print an error as it is, on the standard error: a file of results never holds it."""
    complaints.print(line, style="red", markup=False, highlight=False, soft_wrap=True)


def command_again(asked: Mapping[str, Any], name: str, of: str) -> str:
    """Write a command again, from its parsed parameters.

    Args:
        asked: Parameters by name; those that are None are left out.
        name: The command.
        of: Its argument.

    Example:
        >>> command_again({"rounds": 3, "settings": ["width=8"]}, "train", "wgan")
        'python -m gen_core train wgan --rounds 3 --set width=8'
    """
    words = ["python -m gen_core", name, shlex.quote(of)]
    for option in ("variant", "rounds", "samples", "pictures", "seed", "device", "threads"):
        if asked.get(option) is not None:
            words.append(f"--{option} {asked[option]}")
    words += [f"--set {shlex.quote(each)}" for each in asked.get("settings") or []]
    return " ".join(words)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the refusal of the disk into a sentence.

    Args:
        path: What is written.

    Raises:
        CommandError: It cannot be written.
    """
    try:
        yield
    except OSError as error:
        got = (error.strerror or str(error)).lower()
        expected = f"room and leave to write {path.name}"
        raise CommandError(expected, got, "Name another file.") from error
