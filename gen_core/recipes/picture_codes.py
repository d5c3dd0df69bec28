"""How much of the class the posterior means keep, as a slow metric of any picture VAE."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import cast

import numpy as np
import torch

from gen_core.data.image_forms import Form
from gen_core.data.images import source
from gen_core.distributions import DiagonalNormal
from gen_core.evaluation.latent import knn_error
from gen_core.recipes.base import Metric, View

__all__ = ["TRAINING_CODES", "code_metric", "codes_of"]

TRAINING_CODES = 10_000
"""Training pictures that vote at most; all of the test pictures are asked."""

SLICE = 500  # pictures encoded between two looks at the clock: 0.1 s of MNIST


def code_metric(form: Form, model: str) -> dict[str, Metric]:
    """Return the metric ``knn_error``, or none where the pictures have no classes.

    Args:
        form: Form of the lane's pictures; without classes there is nothing to measure.
        model: Name of the lane's model, which has ``encode``.
    """
    if not form.n_classes:
        return {}
    return {
        "knn_error": Metric(
            "k-NN error of the latent code",
            "%",
            lambda view: _code_error(view, model),
            lambda view: _pixel_error(view.recipe.dataset().name),
        )
    }


def codes_of(view: View, model: str, split: str, stop: int | None = None) -> Iterator[np.ndarray]:
    """Encode a split in slices; yield the means so far, ``(n, Z)``.

    Args:
        view: The lane.
        model: Name of its model, which has ``encode``.
        split: ``"train"`` or ``"test"``.
        stop: Index after the last picture; all where left out.
    """
    data = view.recipe.dataset()
    encode = cast(Callable[[torch.Tensor], DiagonalNormal], view.models[model].encode)
    total = min(data.n_train if split == "train" else data.n_test, stop or 10**9)
    found: list[np.ndarray] = []
    for start in range(0, total, SLICE):
        x = data.pictures(split, start, min(start + SLICE, total)).to(view.device)
        with torch.no_grad():
            found.append(encode(x).mu.cpu().numpy())
        yield np.concatenate(found)


def _code_error(view: View, model: str) -> Iterator[float]:
    """Yield the error while the training codes come in, the test codes first."""
    data = view.recipe.dataset()
    *_, test = codes_of(view, model, "test")
    labels, test_labels = data.labels("train").numpy(), data.labels("test").numpy()
    for codes in codes_of(view, model, "train", TRAINING_CODES):
        yield knn_error(codes, labels[: len(codes)], test, test_labels)


@cache
def _pixel_error(name: str) -> float:
    data = source(name)
    pixels = data.pictures("train", 0, TRAINING_CODES).flatten(1).numpy()
    test = data.pictures("test").flatten(1).numpy()
    labels, test_labels = data.labels("train").numpy(), data.labels("test").numpy()
    return knn_error(pixels, labels[: len(pixels)], test, test_labels)
