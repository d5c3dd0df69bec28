"""A small picture as a short text, so that a link, a setting or a command can carry one.

Levels in raster order, colours of a pixel in turn, each in as many bits as the largest level
needs, the first level in the highest bits; the bit string, filled up with zeros, in base64url
without padding. An 8 x 8 digit of 17 levels takes 54 letters, a binary one of 28 x 28 131.
"""

import base64
import math
import re

import torch
from torch import Tensor

from gen_core.errors import DataError

__all__ = ["LONGEST", "decode", "encode"]

LONGEST = 200
"""Letters that a setting may have."""


def encode(x: Tensor, top_level: int) -> str:
    """Write a picture.

    Args:
        x: One picture on the levels k / top_level, ``(C, H, W)``.
        top_level: Largest level.

    Raises:
        DataError: The text would be longer than a setting may be.

    Example:
        >>> encode(torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]), 1)
        'kA'
    """
    _check(tuple(x.shape), top_level)
    width = top_level.bit_length()
    levels = (x * top_level).round().long().permute(1, 2, 0).flatten().tolist()
    bits = "".join(f"{level:0{width}b}" for level in levels)
    whole = bits.ljust(-(-len(bits) // 8) * 8, "0")
    packed = int(whole, 2).to_bytes(len(whole) // 8, "big")
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(text: str, shape: tuple[int, int, int], top_level: int) -> Tensor:
    """Read a picture, ``(C, H, W)`` float32 on the levels k / top_level.

    Args:
        text: What :func:`encode` wrote.
        shape: Channels, height and width.
        top_level: Largest level.

    Raises:
        DataError: The text is no picture of this shape, or holds a level above the largest.

    Example:
        >>> decode("kA", (1, 2, 2), 1).tolist()
        [[[1.0, 0.0], [0.0, 1.0]]]
    """
    size = _check(shape, top_level)
    width, count = top_level.bit_length(), math.prod(shape)
    expected = f"{-(-size * 4 // 3)} letters that hold {count} levels up to {top_level}"
    if len(text) != -(-size * 4 // 3) or not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise DataError(expected, repr(text)[:40], "Draw the picture again.")
    packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    bits = f"{int.from_bytes(packed, 'big'):0{8 * size}b}"
    levels = [int(bits[k * width : (k + 1) * width], 2) for k in range(count)]
    if max(levels) > top_level:
        raise DataError(expected, repr(text)[:40], "Draw the picture again.")
    channels, height, columns = shape
    found = torch.tensor(levels, dtype=torch.float32).view(height, columns, channels)
    return (found / top_level).permute(2, 0, 1).contiguous()


def _check(shape: tuple[int, ...], top_level: int) -> int:
    """Return how many bytes a picture takes."""
    size = -(-math.prod(shape) * top_level.bit_length() // 8)
    if -(-size * 4 // 3) > LONGEST:
        got = f"{' x '.join(map(str, shape))} of {top_level + 1} levels"
        raise DataError(
            f"a picture that fits in {LONGEST} letters", got, "Choose digits or binary MNIST."
        )
    return size
