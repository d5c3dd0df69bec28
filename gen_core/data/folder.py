"""A folder or a zip of somebody's own images as a data set.

What is no readable picture is skipped and named. If every picture lies in a sub-folder, and there
are at least two of those, the sub-folders are the classes. Hidden files are passed over.

A zip is read in memory, member by member; nothing of it is written to disk. One whose paths climb
out of it is refused whole.

Bounds: `MAX_PICTURES` pictures, `MAX_ENTRIES` files, `MAX_TOTAL` bytes of them as declared, and
those of :mod:`gen_core.data.picture_file` for each. Of a member no more is unpacked than the zip
declares, and its checksum tells if that was not all.
"""

import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from gen_core.data.own_images import OwnImages, own_images
from gen_core.data.picture_file import MAX_BYTES, read_picture
from gen_core.errors import DataError

__all__ = ["MAX_PICTURES", "MAX_SIZE", "Reading", "Skipped", "read_images"]

MAX_PICTURES = 20_000
"""Most pictures that are read; further ones are left out, and counted."""

MAX_SIZE = 64
"""Largest side of the resized pictures, in pixels."""

MAX_ENTRIES = 100_000
MAX_TOTAL = 4 * 2**30
_UNPACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a bound
_HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini")
_DAMAGED = (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError)
_ZIP_ERRORS = (*_DAMAGED, struct.error, zlib.error)
_FEWER = "Choose a part of the pictures."

Origin = Path | bytes | Sequence[tuple[str, bytes]]


@dataclass(frozen=True)
class Skipped:
    """A file that is no picture of the data set.

    Attributes:
        name: Its path inside the folder or zip.
        reason: What is wrong with it.
    """

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Reading:
    """What a folder or zip gave.

    Attributes:
        images: The pictures as a data set.
        skipped: Files that could not be read, in their order.
        left_out: Files beyond the bound, not looked at.
    """

    images: OwnImages
    skipped: tuple[Skipped, ...]
    left_out: int

    def summary(self) -> str:
        """Say what was read, as a sentence."""
        images = self.images
        channels, height, width = images.image_shape
        classes = f", {images.n_classes} classes" if images.n_classes else ""
        return (
            f"{images.n_train + images.n_test:,} pictures of {height} × {width} pixels,"
            f" {images.top_level + 1} levels, {'grey' if channels == 1 else 'colour'}{classes};"
            f" {images.n_test:,} of them held out."
        )

    def losses(self, most: int = 3) -> tuple[str, ...]:
        """Say what was skipped and why, and how much was left out, in a sentence each.

        Args:
            most: Files that are named; the rest is counted.
        """
        said = []
        if self.skipped:
            named = [f"{_printable(each.name)} is {each.reason}" for each in self.skipped[:most]]
            rest = len(self.skipped) - len(named)
            more = [f"and {rest:,} more"] if rest else []
            said.append(f"Skipped {len(self.skipped):,}: {'; '.join([*named, *more])}.")
        if self.left_out:
            said.append(f"Left out {self.left_out:,}: at most {MAX_PICTURES:,} pictures are read.")
        return tuple(said)


@dataclass(frozen=True)
class _Entry:
    name: str
    size: int
    read: Callable[[], bytes]


def read_images(origin: Origin, size: int = 32, levels: int = 256, colour: bool = True) -> Reading:
    """Read all pictures below a folder or inside a zip, in the order of their paths.

    Args:
        origin: A folder, a zip file, the bytes of one, or the names and bytes of single files.
        size: Pixels along each side, 4 to `MAX_SIZE`.
        levels: How many levels, 2 to 256.
        colour: Three channels, or one of grey.

    Returns:
        The data set and what was skipped.

    Raises:
        DataError: A number is out of range; there is no such folder or zip; it is too large; a
            path climbs out of the zip; or fewer than two pictures can be read.
    """
    if not (4 <= size <= MAX_SIZE and 2 <= levels <= 256):
        expected = f"a size from 4 to {MAX_SIZE} and 2 to 256 levels"
        raise DataError(expected, f"{size} and {levels}", "Choose numbers in between.")
    names: list[str] = []
    pictures: list[Tensor] = []
    skipped: list[Skipped] = []
    left_out = 0
    with ExitStack() as opened:
        entries = sorted(_entries(origin, opened), key=lambda entry: entry.name)
        _bound(entries)
        for tried, entry in enumerate(entries):
            if len(pictures) == MAX_PICTURES:
                left_out = len(entries) - tried
                break
            try:
                pictures.append(_picture(entry, size, levels, colour))
                names.append(entry.name)
            except DataError as error:
                skipped.append(Skipped(entry.name, f"{error.got}, not {error.expected}"))
    if len(pictures) < 2:
        why = f"; {skipped[0].name} is {skipped[0].reason}" if skipped else ""
        got = f"{len(pictures) or 'none'} among {len(entries)} files{why}"
        raise DataError("at least two readable pictures", got, "Add pictures, or save them anew.")
    labels, classes = _classes(names)
    images = own_images(torch.stack(pictures), levels - 1, labels, classes)
    return Reading(images, tuple(skipped), left_out)


def _entries(origin: Origin, opened: ExitStack) -> list[_Entry]:
    if isinstance(origin, Path) and origin.is_dir():
        return _files(origin)
    if not isinstance(origin, Path | bytes):
        return [_Entry(name, len(data), partial(bytes, data)) for name, data in origin]
    try:
        file = io.BytesIO(origin) if isinstance(origin, bytes) else origin
        archive = opened.enter_context(zipfile.ZipFile(file))
    except _ZIP_ERRORS as error:
        got = "bytes that are none" if isinstance(origin, bytes) else str(origin)
        raise DataError("a folder or a zip of pictures", got, "Choose another one.") from error
    members = archive.infolist()
    for each in members:
        _stay_inside(each)
    return [
        _Entry(each.filename, each.file_size, partial(_unpack, archive, each))
        for each in members
        if not each.is_dir() and not _is_hidden(each.filename)
    ]


def _files(folder: Path) -> list[_Entry]:
    found = []
    for root, _, names in os.walk(folder):
        for path in (Path(root, name) for name in names):
            name, about = path.relative_to(folder).as_posix(), path.lstat()
            if not _is_hidden(name) and stat.S_ISREG(about.st_mode):  # no link, pipe or device
                found.append(_Entry(name, about.st_size, partial(_read, path)))
        if len(found) > MAX_ENTRIES:
            break
    return found


def _printable(name: str) -> str:
    """A name without what a terminal would obey, and not too long."""
    shown = "".join(each if each.isprintable() else "?" for each in name)
    return shown if len(shown) <= 60 else f"…{shown[-58:]}"


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part in _HIDDEN for part in name.split("/"))


def _stay_inside(member: zipfile.ZipInfo) -> None:
    """Refuse what would land elsewhere if the zip were unpacked."""
    name = member.orig_filename
    parts = re.split(r"[/\\]", name)
    drive = re.match("[A-Za-z]:", name)
    climbs = parts[0] == "" or ".." in parts or drive or "\0" in name
    if climbs or stat.S_ISLNK(member.external_attr >> 16):
        expected = "a zip whose paths stay inside it"
        raise DataError(expected, repr(name), "Make the zip anew from a folder of pictures.")


def _bound(entries: Sequence[_Entry]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise DataError(f"at most {MAX_ENTRIES:,} files", f"{len(entries):,} or more", _FEWER)
    total = sum(entry.size for entry in entries)
    if total > MAX_TOTAL:
        most = f"at most {MAX_TOTAL // 2**30} GB of files"
        raise DataError(most, f"{total / 2**30:.1f} GB", _FEWER)


def _picture(entry: _Entry, size: int, levels: int, colour: bool) -> Tensor:
    if entry.size > MAX_BYTES:
        most = f"a file of at most {MAX_BYTES // 2**20} MB"
        raise DataError(most, f"{entry.size / 2**20:.1f} MB", "Make the picture smaller.")
    return read_picture(entry.read(), size, levels, colour)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        got = (error.strerror or str(error)).lower()
        raise DataError("a file that may be read", got, "Change its permissions.") from error


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.flag_bits & 1:
        raise DataError("an open file", "encrypted", "Zip without a password.")
    if member.compress_type not in _UNPACKED:
        raise DataError("a deflated one", "packed by another method", "Zip by deflate.")
    try:
        with archive.open(member) as file:
            return file.read(MAX_BYTES + 1)
    except _ZIP_ERRORS as error:
        raise DataError("a whole file", "a damaged one", "Make the zip anew.") from error


def _classes(names: Sequence[str]) -> tuple[Tensor | None, list[str]]:
    """Labels ``(N,)`` by sub-folder and the folders' names, below the folder that all share."""
    folders = [name.split("/")[:-1] for name in names]
    while all(folders) and len({folder[0] for folder in folders}) == 1:
        folders = [folder[1:] for folder in folders]
    if not all(folders):
        return None, []
    classes = sorted({folder[0] for folder in folders})
    label = {name: index for index, name in enumerate(classes)}
    return torch.tensor([label[folder[0]] for folder in folders]), classes
