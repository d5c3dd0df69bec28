"""Checking a checkpoint that came from elsewhere, in a process of its own.

The check builds the model, and no model is built in the server: a hostile or huge file costs this
process alone. ``python -m app.live.checking PATH`` prints one line of JSON.
"""

import json
import subprocess
import sys
from pathlib import Path

from app.live.channel import ROOT
from gen_core.errors import CheckpointError, GenLabError

__all__ = ["check_apart", "main"]

_PATIENCE = 120.0  # seconds


def check_apart(path: Path) -> str:
    """Check weights and the card beside them; return the paper's stem.

    Args:
        path: The weights.

    Raises:
        CheckpointError: They are no checkpoint, or the check took too long.
    """
    command = [sys.executable, "-m", "app.live.checking", str(path)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=_PATIENCE)
        told = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        got = f"{path.name}, at which the check ended"
        raise CheckpointError("a checkpoint", got, "Import another.") from error
    if "stem" in told:
        return str(told["stem"])
    raise CheckpointError(told["expected"], told["got"], told["remedy"])


def main(path: str) -> None:
    """Load a checkpoint with all its checks and say what it is, or why it is none."""
    from gen_core.checkpoint import load

    try:
        told = {"stem": load(Path(path)).state.base.outside()["stem"]}
    except GenLabError as error:
        told = {"expected": error.expected, "got": str(error.got), "remedy": error.remedy}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
