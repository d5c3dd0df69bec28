"""Codes of the test pictures beside a checkpoint: its latent plane on a machine without them.

``<name>.codes`` beside ``<name>.safetensors`` holds the posterior mean of every test picture and
its class, in safetensors format: 50 kB for MNIST's 10 000 in the plane, and no picture. The header
names the weights by their hash, so codes of other weights are refused.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gen_core.data.home import write_whole
from gen_core.errors import CheckpointError, CommandError
from gen_core.evaluation.latent import codes_of
from gen_core.recipes.base import Recipe
from gen_core.training.loop import TrainingState

__all__ = ["CODED", "Codes", "path_of", "read", "write"]

CODED = ("vae", "pixelvae")
"""Papers whose models have one Gaussian code."""

FORMAT = 1
MAX_BYTES = 8 * 2**20
_REMEDY = "Make them again: python -m gen_core codes STEM/NAME."


@dataclass(frozen=True, eq=False)
class Codes:
    """Where an encoder puts the test pictures.

    Attributes:
        mu: Posterior means, ``(N, Z)``, float32, rounded to half precision where they were kept.
        labels: Classes, ``(N,)``, int32, all 0 for pictures without classes.
    """

    mu: np.ndarray
    labels: np.ndarray


def path_of(weights: Path) -> Path:
    """Return where the codes of a checkpoint lie.

    Example:
        >>> path_of(Path("vae/mnist-2d.safetensors")).as_posix()
        'vae/mnist-2d.codes'
    """
    return weights.with_suffix(".codes")


def write(weights: Path, state: TrainingState) -> Path:
    """Encode all test pictures and keep their codes beside the weights.

    Args:
        weights: The checkpoint's weights.
        state: What they hold, loaded.

    Returns:
        The codes' path.

    Raises:
        CommandError: The model has no single code.
        DataError: The pictures are not on this machine.
        CheckpointError: The codes cannot be written.
    """
    recipe = cast(Recipe, state.recipe)
    if recipe.stem not in CODED:
        expected = f"a model with one code ({', '.join(CODED)})"
        raise CommandError(expected, recipe.stem, "Name a checkpoint of one of these.")
    data, model = recipe.dataset(), cast(Any, state.models[recipe.stem])
    found = codes_of(lambda x: model.encode(x).mu, data, "test", device=state.device)
    mu = np.concatenate(list(found)).astype(np.float16)
    labels = data.labels("test").numpy() if data.n_classes else np.zeros(len(mu))
    about = {"format": FORMAT, "weights": _sha256(weights), "data": data.name}
    tensors = {"mu": mu, "labels": labels.astype(np.uint8)}
    path = path_of(weights)
    try:
        write_whole(path, save(tensors, {"codes": json.dumps(about, sort_keys=True)}))
    except OSError as error:
        got = (error.strerror or str(error)).lower()
        raise CheckpointError(f"room and leave to write {path.name}", got, "Free some.") from error
    return path


def read(weights: Path) -> Codes | None:
    """Return the codes that lie beside some weights; None where there are none.

    Raises:
        CheckpointError: They are damaged, or those of other weights.
    """
    path = path_of(weights)
    if not path.is_file():
        return None
    expected = f"the codes of {weights.name}"
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise CheckpointError(expected, f"{size >> 20} MB", _REMEDY)
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})["codes"])
            mu, labels = file.get_tensor("mu"), file.get_tensor("labels")
            known = about["format"], mu.ndim, labels.shape
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(expected, f"a damaged file {path.name}", _REMEDY) from error
    if known != (FORMAT, 2, mu.shape[:1]):
        raise CheckpointError(expected, f"another form in {path.name}", _REMEDY)
    if about.get("weights") != _sha256(weights):
        raise CheckpointError(expected, f"those of other weights in {path.name}", _REMEDY)
    return Codes(mu.astype(np.float32), labels.astype(np.int32))


def _sha256(weights: Path) -> str:
    return hashlib.sha256(weights.read_bytes()).hexdigest()
