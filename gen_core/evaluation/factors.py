"""Which level of a hierarchy sets which factor of a room: a reader's readings, taken apart.

Samples of a nested design (`gen_core.evaluation.nested`) are read by a network that was trained on
drawn rooms (`gen_core.evaluation.reader`). A factor that it reads too poorly counts as unreadable,
and nothing is said about it: an error of reading looks like a variation of the pixels, so that a
poor reader would credit the pixel level with what it does not cause.

    python -m gen_core.evaluation.factors --size 16 --epochs 8

trains one of the readers under ``checkpoints/rooms_reader`` again; its card names its command.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors import SafetensorError
from safetensors.torch import load as tensors_of
from safetensors.torch import save as bytes_of
from torch import Tensor

from gen_core.data.rooms import load
from gen_core.data.rooms_factors import FACTORS
from gen_core.errors import CheckpointError
from gen_core.evaluation.nested import explained as shares_of
from gen_core.evaluation.reader import Reader, fit, measure
from gen_core.training.devices import describe

__all__ = ["FOLDER", "Explained", "ShippedReader", "explained", "save", "shipped", "train"]

FOLDER = Path(__file__).parents[2] / "checkpoints" / "rooms_reader"
READABLE = 0.5
"""Least score above chance, R^2 or (accuracy - 1/n) / (1 - 1/n), at which a reading counts."""


@dataclass(frozen=True, eq=False)
class Explained:
    """Which level sets which factor.

    Attributes:
        shares: ``(levels, F)``, a column sums to 1; NaN where the factor is unreadable or does
            not vary at all.
        readable: Whether the reader can read each factor.
    """

    shares: Tensor
    readable: tuple[bool, ...]


def explained(readings: Tensor, scores: Mapping[str, float], levels: int = 3) -> Explained:
    """Share of each factor's variance that every level of a hierarchy causes.

    Args:
        readings: What the reader read off samples of a nested design, ``(I, J, K, F)``; see
            `gen_core.evaluation.nested`.
        scores: The reader's, from `measure`.
        levels: How many of the axes are levels.

    Raises:
        DataError: An axis is missing or too short.
    """
    readable = tuple(_readable(scores[f.name], len(f.choices)) for f in FACTORS)
    found = shares_of(readings, levels)
    found[:, ~torch.tensor(readable)] = torch.nan
    return Explained(found, readable)


def _readable(score: float, choices: int) -> bool:
    chance = 1 / choices if choices else 0.0
    return (score - chance) / (1 - chance) >= READABLE


@dataclass(frozen=True, eq=False)
class ShippedReader:
    """A trained reader with what it is worth. Shared by everybody: do not train it.

    Attributes:
        reader: The network.
        scores: `measure` on the test rooms, by factor.
    """

    reader: Reader
    scores: Mapping[str, float]


def save(folder: Path, reader: Reader, card: Mapping[str, object]) -> Path:
    """Write weights ``rooms-<size>.safetensors`` and the card ``.json`` beside them.

    Args:
        folder: Where to.
        reader: What was trained.
        card: At least ``scores``; the hash of the weights is added.

    Returns:
        The weights' path.
    """
    data = bytes_of(reader.state_dict())
    sealed = {**card, "sha256": hashlib.sha256(data).hexdigest()}
    path = folder / f"rooms-{reader.size}.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps(sealed, indent=1) + "\n")
    return path


@cache
def shipped(size: int, folder: Path = FOLDER) -> ShippedReader:
    """Return the reader that ships for rooms of a size; the same object at each call.

    Args:
        size: 16 or 32 pixels.
        folder: Where weights and card lie.

    Raises:
        CheckpointError: There is none of this size, or its weights are not those of its card.
    """
    path = folder / f"rooms-{size}.safetensors"
    remedy = f"Train it: python -m gen_core.evaluation.factors --size {size}"
    try:
        data, card = path.read_bytes(), json.loads(path.with_suffix(".json").read_bytes())
        if hashlib.sha256(data).hexdigest() != card["sha256"]:
            raise CheckpointError("the weights of the card", "changed or cut bytes", remedy)
        reader = Reader(size)
        reader.load_state_dict(tensors_of(data))
        scores = {factor.name: float(card["scores"][factor.name]) for factor in FACTORS}
    except OSError as error:
        raise CheckpointError("a reader of this size", f"no {path.name}", remedy) from error
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError("a whole reader with its card", path.name, remedy) from error
    return ShippedReader(reader.eval().requires_grad_(False), scores)


def train(
    size: Annotated[int, typer.Option(help="Pixels along a side: 16 or 32.")] = 32,
    epochs: Annotated[int, typer.Option(min=1)] = 4,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    folder: Annotated[Path, typer.Option(help="Where weights and card go.")] = FOLDER,
) -> None:
    """Train a reader on one thread, print its scores after every epoch, save it with its card."""
    torch.set_num_threads(1)
    rooms = load(size)
    for epoch, reader in enumerate(fit(size, seed, epochs), 1):
        scores = measure(reader, rooms)
        typer.echo(f"epoch {epoch}: " + ", ".join(f"{k} {v:.3f}" for k, v in scores.items()))
    asked = f"--size {size} --epochs {epochs} --seed {seed}"
    card = {
        "data": {"name": rooms.name, "test pictures": rooms.n_test},
        "scores": scores,
        "scores are": "R^2 of continuous factors, accuracy of choices, on all test pictures",
        "seed": seed,
        "epochs": epochs,
        "parameters": sum(p.numel() for p in reader.parameters()),
        "command": f"python -m gen_core.evaluation.factors {asked}",
        "hardware": describe(torch.device("cpu")),
        "threads": 1,
        "software": {"python": platform.python_version(), "torch": torch.__version__},
    }
    typer.echo(f"Saved {save(folder, reader, card)}")


if __name__ == "__main__":
    typer.run(train)
