"""Which entries of a growing recording stay: spacing doubles with age.

Entry number i of n has age n - 1 - i. With a window of W entries, ages below W keep every entry,
ages from W to 2W every 2nd, from 2W to 4W every 4th, and so on: an entry stays while its number
is a multiple of its level's spacing. Multiples of 2^(l+1) are multiples of 2^l, so an entry that
is gone is never wanted back, and entry 0 stays for ever. Kept are about
W + (W/2) log2(n/W) entries; where a count or byte limit asks for fewer, W shrinks.
"""

from collections.abc import Sequence

__all__ = ["spacing", "thin"]


def spacing(age: int, window: int) -> int:
    """Return the distance between kept entries of an age.

    Args:
        age: Entries recorded since, 0 for the newest.
        window: Number of newest entries that all stay, at least 1.

    Returns:
        A power of two, 1 inside the window.

    Example:
        >>> [spacing(age, 4) for age in (0, 3, 4, 7, 8, 16, 31)]
        [1, 1, 2, 2, 4, 8, 8]
    """
    return 1 if age < window else 1 << (age // window).bit_length()


def thin(
    numbers: Sequence[int], sizes: Sequence[int], window: int, count: int, total: int
) -> tuple[list[int], int]:
    """Choose which entries to drop after the newest was added.

    Args:
        numbers: Numbers of the entries on hand, increasing; the last is the newest.
        sizes: Bytes of each.
        window: Window so far.
        count: Most entries to keep.
        total: Most bytes to keep.

    Returns:
        The numbers to drop, and the window from now on. The newest entry always stays, so a
        single entry larger than ``total`` is kept.
    """
    newest = numbers[-1] if numbers else 0
    while True:
        kept = [
            (number, size)
            for number, size in zip(numbers, sizes, strict=True)
            if number == newest or number % spacing(newest - number, window) == 0
        ]
        fits = len(kept) <= count and sum(size for _, size in kept) <= total
        if fits or window <= 2:  # a window of 1 keeps next to nothing once 2^k entries are there
            break
        window -= 1
    while len(kept) > 1 and (len(kept) > count or sum(size for _, size in kept) > total):
        del kept[1 if len(kept) > 2 else 0]
    stay = {number for number, _ in kept}
    return [number for number in numbers if number not in stay], window
