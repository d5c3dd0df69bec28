"""The nearest-neighbour vote on codes whose neighbours are known."""

import numpy as np
import pytest

from gen_core.evaluation.latent import knn_error


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
