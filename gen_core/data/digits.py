"""scikit-learn's 8 x 8 handwritten digits: pictures that need no download.

1797 digits of the UCI set "Optical Recognition of Handwritten Digits" (Alpaydin & Kaynak 1998).
A grey level 0..16 counts the inked cells of a 4 x 4 block of a 32 x 32 bitmap. Training uses the
first 1437 pictures, testing the last 360: labels run 0, 1, ..., 9 through the file, so that taking
every n-th picture would pick some digits and miss others.

>>> digits = load()
>>> digits.pictures("train").shape, digits.pictures("test").shape
(torch.Size([1437, 1, 8, 8]), torch.Size([360, 1, 8, 8]))
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from gen_core.data.image_source import ImageSource, Split

__all__ = ["load"]

TOP_LEVEL = 16
N_TRAIN = 1437


@cache
def load() -> ImageSource:
    """Return the digits; the same object at each call."""
    table = torch.from_numpy(_table())
    levels, labels = table[:, :-1].reshape(-1, 1, 8, 8), table[:, -1].long()
    splits = {
        "train": Split(levels[:N_TRAIN], labels[:N_TRAIN]),
        "test": Split(levels[N_TRAIN:], labels[N_TRAIN:]),
    }
    return ImageSource("digits", TOP_LEVEL, splits, n_classes=10)


def _table() -> np.ndarray:
    """Read scikit-learn's file, ``(1797, 65)`` uint8, a picture and its label a row.

    Not with `sklearn.datasets.load_digits`: its import takes a second, in which a page waits.
    """
    package = find_spec("sklearn")
    assert package is not None and package.submodule_search_locations
    path = Path(package.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    return np.loadtxt(path, delimiter=",").astype(np.uint8)
