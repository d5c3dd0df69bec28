"""Form of every set of pictures, known without its files.

A model that was trained on MNIST opens on a machine that has no MNIST.
"""

from dataclasses import dataclass

from gen_core.data.images import MNIST, source

__all__ = ["Form", "form_of"]


@dataclass(frozen=True)
class Form:
    """What a model needs to know of its pictures.

    Attributes:
        image_shape: Channels, height and width.
        top_level: Largest level; there are ``top_level + 1`` of them.
        n_classes: How many classes the labels tell apart, 0 without labels.
    """

    image_shape: tuple[int, int, int]
    top_level: int
    n_classes: int


def form_of(name: str) -> Form:
    """Return the form of a set of pictures.

    Args:
        name: A name that :func:`gen_core.data.images.source` knows.

    Raises:
        DataError: No set has this name, or it is somebody's own and not on this machine.

    Example:
        >>> form_of("mnist-4")
        Form(image_shape=(1, 28, 28), top_level=3, n_classes=10)
    """
    kind = name.removeprefix(MNIST)
    if name.startswith(MNIST) and (kind in ("binary", "static") or kind.isdecimal()):
        return Form((1, 28, 28), int(kind) - 1 if kind.isdecimal() else 1, 10)
    known = source(name)
    return Form(known.image_shape, known.top_level, known.n_classes)
