"""How much of the class a latent code keeps: the error of a nearest-neighbour vote.

The measure that Gulrajani et al. 2017 (PixelVAE, ICLR) report for 2-D latent spaces. Their number
of neighbours is not published; K = 5 here.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gen_core.data.image_source import ImageSource
from gen_core.evaluation.figures import Estimate, Figure, Progress

__all__ = ["NEIGHBOURS", "CodeError", "code_error", "codes_of", "knn_error"]

NEIGHBOURS = 5
BATCH = 500  # pictures encoded between two looks at the clock: 0.1 s of MNIST


def knn_error(
    codes: np.ndarray,
    labels: np.ndarray,
    test_codes: np.ndarray,
    test_labels: np.ndarray,
    neighbours: int = NEIGHBOURS,
) -> float:
    """Share of test codes whose nearest training codes vote for a wrong label, in percent.

    Args:
        codes: Training codes, ``(N, Z)``.
        labels: Their classes, ``(N,)``.
        test_codes: Test codes, ``(M, Z)``.
        test_labels: Their classes, ``(M,)``.
        neighbours: How many neighbours vote, by Euclidean distance; ties go to the smaller class.

    Example:
        >>> codes = np.array([[0.0], [0.1], [5.0], [5.1]])
        >>> knn_error(codes, np.array([0, 0, 1, 1]), codes + 0.2, np.array([0, 0, 1, 0]), 1)
        25.0
    """
    from sklearn.neighbors import KNeighborsClassifier  # slow to import, and rarely needed

    vote = KNeighborsClassifier(neighbours).fit(codes, labels)
    return 100.0 * float(np.mean(vote.predict(test_codes) != test_labels))


@dataclass(frozen=True)
class CodeError:
    """The error of the vote over test codes.

    Attributes:
        percent: Share of wrong votes, with the standard error of a proportion.
        pictures: Test codes.
        neighbours: How many voted.
    """

    percent: Estimate
    pictures: int
    neighbours: int = NEIGHBOURS

    def figures(self) -> Mapping[str, Figure]:
        """Return the error as the only figure."""
        label = f"k-NN error of the latent code, k = {self.neighbours}"
        return {"knn_error": Figure(label, "%", self.percent, self.pictures)}


@torch.no_grad()
def codes_of(
    encode: Callable[[Tensor], Tensor],
    data: ImageSource,
    split: str,
    stop: int | None = None,
    device: torch.device | str = "cpu",
) -> Iterator[np.ndarray]:
    """Encode the pictures of a split in their order, a slice at a time.

    Args:
        encode: Pictures ``(B, C, H, W)`` to codes ``(B, Z)``, such as the posterior's means.
        data: The pictures.
        split: ``"train"``, ``"test"``, or another one that the data have.
        stop: Index after the last picture; all where left out.
        device: Where the model lives.

    Yields:
        The codes of each slice, ``(b, Z)``.
    """
    total = len(data.split(split).levels[:stop])
    for start in range(0, total, BATCH):
        x = data.pictures(split, start, min(start + BATCH, total))
        yield encode(x.to(device)).cpu().numpy()


def code_error(
    encode: Callable[[Tensor], Tensor],
    data: ImageSource,
    pictures: int = 0,
    device: torch.device | str = "cpu",
) -> Iterator[Progress[CodeError]]:
    """Encode all training pictures and some test pictures, then let neighbours vote.

    Args:
        encode: Pictures ``(B, C, H, W)`` to codes ``(B, Z)``, such as the posterior's means.
        data: Pictures with labels.
        pictures: Test pictures, from the first on; 0 for all.
        device: Where the model lives.

    Yields:
        The share done after each batch, and the error with the last.

    Raises:
        DataError: The pictures have no labels.
    """
    labels = {"train": data.labels("train"), "test": data.labels("test")[: pictures or None]}
    codes: dict[str, list[np.ndarray]] = {split: [] for split in labels}
    done, total = 0, sum(map(len, labels.values()))
    for split, known in labels.items():
        for found in codes_of(encode, data, split, len(known), device):
            codes[split].append(found)
            done += len(found)
            yield Progress(done / (total + 1), None)  # the vote is still to come
    train, test = (np.concatenate(each) for each in codes.values())
    wrong = knn_error(train, labels["train"].numpy(), test, labels["test"].numpy()) / 100
    error = math.sqrt(wrong * (1 - wrong) / len(test))
    yield Progress(1.0, CodeError(Estimate(100 * wrong, 100 * error), len(test)))
