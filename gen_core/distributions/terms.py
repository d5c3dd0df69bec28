"""What every distribution here shares: sums per example, and shapes that must agree."""

from torch import Tensor

from gen_core.errors import DataError

__all__ = ["like", "per_example", "positive"]


def per_example(terms: Tensor) -> Tensor:
    """Sum over all dimensions of an example: ``(B, ...)`` to ``(B,)``."""
    return terms.flatten(1).sum(1)


def like(x: Tensor, parameter: Tensor) -> Tensor:
    """Return ``x`` if it is shaped like ``parameter``.

    Raises:
        DataError: It is not; broadcasting would turn a wrong shape into a plausible number.
    """
    if x.shape != parameter.shape:
        raise DataError(
            f"values of shape {tuple(parameter.shape)}", tuple(x.shape), "Reshape or repeat them."
        )
    return x


def positive(temperature: float) -> float:
    """Return a temperature above zero.

    Raises:
        DataError: It is zero, negative or not a number.
    """
    if not temperature > 0:
        raise DataError("a temperature above 0", temperature, "Take 1 for the model's own.")
    return temperature
