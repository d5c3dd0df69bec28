"""Checkpoints and recordings for pages: what was saved here, and what ships with the lab."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from app.live.home import home, plain_name

__all__ = ["SHIPPED", "EarlierRun", "Library", "Saved", "library"]

SHIPPED = Path(__file__).parents[1] / "checkpoints" / "recordings"
_LARGEST_CARD = 8 << 20  # bytes; a card holds an edit log, never weights


@dataclass(frozen=True)
class Saved:
    """What one press of *Save* kept: a checkpoint of every lane.

    Attributes:
        title: The name that was given.
        stem: The recipe's paper.
        lanes: Each lane's outside form (name, label, colour, stem, variant, overrides).
        paths: Checkpoint file by lane.
        when: Time of saving, in seconds since 1970.
    """

    title: str
    stem: str
    lanes: tuple[Mapping[str, Any], ...]
    paths: Mapping[str, Path]
    when: float


@dataclass(frozen=True)
class EarlierRun:
    """A run that this machine recorded.

    Attributes:
        title: What it was called.
        path: Its recording.
        lanes: Each lane's outside form.
        head: Last recorded round.
        when: Time of its last change, in seconds since 1970.
    """

    title: str
    path: Path
    lanes: tuple[Mapping[str, Any], ...]
    head: int
    when: float


class Library:
    """Reads cards, and remembers those that have not changed since.

    Args:
        folder: Folder of recordings and checkpoints; the person's own by default.
        shipped: Folder of the recordings that ship with the lab.
    """

    def __init__(self, folder: Path | None = None, shipped: Path = SHIPPED) -> None:
        self._folder = folder
        self._shipped = shipped
        self._cards: dict[Path, tuple[int, dict[str, Any] | None]] = {}

    @property
    def folder(self) -> Path:
        """Where a person's checkpoints lie."""
        return self._folder or home()

    def shipped(self, name: str) -> Path | None:
        """Return a shipped recording by its file name, or None if it is not there."""
        path = self._shipped / name
        return path if name and path.is_file() else None

    def checkpoints(self, stem: str) -> list[Saved]:
        """Return what was saved of a recipe, newest first; a file without a card is left out."""
        groups: dict[str, list[tuple[Path, dict[str, Any]]]] = {}
        for path in sorted((self.folder / "checkpoints" / stem).glob("*.safetensors")):
            card = self._card(path.with_suffix(".json")) or {}
            lane = _lane(path.stem, card)
            if lane is not None:
                groups.setdefault(str(card["title"]), []).append((path, lane))
        found = [_saved(title, stem, entries) for title, entries in groups.items()]
        return sorted(found, key=lambda saved: -saved.when)

    def earlier_runs(self, most: int = 20) -> list[EarlierRun]:
        """Return the runs that this machine recorded, newest first."""
        found = []
        for file in sorted(self.folder.glob("recordings/*/card.json"), reverse=True):
            card = self._card(file)
            lanes = (card or {}).get("spec", {}).get("lanes", [])
            if card is not None and card.get("head") and lanes and all(map(_is_lane, lanes)):
                when = file.stat().st_mtime
                title = str(card.get("title") or file.parent.name)
                found.append(EarlierRun(title, file.parent, tuple(lanes), int(card["head"]), when))
            if len(found) == most:
                break
        return found

    def _card(self, path: Path) -> dict[str, Any] | None:
        """Return a card's content, or None where there is none that can be read."""
        try:
            stamp = path.stat()
            if stamp.st_size > _LARGEST_CARD:
                return None
            known = self._cards.get(path)
            if known is None or known[0] != stamp.st_mtime_ns:
                content = json.loads(path.read_text(encoding="utf-8"))
                card = content if isinstance(content, dict) else None
                known = self._cards[path] = (stamp.st_mtime_ns, card)
        except (OSError, ValueError):
            return None
        return known[1]


@st.cache_resource(show_spinner=False)
def library() -> Library:
    """Return the one library of this server."""
    return Library()


def _saved(title: str, stem: str, entries: list[tuple[Path, dict[str, Any]]]) -> Saved:
    return Saved(
        title,
        stem,
        tuple(lane for _, lane in entries),
        {lane["name"]: path for path, lane in entries},
        max(path.stat().st_mtime for path, _ in entries),
    )


def _lane(file: str, card: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the outside form of the lane that a checkpoint ``<title>-<lane>`` holds."""
    title, recipe = card.get("title"), card.get("recipe")
    if not isinstance(title, str) or not isinstance(recipe, dict):
        return None
    name = file.removeprefix(f"{plain_name(title)}-")
    lane = {"name": name, "label": str(card.get("label") or name), **recipe}
    return lane if name != file and _is_lane(lane) else None


def _is_lane(found: object) -> bool:
    return isinstance(found, dict) and {"name", "stem", "variant"} <= found.keys()
