"""The nearest-neighbour vote on codes whose neighbours are known."""

import math

import numpy as np
import pytest
import torch

from gen_core.data.image_source import ImageSource, Split
from gen_core.data.images import source
from gen_core.errors import DataError
from gen_core.evaluation.latent import code_error, knn_error


def test_two_clusters_by_hand():
    codes = np.array([[0.0], [0.2], [0.4], [9.0], [9.2], [9.4]])
    labels = np.array([0, 0, 1, 1, 1, 0])
    test = np.array([[0.1], [9.1], [0.1], [9.1]])
    # three neighbours vote 0 on the left and 1 on the right; the nearest alone votes so too
    assert knn_error(codes, labels, test, np.array([0, 1, 1, 1]), 3) == 25.0
    assert knn_error(codes, labels, test, np.array([0, 1, 0, 1]), 1) == 0.0


def test_codes_without_information_are_at_chance():
    random = np.random.default_rng(0)
    codes, test = random.normal(size=(2000, 2)), random.normal(size=(2000, 2))
    labels, truth = random.integers(10, size=2000), random.integers(10, size=2000)
    error = 100 * (0.9 * 0.1 / 2000) ** 0.5
    assert knn_error(codes, labels, test, truth) == pytest.approx(90, abs=5 * error)


@pytest.mark.parametrize("pictures", [0, 50])
def test_codes_are_made_in_batches_and_scored_with_the_error_of_a_proportion(pictures):
    data = source("digits")

    def encode(x):
        return x.flatten(1)[:, 8:24]

    steps = list(code_error(encode, data, pictures))
    assert all(step.result is None for step in steps[:-1]) and len(steps) > 3
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    found = steps[-1].result
    n = pictures or data.n_test
    test, truth = data.pictures("test", 0, n), data.labels("test")[:n].numpy()
    train, labels = data.pictures("train"), data.labels("train").numpy()
    whole = knn_error(encode(train).numpy(), labels, encode(test).numpy(), truth)
    assert found.percent.value == pytest.approx(whole) and 0 < whole < 100
    assert found.percent.error == pytest.approx(math.sqrt(whole * (100 - whole) / n))
    assert found.pictures == n


def test_pictures_without_labels_have_no_code_error():
    black = Split(torch.zeros(3, 1, 2, 2, dtype=torch.uint8))
    night = ImageSource("night", 255, {"train": black, "test": black})
    with pytest.raises(DataError, match="Expected pictures with labels, got night"):
        list(code_error(lambda x: x.flatten(1), night))
