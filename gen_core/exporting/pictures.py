"""Pictures and codes as files: GIF, WebP, a sheet as PNG, and arrays as NPZ.

The same arrays give the same bytes: nothing in a file depends on the clock.
"""

import io
import json
import math
import zipfile
from collections.abc import Mapping

import numpy as np
from PIL import Image

from gen_core.errors import DataError

__all__ = ["FORMATS", "gif", "npz", "sheet", "walk_file", "webp"]

FORMATS = ("gif", "webp", "png", "npz")
"""Endings of the files that :func:`walk_file` makes."""

SIDE = 256  # pixels along an enlarged picture, about
GAP = 2  # pixels between two pictures of a sheet
GREY = 128
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold


def gif(images: np.ndarray, pause: int = 80, *, back: bool = False) -> bytes:
    """Return an animation as a GIF that repeats for ever.

    Args:
        images: ``(N, H, W)`` or ``(N, H, W, 3)`` uint8.
        pause: Milliseconds for each picture.
        back: Whether it goes back the way it came, rather than beginning anew.

    Raises:
        DataError: The pictures have another form.
    """
    frames = [_picture(each, _scale(images)) for each in _there_and_back(images, back)]
    if images.ndim == 4:
        frames = [frame.quantize(256, Image.Quantize.MEDIANCUT) for frame in frames]
    return _animation(frames, "GIF", pause, optimize=False, disposal=2)


def webp(images: np.ndarray, pause: int = 80, *, back: bool = False) -> bytes:
    """Return an animation as a WebP without loss; see :func:`gif`.

    Raises:
        DataError: The pictures have another form.
    """
    frames = [
        _picture(each, _scale(images)).convert("RGB") for each in _there_and_back(images, back)
    ]
    return _animation(frames, "WEBP", pause, lossless=True, quality=80, method=4)


def sheet(images: np.ndarray, columns: int = 0) -> bytes:
    """Return pictures side by side on grey as a PNG.

    Args:
        images: ``(N, H, W)`` or ``(N, H, W, 3)`` uint8.
        columns: How many in a row; 0 for a sheet about as high as wide.

    Raises:
        DataError: The pictures have another form.
    """
    count, height, width = _checked(images).shape[:3]
    columns = columns or math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    scale = max(1, _scale(images) // 4)
    down, across = height * scale + GAP, width * scale + GAP
    mode = "L" if images.ndim == 3 else "RGB"
    laid = Image.new(mode, (columns * across - GAP, rows * down - GAP), (GREY,) * len(mode))
    for k, each in enumerate(images):
        laid.paste(_picture(each, scale), ((k % columns) * across, (k // columns) * down))
    file = io.BytesIO()
    laid.save(file, "PNG")
    return file.getvalue()


def npz(arrays: Mapping[str, np.ndarray], about: Mapping[str, object]) -> bytes:
    """Return arrays by name as numpy's ``.npz``, with ``about`` as JSON beside them.

    Args:
        arrays: What numpy reads back.
        about: What is needed to make them again: settings, seed, hash of the weights.

    Example:
        >>> loaded = np.load(io.BytesIO(npz({"z": np.zeros(3)}, {"seed": 7})))
        >>> loaded["z"].shape, json.loads(str(loaded["about"]))
        ((3,), {'seed': 7})
    """
    file = io.BytesIO()
    told = {**arrays, "about": np.array(json.dumps(about, sort_keys=True))}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(told):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(told[name]), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            archive.writestr(entry, member.getvalue(), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def walk_file(
    kind: str,
    arrays: Mapping[str, np.ndarray],
    about: Mapping[str, object],
    pause: int = 80,
    *,
    back: bool = False,
) -> bytes:
    """Return a walk as a file.

    Args:
        kind: One of `FORMATS`.
        arrays: What the probe ``walk`` found; an NPZ holds all of it, a picture only ``images``.
        about: What is needed to walk again, for the NPZ.
        pause: Milliseconds for each picture of an animation.
        back: Whether an animation goes back the way it came.

    Raises:
        DataError: No such format is known, or there are no pictures.
    """
    images = arrays.get("images", np.zeros(0))
    if kind == "gif":
        return gif(images, pause, back=back)
    if kind == "webp":
        return webp(images, pause, back=back)
    if kind == "png":
        return sheet(images)
    if kind == "npz":
        return npz({name: each for name, each in arrays.items() if name != "progress"}, about)
    expected = f"a file ending in {', '.join(FORMATS)}"
    raise DataError(expected, repr(kind)[:60], "Choose one of these.")


def _checked(images: np.ndarray) -> np.ndarray:
    pictures = images.dtype == np.uint8 and images.ndim in (3, 4) and len(images) > 0
    if not pictures or (images.ndim == 4 and images.shape[3] != 3):
        got = f"{images.dtype} of shape {images.shape}"
        raise DataError("pictures (N, H, W) or (N, H, W, 3) of bytes", got, "Choose others.")
    return images


def _there_and_back(images: np.ndarray, back: bool) -> np.ndarray:
    _checked(images)
    return np.concatenate((images, images[-2:0:-1])) if back else images


def _scale(images: np.ndarray) -> int:
    return max(1, SIDE // max(images.shape[1:3]))


def _picture(image: np.ndarray, scale: int) -> Image.Image:
    """Enlarge a picture by a whole number, each pixel a square."""
    return Image.fromarray(image.repeat(scale, axis=0).repeat(scale, axis=1))


def _animation(frames: list[Image.Image], kind: str, pause: int, **how: object) -> bytes:
    file = io.BytesIO()
    first, *rest = frames
    first.save(file, kind, save_all=True, append_images=rest, duration=pause, loop=0, **how)
    return file.getvalue()
