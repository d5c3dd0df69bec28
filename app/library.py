"""Checkpoints and recordings for pages: what was saved here, and what ships with the lab."""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app.kept import (
    CHECKPOINT,
    READER,
    RECORDING,
    Kept,
    flaw_of_frame,
    flaw_of_weights,
    newest_frame,
)
from app.live.home import home, plain_name
from app.live.recording import Recording
from app.preset import SHIPPED
from gen_core.errors import CheckpointError, RecordingError

__all__ = ["Library", "library"]

Entry = tuple[Path, Mapping[str, Any], Mapping[str, Any]]  # weights, lane, card
_BESIDE = (".json", ".safetensors", ".codes", ".light.png", ".dark.png")
_LARGEST_CARD = 8 << 20  # bytes; a card holds an edit log, never weights


class Library:
    """Reads cards, and remembers those that have not changed since.

    Args:
        folder: Folder of recordings and checkpoints; the person's own by default.
        shipped: Folder of what ships with the lab.
    """

    def __init__(self, folder: Path | None = None, shipped: Path = SHIPPED) -> None:
        self._folder = folder
        self._shipped = shipped
        self._cards: dict[Path, tuple[object, Any]] = {}
        self._flaws: dict[Path, tuple[object, str]] = {}

    @property
    def folder(self) -> Path:
        """Where a person's checkpoints and recordings lie."""
        return self._folder or home()

    def shipped(self, name: str) -> Path | None:
        """Return a shipped recording by its file name, or None if it is not there."""
        path = self._shipped / "recordings" / name
        return path if name and path.is_file() else None

    def checkpoints(self, stem: str) -> list[Kept]:
        """Return what was saved of a recipe, newest first; what is damaged is left out."""
        return [each for each in self._saved() if not each.flaw and stem in each.stems]

    def earlier_runs(self, most: int = 20) -> list[Kept]:
        """Return the runs that this machine recorded, newest first."""
        found = []
        for each in self._recorded():
            if len(found) == most:
                break
            if not each.flaw:
                found.append(each)
        return found

    def kept(self) -> list[Kept]:
        """Return all there is, damaged files included: one's own newest first, then the rest."""
        own = [*self._saved(), *self._recorded()]
        return [*sorted(own, key=lambda each: -each.when), *self._of_the_lab()]

    def find(self, id: str) -> Kept | None:
        """Return what an address names, or None if it is not here or damaged."""
        return next((each for each in self.kept() if each.id == id and not each.flaw), None)

    def delete(self, kept: Kept) -> None:
        """Delete what a person saved; its card goes first, so that no half is ever listed.

        Raises:
            CheckpointError: It ships with the lab, or cannot be deleted.
        """
        root = self.folder.resolve()
        inside = [path.resolve().is_relative_to(root) for path in kept.files.values()]
        if kept.shipped or not all(inside):
            got = f"{kept.title}, which ships with the lab"
            raise CheckpointError("something saved on this machine", got, "Choose one of these.")
        try:
            for path in kept.files.values():
                if kept.kind == RECORDING:
                    (path / "card.json").unlink(missing_ok=True)
                    shutil.rmtree(path)
                    continue
                for suffix in _BESIDE:
                    path.with_suffix(suffix).unlink(missing_ok=True)
        except OSError as error:
            got = (error.strerror or str(error)).lower()
            raise CheckpointError(f"leave to delete {kept.title}", got, "Try again.") from error

    def _saved(self) -> list[Kept]:
        """Return one's own checkpoints, newest first; the lanes of one save are one."""
        groups: dict[tuple[str, str], list[Entry]] = {}
        found: list[Kept] = []
        for path in _weights_or_cards(self.folder / "checkpoints"):
            card = self._card(path.with_suffix(".json"))
            lane = _lane(path.stem, card or {})
            flaw = self._flaw(path, lambda path=path, card=card: flaw_of_weights(path, card))
            if not flaw and (lane is None or card is None):
                flaw = "The card does not say what the weights are."
            if lane is None or card is None or flaw:
                found.append(_damaged(path, flaw))
                continue
            title = str(card.get("title") or path.stem)
            groups.setdefault((title, _save(path, card)), []).append((path, lane, card))
        for (title, _), entries in groups.items():
            first = entries[0][0]
            id = f"saved/{first.parent.name}/{first.stem}"
            found.append(_checkpoint(id, title, entries, shipped=False))
        return sorted(found, key=lambda each: -each.when)

    def _recorded(self) -> Iterator[Kept]:
        """Yield the runs that this machine recorded, newest first; empty ones are left out."""
        for file in sorted(self.folder.glob("recordings/*/card.json"), reverse=True):
            card, folder = self._card(file) or {}, file.parent
            lanes = (card.get("spec") or {}).get("lanes") or []
            newest = newest_frame(folder)
            if newest is None or not lanes or not all(map(_is_lane, lanes)):
                continue
            frame, last = newest  # a kill leaves the card behind the newest frame
            if head := max(_whole(card.get("head")), last):
                yield Kept(
                    id=f"recorded/{folder.name}",
                    kind=RECORDING,
                    shipped=False,
                    title=str(card.get("title") or folder.name),
                    lanes=tuple(lanes),
                    files={"": folder},
                    cards={"": card},
                    when=_when(frame),
                    head=head,
                    flaw=self._flaw(frame, lambda frame=frame: flaw_of_frame(frame)),
                )

    def _of_the_lab(self) -> Iterator[Kept]:
        """Yield what ships: checkpoints by paper, the readers of factors, recordings."""
        for path in sorted(self._shipped.glob("*/*.safetensors")):
            card = self._card(path.with_suffix(".json"))
            lane = _lane("", card or {})
            id = f"{path.parent.name}/{path.stem}"
            if card is not None and lane is not None:
                yield _checkpoint(id, id, [(path, {**lane, "name": ""}, card)], shipped=True)
            elif card is not None:
                yield Kept(id, READER, True, id, (), {"": path}, {"": card}, _when(path))
        for path in sorted(self._shipped.glob("recordings/*.zip")):
            card = self._card(path)
            lanes = ((card or {}).get("spec") or {}).get("lanes") or []
            if card is not None and lanes:
                yield Kept(
                    id=f"recordings/{path.stem}",
                    kind=RECORDING,
                    shipped=True,
                    title=str(card.get("title") or path.stem),
                    lanes=tuple(lanes),
                    files={"": path},
                    cards={"": card},
                    when=_when(path),
                    head=int(card.get("head") or 0),
                )

    def _card(self, path: Path) -> dict[str, Any] | None:
        """Return a card's content, or None where there is none that can be read."""
        try:
            stamp = _stamp(path)
            known = self._cards.get(path)
            if known is None or known[0] != stamp:
                known = self._cards[path] = (stamp, _read(path))
        except (OSError, ValueError, RecursionError, RecordingError):
            return None
        return known[1]

    def _flaw(self, path: Path, look: Callable[[], str]) -> str:
        """Return what is wrong with a file, looked for again only where it has changed."""
        try:
            beside = path.with_suffix(".json")
            stamp = (_stamp(path), _stamp(beside) if beside.exists() else None)
        except OSError:
            return look()
        known = self._flaws.get(path)
        if known is None or known[0] != stamp:
            known = self._flaws[path] = (stamp, look())
        return known[1]


@st.cache_resource(show_spinner=False)
def library() -> Library:
    """Return the one library of this server."""
    return Library()


def _weights_or_cards(folder: Path) -> list[Path]:
    """Return the weights of a folder, those included of which a kill left the card alone."""
    found = [*folder.glob("*/*.safetensors"), *folder.glob("*/*.json")]
    named = {path.with_suffix(".safetensors") for path in found if path.name[0] != "."}
    return sorted(named)


def _checkpoint(
    id: str,
    title: str,
    entries: Sequence[Entry],
    *,
    shipped: bool,
) -> Kept:
    return Kept(
        id=id,
        kind=CHECKPOINT,
        shipped=shipped,
        title=title,
        lanes=tuple(lane for _, lane, _ in entries),
        files={lane["name"]: path for path, lane, _ in entries},
        cards={lane["name"]: card for _, lane, card in entries},
        when=max(_when(path) for path, _, _ in entries),
        head=max(_whole(card.get("round")) for _, _, card in entries),
    )


def _damaged(path: Path, flaw: str) -> Kept:
    id = f"saved/{path.parent.name}/{path.stem}"
    beside = path if path.exists() else path.with_suffix(".json")
    return Kept(id, CHECKPOINT, False, path.stem, (), {"": path}, when=_when(beside), flaw=flaw)


def _lane(file: str, card: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the outside form of the lane that a checkpoint holds, None if its card has none.

    A checkpoint that was saved on a page knows its lane; one of the command line fits any.
    """
    recipe = card.get("recipe")
    if not isinstance(recipe, dict) or not _is_lane({**recipe, "name": ""}):
        return None
    told = card.get("lane")
    name = told.get("name") if isinstance(told, dict) else None
    if name is None and isinstance(card.get("title"), str):
        start = f"{plain_name(card['title'])}-"
        name = file.removeprefix(start) if file.startswith(start) else None
    name = name if isinstance(name, str) else ""
    known = {each: recipe[each] for each in ("stem", "variant")}
    label = str(card.get("label") or name or recipe["stem"])
    return {"name": name, "label": label, **known, "overrides": recipe.get("overrides", {})}


def _save(path: Path, card: Mapping[str, Any]) -> str:
    """Return what the lanes of one save have in common, of whatever papers they are.

    A card of an earlier version names the recording; one of the command line stands alone.
    """
    return str(card.get("save") or card.get("recording") or path.parent.name)


def _is_lane(found: object) -> bool:
    if not isinstance(found, dict) or not {"name", "stem", "variant"} <= found.keys():
        return False
    words = all(isinstance(found[each], str) for each in ("name", "stem", "variant"))
    return words and isinstance(found.get("overrides", {}), dict)


def _read(path: Path) -> dict[str, Any] | None:
    if path.suffix == ".zip":
        return Recording(path).card
    if path.stat().st_size > _LARGEST_CARD:
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else None


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _when(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
