"""Checkpoints that travel: out as a zip of weights and cards, in from such a zip or the files.

What comes in is bounded, has plain names, and passes the checks of
:func:`gen_core.checkpoint.load` before anything of it is kept. Nothing is ever unpickled.
"""

import io
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from app.kept import RECORDING, Kept
from app.live.checking import check_apart
from app.live.home import free_name, plain_name
from app.live.recording import pack
from gen_core.errors import CheckpointError

__all__ = ["MOST_BYTES", "packed", "take_in"]

MOST_BYTES = 256 << 20  # of all files together, unpacked
_MOST_FILES = 16
_LARGEST_CARD = 1 << 20  # bytes
_LANE = re.compile(r"[A-Za-z0-9_]{1,24}")
_REMEDY = "Import what Export wrote, or a .safetensors file together with its .json card."
_DAMAGE = (  # what zipfile raises for flipped bytes, cut files, ciphers and unknown methods
    OSError, EOFError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip

Check = Callable[[Path], str]


def packed(kept: Kept) -> bytes:
    """Return what is kept as one zip file: weights and cards, or a whole recording."""
    if kept.kind == RECORDING:
        path = kept.files[""]
        if path.is_file():
            return path.read_bytes()
        with tempfile.TemporaryDirectory() as folder:
            pack(path, Path(folder) / "recording.zip")
            return (Path(folder) / "recording.zip").read_bytes()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in kept.files.values():
            name = plain_name(kept.title) if kept.shipped else path.stem
            archive.write(path, f"{name}.safetensors")
            archive.write(path.with_suffix(".json"), f"{name}.json")
    return made.getvalue()


def take_in(files: Iterable[tuple[str, bytes]], check: Check = check_apart) -> list[str]:
    """Keep checkpoints that came from elsewhere; all of them, or none.

    Args:
        files: Names and contents: pairs of weights and card, or zip files of such pairs.
        check: Checks weights beside their card and returns the paper's stem.

    Returns:
        The titles under which they are kept.

    Raises:
        CheckpointError: Something is not a whole checkpoint with its card, or too large.
    """
    from gen_core.checkpoint import save

    pairs, groups = _pairs(_unpacked(files)), {}
    with tempfile.TemporaryDirectory(prefix="gen-lab-import-") as folder:
        for number, (name, (weights, text)) in enumerate(sorted(pairs.items())):
            card = _card(name, text)
            path = Path(folder) / f"{number}" / "checkpoint.safetensors"
            path.parent.mkdir()
            path.write_bytes(weights)
            path.with_suffix(".json").write_bytes(text)
            title = str(card.get("title") or name)[:120]
            groups.setdefault(title, []).append((check(path), weights, card))
    titles = []
    for title, members in groups.items():
        places = [(stem, _lane(card)) for stem, _, card in members]
        if len(set(places)) < len(places):
            raise CheckpointError("one checkpoint a lane", f"two of {title}", _REMEDY)
        numbered, paths = free_name(title, places)
        for path, (_, weights, card) in zip(paths, members, strict=True):
            save(path, weights, {**card, "title": numbered})
        titles.append(numbered)
    return titles


def _unpacked(files: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Return all files by name, those inside of zip files included."""
    found: dict[str, bytes] = {}
    for name, data in files:
        inside = _inside(name, data) if name.lower().endswith(".zip") else {name: data}
        for each, content in inside.items():
            if each in found:
                raise CheckpointError("files of different names", f"two of {each!r}", _REMEDY)
            found[each] = content
        _bound(len(found), sum(map(len, found.values())))
    for name in found:
        _plain(name)
    return found


def _inside(name: str, data: bytes) -> dict[str, bytes]:
    """Return the files of a zip, read no further than allowed whatever its directory says."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            for entry in entries:
                _plain(entry.filename)
            _bound(len(entries), sum(entry.file_size for entry in entries))
            found, total = {}, 0
            for entry in entries:
                with archive.open(entry) as file:
                    found[entry.filename] = file.read(MOST_BYTES + 1 - total)
                total += len(found[entry.filename])
                _bound(len(found), total)
            return found
    except CheckpointError:
        raise
    except _DAMAGE as error:
        raise CheckpointError("a zip file", f"{name!r}, which is damaged", _REMEDY) from error


def _pairs(files: Mapping[str, bytes]) -> dict[str, tuple[bytes, bytes]]:
    """Return weights and card by their name without suffix."""
    stems = {name.rpartition(".")[0] for name in files}
    if not stems:
        raise CheckpointError("weights and their card", "no file", _REMEDY)
    pairs = {}
    for stem in stems:
        for suffix, what in ((".safetensors", "weights"), (".json", "a card")):
            if stem + suffix not in files:
                raise CheckpointError(f"{what} for {stem!r}", f"no {stem + suffix!r}", _REMEDY)
        pairs[stem] = files[f"{stem}.safetensors"], files[f"{stem}.json"]
    return pairs


def _plain(name: str) -> None:
    """Refuse a name that leads out of a folder, or a file of another kind."""
    if re.search(r"[/\\:\x00]|^\.", name) or len(name) > 120:
        raise CheckpointError("plain file names, without folders", repr(name)[:60], _REMEDY)
    if not name.endswith((".safetensors", ".json")):
        raise CheckpointError("weights (.safetensors) and cards (.json)", repr(name), _REMEDY)


def _bound(count: int, size: int) -> None:
    if count > _MOST_FILES:
        raise CheckpointError(f"at most {_MOST_FILES} files", count, _REMEDY)
    if size > MOST_BYTES:
        got = f"{size / 2**20:.0f} MB"
        raise CheckpointError(
            f"at most {MOST_BYTES >> 20} MB in all", got, "Choose a smaller one."
        )


def _card(name: str, text: bytes) -> dict[str, Any]:
    expected = f"a card in JSON for {name!r}"
    if len(text) > _LARGEST_CARD:
        raise CheckpointError(expected, f"{len(text) >> 20} MB", _REMEDY)
    try:
        card = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(expected, "something else", _REMEDY) from error
    if not isinstance(card, dict):
        raise CheckpointError(expected, type(card).__name__, _REMEDY)
    return card


def _lane(card: Mapping[str, Any]) -> str:
    """Return the lane's name where the card has a proper one; it becomes part of a file's name."""
    lane = card.get("lane")
    name = lane.get("name") if isinstance(lane, Mapping) else None
    return name if isinstance(name, str) and _LANE.fullmatch(name) else ""
