"""A picture as a distribution: points by its darkness, or by its opacity where it has any.

A picture counts as ink on paper. Where its transparency varies, ink is the opacity; otherwise it
is the darkness below the lightest pixel, less the faint grey of a scan or of JPEG. Points are
drawn by ink, evenly (systematic resampling: Kitagawa 1996), uniformly within a pixel, by a seeded
generator. The ink's bounding box goes to the middle of the window, half its longer side to 1.5,
both axes by one factor.

Bounds: `MAX_BYTES` of file and `MAX_PIXELS` of picture, both read before a pixel is decoded;
PNG, JPEG and WebP; the first picture of an animation.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from gen_core.data.drawing import MOST, quantise
from gen_core.errors import DataError

__all__ = ["FORMATS", "MAX_BYTES", "MAX_PIXELS", "read_silhouette"]

MAX_BYTES = 16 * 2**20
"""Largest file that is read: 16 MB."""

MAX_PIXELS = 24_000_000
"""Largest picture that is decoded: a photograph of 6000 x 4000."""

FORMATS = ("PNG", "JPEG", "WEBP")
HALF_WIDTH = 1.5  # of the ink's longer side, like the points of a CSV file
SIDE = 512  # pixels: finer than 1024 points can show
FAINT = 0.1  # darkness that still counts as paper

_SMALLER = "Make the picture smaller and upload it again."
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def read_silhouette(data: bytes, *, count: int = MOST, seed: int = 0) -> np.ndarray:
    """Draw points from a picture.

    Args:
        data: The file's bytes.
        count: How many points.
        seed: Of the draw.

    Returns:
        Points ``(count, 2)``, float32, on the grid of :mod:`gen_core.data.drawing`; up is up.

    Raises:
        DataError: The file is too large, no picture, damaged, or a picture of one even colour.
    """
    ink = _ink(_pixels(data))  # (H, W) in [0, 1]
    if not ink.any():
        raise DataError(
            "something dark on light, or opaque on transparent",
            "a picture of one even colour",
            "Choose a picture with a shape in it.",
        )
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = ink.shape
    random = np.random.default_rng(seed)
    reached = ink.ravel().cumsum()
    at = (np.arange(count) + random.random()) / count * reached[-1]
    pixel = np.searchsorted(reached, at, side="right").clip(0, ink.size - 1)
    row, column = np.divmod(pixel, width)
    place = np.stack((column, row), 1) + random.random((count, 2))
    centred = (place - (width / 2, height / 2)) * (1, -1)  # rows count downward
    return quantise(centred * 2 * HALF_WIDTH / max(width, height))


def _pixels(data: bytes) -> Image.Image:
    """The picture, upright and at most `SIDE` pixels long, or a sentence on why there is none."""
    if len(data) > MAX_BYTES:
        got = f"{len(data) / 2**20:.1f} MB"
        raise DataError(f"a picture of at most {MAX_BYTES // 2**20} MB", got, _SMALLER)
    most = f"a picture of at most {MAX_PIXELS // 10**6} million pixels"
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)  # reads the header alone
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise DataError(most, f"{width} × {height}", _SMALLER)
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        upright = ImageOps.exif_transpose(image)
    except UnidentifiedImageError as error:
        raise DataError(
            "a PNG, JPEG or WebP picture",
            "bytes that are none" if data else "an empty file",
            "Save the picture in one of these formats, and upload that.",
        ) from error
    except _BOMBS as error:
        raise DataError(most, "many more", _SMALLER) from error
    except (OSError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        remedy = "Save the picture again, and upload that."
        raise DataError("a whole picture", "a damaged or truncated one", remedy) from error
    return upright


def _ink(image: Image.Image) -> np.ndarray:
    """How much ink lies on each pixel, ``(H, W)``, float64 in [0, 1]."""
    if image.mode.startswith(("I", "F")):  # 16 bits; converting them would clip, not scale
        deep = np.asarray(image, np.float64)
        image = Image.fromarray((deep / max(deep.max(), 1) * 255).round().astype(np.uint8))
    seen = image.convert("RGBA" if image.has_transparency_data else "RGB").convert("LA")
    seen.thumbnail((SIDE, SIDE))
    grey, opacity = np.moveaxis(np.asarray(seen, np.float64) / 255, 2, 0)
    if np.ptp(opacity):
        return opacity
    darkness = grey.max() - grey
    return np.where(darkness > FAINT, darkness, 0.0)
