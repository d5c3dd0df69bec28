"""What every set of pictures can do: serve batches for training, and its splits in order.

Pictures are float32 ``(B, C, H, W)`` in [0, 1] on the levels k / top_level. In memory they stay
bytes, and only what is asked for is converted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_core.errors import DataError

__all__ = ["ImageSource", "Split"]


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures of one split in their order. Shared by everybody: do not write into it.

    Attributes:
        levels: Grey or colour levels k, ``(N, C, H, W)``, uint8.
        labels: Classes, ``(N,)``, int64; None where the pictures have none.
    """

    levels: Tensor
    labels: Tensor | None = None


@dataclass(frozen=True, eq=False)
class ImageSource:
    """Pictures with labels or without, in named splits of which one is for training.

    Attributes:
        name: The name under which pages, cards and the command line know the data.
        top_level: Largest level; there are ``top_level + 1`` of them.
        splits: ``"train"``, ``"test"``, and others where the data have them.
        n_classes: How many classes the labels tell apart, 0 without labels.
        sha256: Hash of the pictures where they are somebody's own, for cards.

    Example:
        >>> black = Split(torch.zeros(3, 1, 2, 2, dtype=torch.uint8))
        >>> night = ImageSource("night", 255, {"train": black, "test": black})
        >>> night.batch(5, torch.Generator().manual_seed(0)).shape
        torch.Size([5, 1, 2, 2])
    """

    name: str
    top_level: int
    splits: Mapping[str, Split]
    n_classes: int = 0
    sha256: str = ""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        channels, height, width = self.splits["train"].levels.shape[1:]
        return channels, height, width

    @property
    def n_train(self) -> int:
        """Pictures to train on."""
        return len(self.splits["train"].levels)

    @property
    def n_test(self) -> int:
        """Held-out pictures."""
        return len(self.splits["test"].levels)

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw training pictures, with replacement.

        Args:
            n: How many.
            generator: A CPU generator, the only source of randomness.

        Returns:
            Pictures ``(n, C, H, W)``, float32, on the CPU.
        """
        return self._drawn(self._chosen(n, generator), generator)

    def labelled_batch(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw the same pictures as `batch` would, with their classes ``(n,)``, int64.

        Raises:
            DataError: The pictures have no labels.
        """
        labels = self.labels("train")
        chosen = self._chosen(n, generator)
        return self._drawn(chosen, generator), labels.index_select(0, chosen)

    def pictures(self, split: str, start: int = 0, stop: int | None = None) -> Tensor:
        """Return pictures of a split in their order, the same ones at each call.

        Args:
            split: ``"train"``, ``"test"``, or another one that the data have.
            start: Index of the first, as in a slice.
            stop: Index after the last, as in a slice.

        Returns:
            Pictures ``(B, C, H, W)``, float32, on the CPU.

        Raises:
            DataError: The data have no such split.
        """
        return self._values(self.split(split).levels[start:stop])

    def picked(self, split: str, indices: Tensor) -> Tensor:
        """Return some pictures of a split, in the order of their indices, as `pictures` has them.

        Args:
            split: As in `pictures`.
            indices: At least one, ``(B,)``, int64.

        Returns:
            Pictures ``(B, C, H, W)``, float32, on the CPU.

        Raises:
            DataError: The data have no such split.
        """
        return torch.cat([self.pictures(split, i, i + 1) for i in indices.tolist()])

    def labels(self, split: str) -> Tensor:
        """Return the classes of a whole split, ``(N,)``, int64.

        Raises:
            DataError: The data have no such split, or no labels.
        """
        labels = self.split(split).labels
        if labels is None:
            remedy = "Choose data with classes, or a model without."
            raise DataError("pictures with labels", f"{self.name}, which has none", remedy)
        return labels

    def split(self, name: str) -> Split:
        """Return one split as it lies in memory.

        Raises:
            DataError: The data have no such split.
        """
        if name not in self.splits:
            known = ", ".join(self.splits)
            raise DataError(f"a split of {self.name} ({known})", repr(name), "Name one of these.")
        return self.splits[name]

    def _chosen(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randint(self.n_train, (n,), generator=generator)

    def _drawn(self, chosen: Tensor, generator: torch.Generator) -> Tensor:
        """The training pictures of these indices; a subclass may draw more randomness."""
        return self._values(self.splits["train"].levels.index_select(0, chosen))

    def _values(self, levels: Tensor) -> Tensor:
        return levels.float().div_(self.top_level)
