"""What recipes of pictures share: the setting that names the data, and the data by that name."""

from gen_core.data.images import ImageSource, source
from gen_core.recipes.settings import setting

__all__ = ["DATA_PATTERN", "data_setting", "source_of"]

DATA_PATTERN = (
    "(digits|mnist-binary|mnist-static|mnist-4|mnist-16|mnist-256|rooms-16|rooms-32|rooms-64"
    "|images-[0-9a-f]{16})"
)


def data_setting(default: str, origin: str) -> str:
    """Declare the field ``data`` of a recipe that learns from pictures.

    Args:
        default: Name of a set of pictures.
        origin: Where the choice comes from.
    """
    field: str = setting(
        default, origin, pattern=DATA_PATTERN, symbol="x", hint="Pictures to learn from."
    )
    return field


def source_of(name: str) -> ImageSource:
    """Return the pictures that the setting names.

    Args:
        name: A value of the setting.

    Raises:
        DataError: A file of theirs is missing here, or damaged.

    Example:
        >>> source_of("digits").top_level
        16
    """
    return source(name)
