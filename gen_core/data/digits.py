"""scikit-learn's 8 x 8 handwritten digits: pictures that need no download.

1797 digits of the UCI set "Optical Recognition of Handwritten Digits" (Alpaydin & Kaynak 1998).
A grey level 0..16 counts the inked cells of a 4 x 4 block of a 32 x 32 bitmap; here it is divided
by 16. Training uses the first 1437 pictures, testing the last 360: labels run 0, 1, ..., 9 through
the file, so that taking every n-th picture would pick some digits and miss others.

>>> digits = load()
>>> digits.train.shape, digits.test.shape
(torch.Size([1437, 1, 8, 8]), torch.Size([360, 1, 8, 8]))
"""

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

__all__ = ["Digits", "load"]

LEVELS = 16
N_TRAIN = 1437


@dataclass(frozen=True, eq=False)
class Digits:
    """Pictures with labels, split by index. Shared by everybody: do not write into it.

    Attributes:
        train: Training pictures, ``(N, 1, 8, 8)``, float32 in [0, 1] on the levels k / 16.
        train_labels: Their digits 0..9, ``(N,)``, int64.
        test: Held-out pictures, like ``train``.
        test_labels: Their digits.
        name: The name under which pages and cards know the data.
        top_level: Largest native grey level; there are ``top_level + 1`` levels.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor
    name: str = "digits"
    top_level: int = LEVELS

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        channels, height, width = self.train.shape[1:]
        return channels, height, width

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw training pictures, with replacement.

        Args:
            n: How many.
            generator: A CPU generator, the only source of randomness.

        Returns:
            Pictures ``(n, 1, 8, 8)``, float32, on the CPU.
        """
        chosen = torch.randint(len(self.train), (n,), generator=generator)
        return self.train.index_select(0, chosen)


@cache
def load() -> Digits:
    """Return the digits; the same object at each call. Reads the file of scikit-learn."""
    from sklearn.datasets import load_digits  # a second of imports that other data do not need

    bunch = load_digits()
    pictures = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / LEVELS
    labels = torch.tensor(bunch.target, dtype=torch.int64)
    return Digits(pictures[:N_TRAIN], labels[:N_TRAIN], pictures[N_TRAIN:], labels[N_TRAIN:])
