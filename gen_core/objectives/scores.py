"""One check for the commonest mistake with scores: a column where a vector belongs."""

from torch import Tensor

from gen_core.errors import GenLabError

__all__ = ["check_scores"]


def check_scores(*scores: Tensor) -> None:
    """Insist that all are vectors ``(B,)`` of one length.

    A column ``(B, 1)`` beside a vector ``(B,)`` would broadcast to ``(B, B)``.

    Raises:
        GenLabError: A shape is another.
    """
    shape = scores[0].shape
    if len(shape) == 1 and all(score.shape == shape for score in scores):
        return
    raise GenLabError(
        "scores of one shape (B,)",
        " and ".join(str(tuple(score.shape)) for score in scores),
        "Squeeze the network's last axis, and use as many real as generated examples.",
    )
