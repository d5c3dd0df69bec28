"""Somebody's own pictures as a data set, kept by the hash of their content.

Every tenth picture in their order, from the second on, is held out for testing, so that each
sub-folder gives its share.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from gen_core.data.home import home, write_whole
from gen_core.data.image_source import ImageSource, Split
from gen_core.errors import DataError

__all__ = ["PREFIX", "OwnImages", "keep", "own_images", "path_of", "stored"]

PREFIX = "images-"
_NAME = PREFIX + "[0-9a-f]{16}"


@dataclass(frozen=True, eq=False)
class OwnImages(ImageSource):
    """Pictures of a folder.

    Attributes:
        classes: Names of the sub-folders in the labels' order; empty without labels.
    """

    classes: tuple[str, ...] = ()


def own_images(
    levels: Tensor, top_level: int, labels: Tensor | None = None, classes: Sequence[str] = ()
) -> OwnImages:
    """Make a data set of pictures; equal pictures make equal names on every machine.

    Args:
        levels: Levels k, ``(N, C, H, W)``, uint8, N at least 2.
        top_level: Largest level.
        labels: Classes, ``(N,)``, int64, if there are any.
        classes: Their names.

    Returns:
        The data set, named ``images-`` and 16 hexadecimal digits.
    """
    described = json.dumps([top_level, list(levels.shape), list(classes)])
    digest = hashlib.sha256(described.encode())
    digest.update(levels.numpy().tobytes())
    if labels is not None:
        digest.update(labels.numpy().astype("<i8").tobytes())
    sha256 = digest.hexdigest()
    held_out = torch.arange(len(levels)) % 10 == 1
    splits = {
        name: Split(levels[chosen], None if labels is None else labels[chosen])
        for name, chosen in (("train", ~held_out), ("test", held_out))
    }
    name = PREFIX + sha256[:16]
    return OwnImages(name, top_level, splits, len(classes), sha256, tuple(classes))


def keep(images: OwnImages) -> str:
    """Store pictures in the person's folder, so that another process opens them by name.

    Returns:
        The data set's name.

    Raises:
        DataError: They cannot be written.
    """
    path = path_of(images.name)
    if not path.exists():
        tensors = {"levels": _whole(images, "levels")}
        if images.n_classes:
            tensors["labels"] = _whole(images, "labels")
        about = {"top_level": str(images.top_level), "classes": json.dumps(images.classes)}
        try:
            write_whole(path, save(tensors, about))
        except OSError as error:
            got = (error.strerror or str(error)).lower()
            remedy = "Free some space, or set GEN_LAB_HOME to a folder that you may write to."
            raise DataError("room and leave to keep the pictures", got, remedy) from error
    return images.name


def stored(name: str) -> OwnImages:
    """Return stored pictures by name; the same object at each call in a process.

    Raises:
        DataError: There are none of this name on this machine, or their file has changed.
    """
    return _stored(name, path_of(name))


@lru_cache(maxsize=2)
def _stored(name: str, path: Path) -> OwnImages:
    if not re.fullmatch(_NAME, name) or not path.exists():
        raise DataError(
            "pictures that were uploaded on this machine",
            f"{name}, which is missing here",
            "Upload the same pictures again, or choose another data set.",
        )
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata()
            levels = file.get_tensor("levels")
            labels = file.get_tensor("labels") if "labels" in file.keys() else None
        images = own_images(levels, int(about["top_level"]), labels, json.loads(about["classes"]))
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise _changed(name) from error
    if images.name != name:
        raise _changed(name)
    return images


def _changed(name: str) -> DataError:
    return DataError(f"the pictures named {name}", "a changed file", "Upload them again.")


def _whole(images: OwnImages, part: str) -> Tensor:
    """Both splits in the order that the pictures came in."""
    train, test = (getattr(images.splits[split], part) for split in ("train", "test"))
    held_out = torch.arange(len(train) + len(test)) % 10 == 1
    whole = torch.empty((len(held_out), *train.shape[1:]), dtype=train.dtype)
    whole[~held_out], whole[held_out] = train, test
    return whole


def path_of(name: str) -> Path:
    """Return the file in which pictures of this name are kept."""
    return home() / "images" / f"{name}.safetensors"
