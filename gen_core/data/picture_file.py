"""One picture file of any format that Pillow reads, as a small square of levels.

The picture is turned upright, laid on white where it is transparent, cut to its central square
and resized by Lanczos' filter, then quantised. Its size is read from the header, so that a picture
of more than `MAX_PIXELS` is refused before a pixel is decoded.
"""

import io
from functools import cache

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from gen_core.data.pixels import byte_levels
from gen_core.errors import DataError

__all__ = ["MAX_BYTES", "MAX_PIXELS", "read_picture"]

MAX_BYTES = 50 * 2**20
"""Largest file that is read: 50 MB."""

MAX_PIXELS = 64_000_000
"""Largest picture that is decoded: 8000 x 8000."""

_MOST = f"a picture of at most {MAX_PIXELS // 10**6} million pixels"
_SMALLER = "Make the picture smaller."
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def read_picture(data: bytes, size: int, levels: int = 256, colour: bool = True) -> Tensor:
    """Decode a picture.

    Args:
        data: The file's bytes.
        size: Pixels along each side of the result.
        levels: How many levels, 2 to 256.
        colour: Three channels, or one of grey.

    Returns:
        Levels, ``(C, size, size)``, uint8.

    Raises:
        DataError: The file is too large, no picture that is known, or damaged.
    """
    if len(data) > MAX_BYTES:
        got = f"{len(data) / 2**20:.1f} MB"
        raise DataError(f"a file of at most {MAX_BYTES // 2**20} MB", got, _SMALLER)
    try:
        with Image.open(io.BytesIO(data), formats=_formats()) as image:  # reads the header alone
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise DataError(_MOST, f"{width} × {height}", _SMALLER)
            image.draft("RGB", (2 * size, 2 * size))  # a JPEG is decoded at a fraction
            pixels = np.asarray(_square(image, size).convert("RGB" if colour else "L"))
    except DataError:
        raise
    except _BOMBS as error:
        raise DataError(_MOST, "a far larger one", _SMALLER) from error
    except UnidentifiedImageError as error:
        got = "bytes that are none" if data else "an empty file"
        raise DataError("a picture", got, "Save it as PNG or JPEG.") from error
    except Exception as error:  # a decoder may raise anything at a damaged file
        raise DataError("a whole picture", "a damaged one", "Save the picture again.") from error
    planes = torch.from_numpy(pixels.copy()).reshape(size, size, -1).permute(2, 0, 1)
    return byte_levels(planes.contiguous(), levels)


@cache
def _formats() -> tuple[str, ...]:
    """What Pillow reads by itself: EPS would start another program on the file."""
    Image.init()
    return tuple(name for name in Image.ID if name != "EPS")


def _square(image: Image.Image, size: int) -> Image.Image:
    """The central square, upright and opaque."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith(("I", "F")):  # 16 bits; converting them would clip, not scale
        deep = np.nan_to_num(np.asarray(upright, np.float32))
        top = 65535 if upright.mode.startswith("I;16") else max(deep.max(), 1)
        upright = Image.fromarray((deep.clip(0, top) / top * 255).round().astype(np.uint8))
    seen = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    small = ImageOps.fit(seen, (size, size), Image.Resampling.LANCZOS)
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small)
    return small
