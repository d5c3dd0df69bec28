"""What travels: out as a zip of weights and cards or of a recording, in from such a zip or files.

What comes in is bounded, has plain names, and passes the checks of
:func:`gen_core.checkpoint.load` before anything of it is kept. Nothing is ever unpickled.
"""

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.kept import RECORDING, Kept
from app.live.checking import check_apart
from app.live.home import free_name, plain_name
from app.live.recording import pack
from app.recording_import import MOST_FILES, arrival, check_names, is_recording, keep
from app.zipped import bound, unzipped
from gen_core.errors import CheckpointError

__all__ = ["packed", "take_in"]

_MOST_FILES = 16
_LARGEST_CARD = 1 << 20  # bytes
_LANE = re.compile(r"[A-Za-z0-9_]{1,24}")
_REMEDY = "Import what Export wrote, or a .safetensors file together with its .json card."

Check = Callable[[Sequence[Path]], list[str]]
Loaded = tuple[str, bytes, dict[str, Any]]  # stem, weights, card


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
    """Keep checkpoints and recordings that came from elsewhere; all of them, or none.

    Args:
        files: Names and contents: pairs of weights and card, or zip files of such pairs, or of a
            recording each.
        check: Loads weights, beside their card where they have one; returns the papers' stems.

    Returns:
        The titles under which they are kept.

    Raises:
        GenLabError: Something is not whole, too large, or of another kind.
    """
    weights: list[Mapping[str, bytes]] = []
    recordings: list[tuple[str, Mapping[str, bytes]]] = []
    for name, content in _unpacked(files):
        if name.lower().endswith(".zip") and is_recording(content):
            recordings.append((name, content))
        else:
            weights.append(content)
    arrived = [arrival(name, content, check) for name, content in recordings]
    loaded = _loaded(_together(weights), check) if weights or not arrived else {}
    return [*_kept(loaded), *map(keep, arrived)]


def _loaded(files: Mapping[str, bytes], check: Check) -> dict[str, list[Loaded]]:
    """Return checkpoints by title, every one of which was loaded without complaint."""
    groups: dict[str, list[Loaded]] = {}
    pairs = sorted(_pairs(files).items())
    cards = [_card(name, text) for name, (_, text) in pairs]
    with tempfile.TemporaryDirectory(prefix="gen-lab-import-") as folder:
        paths = [
            Path(folder) / f"{number}" / "checkpoint.safetensors" for number in range(len(pairs))
        ]
        for path, (_, (weights, text)) in zip(paths, pairs, strict=True):
            path.parent.mkdir()
            path.write_bytes(weights)
            path.with_suffix(".json").write_bytes(text)
        stems = check(paths)
    for (name, (weights, _)), card, stem in zip(pairs, cards, stems, strict=True):
        title = str(card.get("title") or name)[:120]
        groups.setdefault(title, []).append((stem, weights, card))
    for title, members in groups.items():
        if len({(stem, _lane(card)) for stem, _, card in members}) < len(members):
            raise CheckpointError("one checkpoint a lane", f"two of {title}", _REMEDY)
    return groups


def _kept(groups: Mapping[str, Sequence[Loaded]]) -> list[str]:
    """Save checkpoints under titles that are free, and return these."""
    from gen_core.checkpoint import save

    titles = []
    for title, members in groups.items():
        numbered, paths = free_name(title, [(stem, _lane(card)) for stem, _, card in members])
        for path, (_, weights, card) in zip(paths, members, strict=True):
            save(path, weights, {**card, "title": numbered})
        titles.append(numbered)
    return titles


def _unpacked(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield the files of each zip, and each of the others alone."""
    total = 0
    for name, data in files:
        zipped = name.lower().endswith(".zip")
        found = unzipped(name, data, _most) if zipped else {name: data}
        total += sum(map(len, found.values()))
        bound(1, total, 1)
        yield name, found


def _most(names: Iterable[str]) -> int:
    """Check the names inside a zip; return how many there may be."""
    names = list(names)
    if is_recording(names):
        check_names(names)
        return MOST_FILES
    for name in names:
        _plain(name)
    return _MOST_FILES


def _together(groups: Iterable[Mapping[str, bytes]]) -> dict[str, bytes]:
    """Return the files of all groups by name, which none may have twice."""
    found: dict[str, bytes] = {}
    for files in groups:
        for name, content in files.items():
            _plain(name)
            if name in found:
                raise CheckpointError("files of different names", f"two of {name!r}", _REMEDY)
            found[name] = content
        bound(len(found), sum(map(len, found.values())), _MOST_FILES)
    return found


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
