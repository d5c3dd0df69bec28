"""A drawing as a data set: at most 1024 points that fit into a link, bit for bit.

A coordinate has 12 bits over the window [-2, 2): ``x = k / 1024 - 2``, k in 0 to 4095. That grid
holds 0, 1 and -2 exactly, in float32 too, so that what is drawn at (1, 0) lies at (1, 0). The text
is a version character and, for each point, its 24 bits as four characters of base64url (RFC 4648,
section 5): 4097 characters at most, nothing to pad, one text for one list of points.

The points are the distribution. A batch draws them with replacement and adds nothing, so that the
same link trains on the same bytes everywhere; like an uploaded file it has no density.
"""

import base64
import hashlib
import re
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gen_core.data.base import Extent, PointSource
from gen_core.errors import DataError

__all__ = ["MOST", "STEP", "WINDOW", "Drawing", "decode", "drawing", "encode", "quantise"]

WINDOW: Extent = (-2.0, 2.0, -2.0, 2.0)
"""Where a drawing lies: the plot range of the toy data; the upper ends are not part of it."""

MOST = 1024
"""Most points of a drawing."""

STEP = 2.0**-10
"""Distance of two neighbouring coordinates."""

PREFIX = "drawing-"
VERSION = "1"
CHARACTERS = 4  # of one point
_TOP = 2**12 - 1
_REDRAW = "Draw a line, or tap several spots."
_RECOPY = "Copy the whole link once more, or draw anew."


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawing(PointSource):
    """The points of a drawing, where they were drawn; a batch draws them with replacement.

    Attributes:
        points: ``(N, 2)``, float32, on the grid of 12 bits. Do not write into it.
        text: The same points as a link carries them.
        sha256: Hash of the text, for names and cards.
    """

    extent: Extent = WINDOW
    points: Tensor
    text: str
    sha256: str

    def batch(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw points with replacement; see `PointSource.batch`."""
        which = torch.randint(len(self.points), (n,), generator=generator)
        return self.points.index_select(0, which)


def drawing(text: str) -> Drawing:
    """Return the data set that a link's text describes.

    Raises:
        DataError: See `decode`.

    Example:
        >>> pair = drawing(encode(np.array([[1.0, 0.0], [-1.0, 0.0]])))
        >>> pair.points.tolist(), pair.text
        ([[1.0, 0.0], [-1.0, 0.0]], '1wAgAQAgA')
    """
    points = torch.from_numpy(decode(text))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Drawing(name=f"{PREFIX}{digest[:16]}", points=points, text=text, sha256=digest)


def quantise(points: np.ndarray) -> np.ndarray:
    """Move points to the nearest place of the grid; outside the window that is its border.

    Args:
        points: ``(N, 2)``, finite.

    Returns:
        ``(N, 2)``, float32, what `decode` gives after `encode`.
    """
    return _place(_codes(points))


def encode(points: np.ndarray) -> str:
    """Write points as text for a link; see the module for the form.

    Args:
        points: ``(N, 2)``, finite; see `quantise` for what is rounded.

    Raises:
        DataError: No point, a single one (once or often), or more than 1024.
    """
    codes = _codes(points)
    _check(codes)
    packed = codes[:, 0] << 12 | codes[:, 1]  # 24 bits a point
    octets = np.stack((packed >> 16, packed >> 8 & 255, packed & 255), 1).astype(np.uint8)
    return VERSION + base64.urlsafe_b64encode(octets.tobytes()).decode()


def decode(text: str) -> np.ndarray:
    """Read the points of a link's text.

    Returns:
        ``(N, 2)``, float32, in the order in which they were written.

    Raises:
        DataError: The text is empty, of another version, cut off, too long, or holds other
            characters; or it holds no two different points.

    Example:
        >>> decode("1wAgAQAg")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        gen_core.errors.DataError: Expected four characters for each point, got 7. Copy ...
    """
    body = text.removeprefix(VERSION)
    if text and body == text:
        raise DataError(f"a drawing that begins with {VERSION}", repr(text[0]), _RECOPY)
    if len(body) > CHARACTERS * MOST:
        got = f"{len(body)} characters"
        raise DataError(f"a drawing of at most {MOST} points", got, "Draw it here anew.")
    odd = re.search(r"[^A-Za-z0-9_-]", body)
    if odd:
        expected = "letters, digits, - and _ in a drawing"
        raise DataError(expected, repr(odd.group()), _RECOPY)
    if len(body) % CHARACTERS:
        raise DataError("four characters for each point", len(body), _RECOPY)
    octets = np.frombuffer(base64.urlsafe_b64decode(body), np.uint8).reshape(-1, 3)
    packed = octets.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    codes = np.stack((packed >> 12, packed & _TOP), 1)
    _check(codes)
    return _place(codes)


def _codes(points: np.ndarray) -> np.ndarray:
    """Grid numbers of points, ``(N, 2)``, int64 in 0 to 4095."""
    points = np.asarray(points, np.float64).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise DataError("points with finite coordinates", "others among them", _REDRAW)
    return np.rint((points - WINDOW[0]) / STEP).clip(0, _TOP).astype(np.int64)


def _place(codes: np.ndarray) -> np.ndarray:
    return (codes * STEP + WINDOW[0]).astype(np.float32)


def _check(codes: np.ndarray) -> None:
    """A drawing has two different points at least, and at most `MOST`."""
    if len(codes) > MOST:
        remedy = "Choose fewer of them."
        raise DataError(f"a drawing of at most {MOST} points", f"{len(codes)} points", remedy)
    if len(codes) == 0:
        raise DataError("a drawing of at least two different points", "an empty one", _REDRAW)
    if (codes == codes[0]).all():
        raise DataError("a drawing of at least two different points", "a single one", _REDRAW)
