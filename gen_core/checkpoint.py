"""Checkpoints: a snapshot's weights in safetensors beside a card in JSON.

``<name>.safetensors`` is what :mod:`gen_core.training.snapshot` takes, so a checkpoint can be
continued bit for bit; ``<name>.json`` is the card: recipe, edits, seed, data and their hash,
metrics with their scope, software, hardware, threads and the command. Nothing is ever unpickled.
"""

import contextlib
import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gen_core.data.home import write_together
from gen_core.data.image_forms import form_of
from gen_core.errors import CheckpointError, DataError, SettingError, SnapshotError
from gen_core.recipes.base import make
from gen_core.training import snapshot
from gen_core.training.devices import describe
from gen_core.training.loop import TrainingState

__all__ = ["Checkpoint", "card_beside", "card_of", "load", "restore", "save"]

MAX_BYTES = 256 * 2**20
"""Largest weights file that is written or read."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint, loaded and ready.

    Attributes:
        state: Models, optimisers and counters, as they were.
        card: What the card says; empty where there is none.
        sha256: Hash of the weights' file, which names them wherever they lie.
    """

    state: TrainingState
    card: Mapping[str, object]
    sha256: str


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

    A kill in between leaves the weights without a card, which load: never another's card.

    Args:
        path: Where the weights go, ``….safetensors``; the card goes beside it.
        data: A snapshot's bytes.
        card: What :func:`card_of` wrote.

    Returns:
        The weights' path.

    Raises:
        CheckpointError: The weights are too large to be loaded again, or cannot be written.
    """
    _bound(len(data), "Save a smaller network.")
    sealed = {**card, "sha256": hashlib.sha256(data).hexdigest()}
    try:
        told = json.dumps(sealed, indent=1, sort_keys=True).encode()
        write_together(path, data, path.with_suffix(".json"), told)
    except OSError as error:
        got = (error.strerror or str(error)).lower()
        remedy = "Free some space, or set GEN_LAB_HOME to a folder that you may write to."
        raise CheckpointError(f"room and leave to write {path.name}", got, remedy) from error
    return path


def card_beside(path: Path) -> dict[str, Any]:
    """Return the card of some weights, empty where there is none.

    Raises:
        CheckpointError: It is no card.
        OSError: It cannot be read.
    """
    card_path = path.with_suffix(".json")
    try:
        card = json.loads(card_path.read_bytes()) if card_path.exists() else {}
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CheckpointError("a card in JSON", card_path.name, "Save it again.") from error
    if not isinstance(card, dict):
        raise CheckpointError("a card in JSON", card_path.name, "Save it again.")
    return card


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
        _bound(path.stat().st_size, "Choose a smaller one.")
        data = path.read_bytes()
        card = card_beside(path)
    except OSError as error:
        got = f"nothing readable at {path.name}"
        raise CheckpointError("a checkpoint", got, "Save it again.") from error
    sha256 = hashlib.sha256(data).hexdigest()
    if card.get("sha256", sha256) != sha256:
        raise CheckpointError("the weights of the card", "changed or cut bytes", "Save it again.")
    try:
        known = snapshot.header(data)
        _compare(known, card, stem)
        _compare_shapes(known, data)
        return Checkpoint(restore(data, device), card, sha256)
    except SnapshotError as error:
        # only now: the first two bytes of a whole snapshot may be a pickle's by chance
        if _looks_pickled(data):
            raise CheckpointError(
                "weights in safetensors format",
                "a pickle, which could run code",
                "Convert it with safetensors.torch.save_file where you trust it.",
            ) from error
        raise CheckpointError("a whole checkpoint", str(error), error.remedy) from error


def _bound(size: int, remedy: str) -> None:
    if size > MAX_BYTES:
        expected = f"a checkpoint of at most {MAX_BYTES >> 20} MB"
        raise CheckpointError(expected, f"{size / 2**20:.0f} MB", remedy)


def _compare(known: Mapping[str, object], card: Mapping[str, object], stem: str) -> None:
    """Refuse another paper's weights, and a card that says otherwise than they do."""
    recipe = known.get("recipe")
    found = recipe.get("stem") if isinstance(recipe, dict) else None
    if stem and found != stem:
        raise CheckpointError(f"a checkpoint of {stem}", found, "Open its own page.")
    differs = [name for name in known if name in card and card[name] != known[name]]
    if differs:
        got = f"a card with another {differs[0]}"
        raise CheckpointError("the card of these weights", got, "Save both again.")


class _ShapesOnly(TorchFunctionMode):
    """With ``torch.device("meta")``: whatever is built has shapes and no storage."""

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        """Let nothing leave the device."""
        return args[0] if func is torch.Tensor.to else func(*args, **(kwargs or {}))


def _compare_shapes(known: Mapping[str, Any], data: bytes) -> None:
    """Refuse tensors of another model before one as large as the header says is built."""
    try:
        recipe = known["recipe"]
        made = make(recipe["stem"], recipe["variant"], recipe["overrides"])
        directory = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        found = {
            name: tuple(entry["shape"])
            for name, entry in directory.items()
            if name.startswith("models/")
        }
    except (KeyError, TypeError, AttributeError, SettingError):
        return  # restoring says what is wrong, and builds nothing either
    with contextlib.suppress(DataError):
        form_of(getattr(made, "data", ""))  # before: what it loads is kept, and needs its values
    with torch.device("meta"), _ShapesOnly():
        models = made.build(0, torch.device("meta"))
    expected = {
        f"models/{name}/{entry}": tuple(value.shape)
        for name, model in models.items()
        for entry, value in model.state_dict().items()
    }
    if found != expected:
        odd = sorted(expected.items() ^ found.items())[:2]
        got = f"a difference at {odd}"
        raise SnapshotError("the tensors of this recipe", got, "Load its own.")


def _looks_pickled(data: bytes) -> bool:
    return data[:2] == b"PK" or (data[:1] == b"\x80" and data[1:2] in b"\x02\x03\x04\x05")


def _describe_data(state: TrainingState) -> dict[str, object]:
    source = None
    with contextlib.suppress(DataError):  # a run may be saved where its data are missing
        source = state.recipe.dataset() if hasattr(state.recipe, "dataset") else None
    named = getattr(source, "name", "") or getattr(state.recipe, "data", "")
    described: dict[str, object] = {"name": str(named)}
    if digest := getattr(source, "sha256", None):
        described["sha256"] = digest
    return described
