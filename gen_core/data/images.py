"""Every set of pictures by its name.

``digits`` (8 x 8, 17 levels), and ``rooms-16``, ``rooms-32``, ``rooms-64`` (colour, drawn from
known factors).
"""

import importlib

from gen_core.data.image_source import ImageSource, Split
from gen_core.errors import DataError

__all__ = ["IMAGE_SETS", "ImageSource", "Split", "source"]

ROOMS = {f"rooms-{size}": size for size in (16, 32, 64)}
IMAGE_SETS = ("digits", *ROOMS)
"""Names that a setting may offer; a person's own pictures come on top."""


def source(name: str) -> ImageSource:
    """Return a set of pictures; the same object at each call.

    Args:
        name: One of `IMAGE_SETS`.

    Raises:
        DataError: No set has this name.

    Example:
        >>> source("digits").image_shape
        (1, 8, 8)
    """
    if name == "digits":
        from gen_core.data import digits  # each set imports what it alone needs

        return digits.load()
    if name in ROOMS:
        rooms = importlib.import_module("gen_core.data.rooms")
        return rooms.load(ROOMS[name])
    known = ", ".join(IMAGE_SETS)
    raise DataError(f"one of the sets of pictures ({known})", repr(name), "Choose one of these.")
