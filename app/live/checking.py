"""Checking weights that came from elsewhere, in a process of its own.

The check builds the models, and no model is built in the server: a hostile or huge file costs
this process alone. ``python -m app.live.checking PATH…`` prints one line of JSON.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from app.live.channel import ROOT
from gen_core.errors import CheckpointError, GenLabError

__all__ = ["check_apart", "main"]

_PATIENCE = 120.0  # seconds


def check_apart(paths: Sequence[Path]) -> list[str]:
    """Check weights, each with the card beside it if there is one; return the papers' stems.

    Args:
        paths: The weights.

    Raises:
        CheckpointError: One is no checkpoint, or the check took too long.
    """
    command = [sys.executable, "-m", "app.live.checking", *map(str, paths)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=_PATIENCE)
        told = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        got = "one at which the check ended"
        raise CheckpointError("a checkpoint", got, "Import another.") from error
    if "stems" in told:
        return [str(stem) for stem in told["stems"]]
    raise CheckpointError(told["expected"], told["got"], told["remedy"])


def main(paths: Sequence[str]) -> None:
    """Load checkpoints with all their checks and say what they are, or why one is none."""
    from gen_core.checkpoint import load

    try:
        told = {"stems": [load(Path(path)).state.base.outside()["stem"] for path in paths]}
    except GenLabError as error:
        told = {"expected": error.expected, "got": str(error.got), "remedy": error.remedy}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
