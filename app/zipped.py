"""Zip files that came from elsewhere: bounded, and read no further than allowed."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable

from gen_core.errors import CheckpointError, GenLabError

__all__ = ["MOST_BYTES", "bound", "unzipped"]

MOST_BYTES = 256 << 20  # of all files together, unpacked
_REMEDY = "Import what Export wrote."
_DAMAGE = (  # what zipfile raises for flipped bytes, cut files, ciphers and unknown methods
    OSError, EOFError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def unzipped(name: str, data: bytes, most: Callable[[Iterable[str]], int]) -> dict[str, bytes]:
    """Return the files of a zip by name, whatever its directory says of their size.

    Args:
        name: What the zip is called.
        data: Its bytes.
        most: Refuses names that it may not hold, and says how many files at most it may.

    Raises:
        GenLabError: It is damaged, or holds too much, or what it may not hold.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            allowed = most(entry.filename for entry in entries)
            bound(len(entries), sum(entry.file_size for entry in entries), allowed)
            found: dict[str, bytes] = {}
            total = 0
            for entry in entries:
                if entry.filename in found:
                    got = f"two of {entry.filename!r}"
                    raise CheckpointError("files of different names", got, _REMEDY)
                with archive.open(entry) as file:
                    found[entry.filename] = file.read(MOST_BYTES + 1 - total)
                total += len(found[entry.filename])
                bound(len(found), total, allowed)
            return found
    except GenLabError:
        raise
    except _DAMAGE as error:
        raise CheckpointError("a zip file", f"{name!r}, which is damaged", _REMEDY) from error


def bound(count: int, size: int, most: int) -> None:
    """Refuse too many files, or too many bytes of them together.

    Raises:
        CheckpointError: It is too much.
    """
    if count > most:
        raise CheckpointError(f"at most {most} files", count, _REMEDY)
    if size > MOST_BYTES:
        got = f"{size / 2**20:.0f} MB"
        remedy = "Choose a smaller one."
        raise CheckpointError(f"at most {MOST_BYTES >> 20} MB in all", got, remedy)
