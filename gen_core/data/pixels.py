"""Between grey levels, bits and real numbers, each way with its log-determinant.

A level is k = 0 ... K - 1, a pixel x = k / (K - 1) in [0, 1]. Log-determinants and likelihoods are
in nats per example, ``(B,)``, summed over all dimensions.
"""

import math
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gen_core.errors import DataError

__all__ = [
    "binarize",
    "bits_per_dim",
    "byte_levels",
    "dequantize",
    "inverse_logit",
    "logit",
    "quantize",
]

Nats = TypeVar("Nats", float, Tensor)


def binarize(x: Tensor, noise: Tensor) -> Tensor:
    """Switch each pixel on with probability x: 1 where noise < x, else 0.

    Args:
        x: Pixels in [0, 1], of any shape.
        noise: U[0, 1) of the same shape.

    Raises:
        DataError: The shapes differ.
    """
    return (_like(noise, x) < x).to(x.dtype)


def quantize(x: Tensor, levels: int) -> Tensor:
    """Round pixels down to equal bins: k = floor(levels * x), at most levels - 1.

    On bytes b / 255 that is b itself at 256 levels, and b's upper bits at 4 or 16, like the floor
    of v times 256 - 1e-8 in the public PixelVAE code (``tflib/mnist_256.py``). A picture that is
    on the levels already stays as it is.

    Args:
        x: Pixels in [0, 1], of any shape.
        levels: How many levels K, at least 2.

    Returns:
        Pixels on k / (levels - 1), like ``x``.

    Raises:
        DataError: Fewer than two levels.

    Example:
        >>> quantize(torch.tensor([0.0, 0.2, 0.3, 1.0]), 4) * 3
        tensor([0., 0., 1., 3.])
    """
    if levels < 2:
        raise DataError("at least two levels", levels, "Choose more levels.")
    return (x * levels).floor().clamp(max=levels - 1) / (levels - 1)


def byte_levels(values: Tensor, levels: int) -> Tensor:
    """Quantise bytes: the k of `quantize` for values / 255.

    Args:
        values: Bytes, ``(N, ...)``, uint8.
        levels: How many levels K, 2 to 256.

    Returns:
        Levels k, like ``values``; at 256 levels the same tensor.
    """
    if levels == 256:
        return values
    table = (quantize(torch.arange(256) / 255, levels) * (levels - 1)).round().to(torch.uint8)
    some = values.split(1000)  # an index is four times as large as the bytes
    return torch.cat([table[each.int()] for each in some])


def dequantize(x: Tensor, top_level: int, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Spread each level evenly over its bin: y = (k + noise) / K with K = top_level + 1.

    A density p of y scores the level as log p(y) + log_det, a lower bound in the mean over noise
    (Theis et al. 2016, section 3.1). With K = 256 that is the rule "add D ln 256 to the nats".

    Args:
        x: Pixels on k / top_level, ``(B, ...)``.
        top_level: Largest level.
        noise: U[0, 1), like ``x``.

    Returns:
        y in [0, 1), like ``x``, and log |d y / d (k + noise)| = -D ln K, ``(B,)``.

    Raises:
        DataError: The shapes differ.
    """
    k = (x * top_level).round()
    inside = torch.nextafter(k + 1, k)  # k + noise may round up to the next level
    y = torch.minimum(k + _like(noise, x), inside) / (top_level + 1)
    dims = x[0].numel()
    return y, x.new_full((len(x),), -dims * math.log(top_level + 1))


def logit(x: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Stretch [0, 1] over the real line: y = ln p / (1 - p) at p = alpha + (1 - 2 alpha) x.

    Dinh et al. 2017, section 4.1, in the symmetric form of their public code (alpha = 0.05 gives
    0.05 + 0.9 x); the paper prints alpha + (1 - alpha) x, which is infinite at x = 1.

    Args:
        x: Pixels in [0, 1], ``(B, ...)``; in (0, 1) at alpha = 0.
        alpha: Margin, 0 <= alpha < 1/2.

    Returns:
        y, like ``x``, and log |det dy/dx| = sum of ln(1 - 2 alpha) + softplus(y) + softplus(-y),
        ``(B,)``.

    Raises:
        DataError: alpha is out of range.
    """
    y = torch.logit(_margin(alpha) + (1 - 2 * alpha) * x)
    return y, _stretch(y, alpha)


def inverse_logit(y: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Undo `logit`: x = (sigmoid(y) - alpha) / (1 - 2 alpha), outside [0, 1] for extreme y.

    Args:
        y: Real numbers, ``(B, ...)``.
        alpha: Margin, 0 <= alpha < 1/2.

    Returns:
        x, like ``y``, and log |det dx/dy|, ``(B,)``: that of `logit` at x, negated.

    Raises:
        DataError: alpha is out of range.
    """
    x = (y.sigmoid() - _margin(alpha)) / (1 - 2 * alpha)
    return x, -_stretch(y, alpha)


def bits_per_dim(nats: Nats, dims: int, bins: int = 1) -> Nats:
    """Return the bits that a dimension costs: (nats + dims ln bins) / (dims ln 2).

    Args:
        nats: Negative log-likelihood of a picture, in nats.
        dims: Dimensions of a picture, C * H * W.
        bins: 1 for a probability of levels. For a density over [0, 1) the number of levels (Theis
            et al. 2016, section 3.1), unless ``nats`` holds dequantisation's log-determinant.

    Example:
        >>> bits_per_dim(0.0, 3072, bins=256)  # a uniform density
        8.0
    """
    return (nats / dims + math.log(bins)) / math.log(2)


def _stretch(y: Tensor, alpha: float) -> Tensor:
    each = math.log(1 - 2 * alpha) + softplus(y) + softplus(-y)
    return each.flatten(1).sum(1)  # (B, ...) -> (B,)


def _margin(alpha: float) -> float:
    if not 0 <= alpha < 0.5:
        raise DataError("a margin alpha from 0 to below 1/2", alpha, "Real NVP uses 0.05.")
    return alpha


def _like(noise: Tensor, x: Tensor) -> Tensor:
    # broadcasting here would give pixels the same noise
    if noise.shape != x.shape:
        shape = tuple(x.shape)
        raise DataError(f"noise of shape {shape}", tuple(noise.shape), "Draw one number a pixel.")
    return noise
