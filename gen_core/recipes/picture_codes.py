"""How much of the class the posterior means keep, as a slow metric of any picture VAE."""

import math
from collections.abc import Iterator
from functools import cache, partial
from typing import Any, cast

import numpy as np

from gen_core.data.image_forms import Form
from gen_core.data.images import source
from gen_core.evaluation import transport
from gen_core.evaluation.latent import codes_of, knn_error
from gen_core.recipes.measures import Metric, View

__all__ = ["TRAINING_CODES", "code_metric"]

TRAINING_CODES = 10_000
"""Training pictures that vote at most; all of the test pictures are asked."""


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


def _code_error(view: View, model: str) -> Iterator[float]:
    """Yield the error while the training codes come in, the test codes first.

    While the transport solver is being loaded, NaN: its thread imports scikit-learn, as the vote
    does, and two threads that import one package at once can each see the half of it.
    """
    while transport.preparing():
        yield math.nan
    data, of = view.recipe.dataset(), cast(Any, view.models[model])
    means = partial(codes_of, lambda x: of.encode(x).mu, data, device=view.device)
    test = np.concatenate(list(means("test")))
    labels, test_labels = data.labels("train").numpy(), data.labels("test").numpy()
    codes = test[:0]
    for found in means("train", TRAINING_CODES):
        codes = np.concatenate([codes, found])
        yield knn_error(codes, labels[: len(codes)], test, test_labels)


@cache
def _pixel_error(name: str) -> float:
    data = source(name)
    pixels = data.pictures("train", 0, TRAINING_CODES).flatten(1).numpy()
    test = data.pictures("test").flatten(1).numpy()
    labels, test_labels = data.labels("train").numpy(), data.labels("test").numpy()
    return knn_error(pixels, labels[: len(pixels)], test, test_labels)
