"""Checkpoints: a snapshot's weights in safetensors beside a card in JSON.

``<name>.safetensors`` is what :mod:`gen_core.training.snapshot` takes, so a checkpoint can be
continued bit for bit; ``<name>.json`` is the card: recipe, edits, seed, data and their hash,
metrics with their scope, software, hardware, threads and the command. Nothing is ever unpickled.
"""

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from gen_core.errors import CheckpointError, GenLabError, SnapshotError
from gen_core.recipes.base import make
from gen_core.training import snapshot
from gen_core.training.devices import describe
from gen_core.training.loop import TrainingState

__all__ = ["Checkpoint", "card_of", "load", "restore", "save"]

MAX_BYTES = 64 * 2**20
"""Largest weights file that is read."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint, loaded and ready.

    Attributes:
        state: Models, optimisers and counters, as they were.
        card: What the card says; empty where there is none.
    """

    state: TrainingState
    card: Mapping[str, object]


def restore(data: bytes, device: str | torch.device = "cpu") -> TrainingState:
    """Rebuild a state from a snapshot's bytes; see :func:`gen_core.training.snapshot.restore`."""
    return snapshot.restore(data, make, device)


def card_of(
    state: TrainingState, command: str, metrics: Mapping[str, Mapping[str, object]] | None = None
) -> dict[str, object]:
    """Write the card of a state.

    Args:
        state: What shall be saved.
        command: The command that made it, or the page and its link.
        metrics: Measured values, each with value, floor, unit and scope.
    """
    known = snapshot.header(snapshot.take(state))
    return {
        **known,
        "data": _describe_data(state),
        "metrics": dict(metrics or {}),
        "command": command,
        "hardware": describe(state.device),
        "threads": torch.get_num_threads(),
        "software": {"python": platform.python_version(), "torch": torch.__version__},
        "parameters": {
            name: sum(p.numel() for p in model.parameters())
            for name, model in state.models.items()
        },
    }


def save(path: Path, data: bytes, card: Mapping[str, object]) -> Path:
    """Write weights and card; each is whole or absent, whatever happens (write, fsync, rename).

    Args:
        path: Where the weights go, ``….safetensors``; the card goes beside it.
        data: A snapshot's bytes.
        card: What :func:`card_of` wrote.

    Returns:
        The weights' path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sealed = {**card, "sha256": hashlib.sha256(data).hexdigest()}
    _write(path, data)
    _write(path.with_suffix(".json"), json.dumps(sealed, indent=1, sort_keys=True).encode())
    return path


def load(path: Path, device: str | torch.device = "cpu", stem: str = "") -> Checkpoint:
    """Read a checkpoint and check it before use.

    Args:
        path: The weights, ``….safetensors``.
        device: Where the models shall live.
        stem: Refuse the checkpoint of any other paper.

    Raises:
        CheckpointError: The file is missing, too large, truncated, changed, a pickle in disguise,
            or of another model.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise CheckpointError(
                f"a checkpoint of at most {MAX_BYTES >> 20} MB",
                f"{size >> 20} MB",
                "Choose a smaller one.",
            )
        data = path.read_bytes()
        card_path = path.with_suffix(".json")
        card = json.loads(card_path.read_bytes()) if card_path.exists() else {}
    except OSError as error:
        got = f"nothing readable at {path.name}"
        raise CheckpointError("a checkpoint", got, "Save it again.") from error
    except ValueError as error:
        raise CheckpointError("a card in JSON", f"{path.stem}.json", "Save it again.") from error
    if data[:2] in (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05"):
        raise CheckpointError(
            "weights in safetensors format",
            "a pickle, which could run code",
            "Convert it with safetensors.torch.save_file where you trust it.",
        )
    if card.get("sha256", hashlib.sha256(data).hexdigest()) != hashlib.sha256(data).hexdigest():
        raise CheckpointError("the weights of the card", "changed or cut bytes", "Save it again.")
    try:
        found = snapshot.header(data)["recipe"]
        if stem and found["stem"] != stem:
            raise CheckpointError(f"a checkpoint of {stem}", found["stem"], "Open its own page.")
        return Checkpoint(restore(data, device), card)
    except (SnapshotError, KeyError, TypeError) as error:
        remedy = error.remedy if isinstance(error, GenLabError) else "Save it again."
        raise CheckpointError("a whole checkpoint", str(error), remedy) from error


def _describe_data(state: TrainingState) -> dict[str, object]:
    source = state.recipe.dataset() if hasattr(state.recipe, "dataset") else None
    described: dict[str, object] = {"name": str(getattr(source, "name", ""))}
    if digest := getattr(source, "sha256", None):
        described["sha256"] = digest
    return described


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
