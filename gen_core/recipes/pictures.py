"""What recipes of pictures share: the setting that names the data."""

from gen_core.data.images import IMAGE_SETS
from gen_core.recipes.settings import setting

__all__ = ["DATA_PATTERN", "data_setting"]

DATA_PATTERN = f"({'|'.join(IMAGE_SETS)}|images-[0-9a-f]{{16}})"


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
