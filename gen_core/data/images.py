"""Every set of pictures by its name.

``digits`` (8 x 8, 17 levels); ``mnist-binary``, ``mnist-static``, and ``mnist-N`` of N grey levels
(28 x 28); ``rooms-16``, ``rooms-32``, ``rooms-64`` (colour, drawn from known factors);
``images-`` and a hash, somebody's own; ``four`` data points, a toy of one paper.
"""

from gen_core.data.image_source import ImageSource, Split
from gen_core.errors import DataError

__all__ = ["IMAGE_SETS", "ImageSource", "Split", "source"]

MNIST = "mnist-"
OWN = "images-"
ROOMS = {f"rooms-{size}": size for size in (16, 32, 64)}
IMAGE_SETS = (
    "digits",
    *(MNIST + form for form in ("binary", "static", "4", "16", "256")),
    *ROOMS,
)
"""Names that a setting may offer; a person's own pictures come on top."""


def source(name: str) -> ImageSource:
    """Return a set of pictures; the same object at each call in a process.

    Args:
        name: One of `IMAGE_SETS`, ``mnist-`` and a number of grey levels, ``four``, or
            ``images-`` and the hash of stored pictures.

    Raises:
        DataError: No set has this name, or its files are not on this machine.

    Example:
        >>> source("digits").image_shape
        (1, 8, 8)
    """
    # each set imports what it alone needs
    if name == "digits":
        from gen_core.data import digits

        return digits.load()
    if name == "four":
        from gen_core.data import four

        return four.load()
    if name.startswith(MNIST):
        from gen_core.data import mnist

        return mnist.load(name)
    if name.startswith(OWN):
        from gen_core.data import own_images

        return own_images.stored(name)
    if name in ROOMS:
        from gen_core.data import rooms

        return rooms.load(ROOMS[name])
    known = ", ".join(IMAGE_SETS)
    raise DataError(f"one of the sets of pictures ({known})", repr(name), "Choose one of these.")
