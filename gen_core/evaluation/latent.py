"""How much of the class a latent code keeps: the error of a nearest-neighbour vote.

The measure that Gulrajani et al. 2017 (PixelVAE, ICLR) report for 2-D latent spaces. Their number
of neighbours is not published; K = 5 here.
"""

import numpy as np

__all__ = ["NEIGHBOURS", "knn_error"]

NEIGHBOURS = 5


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
