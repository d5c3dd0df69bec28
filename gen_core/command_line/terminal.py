"""What all commands share: the terminal, options, and how a command is written again."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

__all__ = ["Checkpoint", "Device", "Threads", "command_again", "console"]

console = Console()

Checkpoint = Annotated[str, typer.Argument(help="stem/name of one that ships, or a path.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads of torch on the CPU.")]


def command_again(asked: Mapping[str, Any], name: str, of: str) -> str:
    """Write the command again, from its parsed parameters."""
    words = ["python -m gen_core", name, of]
    options = ("variant", "rounds", "samples", "pictures", "seed", "device", "threads", "resume")
    for option in options:
        if asked.get(option) is not None:
            words.append(f"--{option} {asked[option]}")
    words += [f"--set {each}" for each in asked.get("settings") or []]
    return " ".join(words)
