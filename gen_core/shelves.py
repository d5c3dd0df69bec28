"""Where checkpoints lie: those that ship with the lab, and those that a person saved.

Both have a folder for each paper, so that a checkpoint is named ``stem/name`` on either shelf.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen_core.checkpoint import card_beside
from gen_core.data.home import home
from gen_core.errors import CheckpointError, nearest

__all__ = ["SHIPPED", "Shelved", "find", "free_place", "saved_folder", "shelved"]

SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints"
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Shelved:
    """A checkpoint that lies on a shelf.

    Attributes:
        name: ``stem/name``, as commands take it.
        path: Its weights.
        ships: Whether it ships with the lab; else somebody saved it here.
        card: What its card says.
    """

    name: str
    path: Path
    ships: bool
    card: Mapping[str, Any]


def saved_folder() -> Path:
    """Return the folder in which pages and commands keep what a person saves."""
    return home() / "checkpoints"


def shelved() -> Iterator[Shelved]:
    """Yield every checkpoint that has a card, those that ship first, by name."""
    for folder, ships in ((SHIPPED, True), (saved_folder(), False)):
        for path in sorted(folder.glob(f"*/*{SUFFIX}")):
            if card := _card(path):
                name = path.relative_to(folder).with_suffix("").as_posix()
                yield Shelved(name, path, ships, card)


def find(name: str) -> Path:
    """Return the weights that a name means.

    Args:
        name: ``stem/name`` of a checkpoint that ships or was saved here, or a path of one's own.

    Raises:
        CheckpointError: There is no such file.
    """
    shelves = [folder / f"{name}{SUFFIX}" for folder in (SHIPPED, saved_folder())]
    for path in (*shelves, Path(name), Path(f"{name}{SUFFIX}")):
        if path.is_file():
            return path
    names = [each.name for each in shelved()]
    known = f" ({', '.join(dict.fromkeys(names))})" if names else ""
    remedy = nearest(name, names, "Name one of these.")
    raise CheckpointError(f"a checkpoint{known} or a path of one", repr(name), remedy)


def free_place(stem: str, name: str) -> Path:
    """Return where a checkpoint of this name may be saved without touching another.

    Args:
        stem: The paper.
        name: What it shall be called; a number is added where something has that name.
    """
    for number in itertools.count(1):
        numbered = name if number == 1 else f"{name}-{number}"
        path = saved_folder() / stem / f"{numbered}{SUFFIX}"
        if not path.exists():
            break
    return path


def _card(path: Path) -> dict[str, Any]:
    """Return a card, empty where there is none of a checkpoint that can be read."""
    try:
        card = card_beside(path)
    except (CheckpointError, OSError):
        return {}
    return card if isinstance(card.get("recipe"), dict) else {}
