"""Anchors of a walk: read from text, and turned into points of a latent space.

Sums and averages of codes are the vector arithmetic of Radford, Metz & Chintala 2016 (DCGAN, arXiv
1511.06434, section 6.3.2): "averaging the Z vector for three examplars" per concept, and
smiling woman - neutral woman + neutral man. The form of the text is in
:mod:`gen_core.exploration.walk_settings`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from gen_core.data import level_text
from gen_core.data.image_forms import Form, form_of
from gen_core.data.image_source import ImageSource
from gen_core.data.own_images import stored
from gen_core.data.rooms import Rooms
from gen_core.data.rooms_factors import FACTORS
from gen_core.errors import DataError
from gen_core.exploration.latent_spaces import CodeSpace
from gen_core.exploration.registry import Settings, View
from gen_core.exploration.walk_settings import ANCHORS, ATOM

__all__ = ["Term", "anchors_of", "drawn_top_level", "parse_anchor"]

AVERAGED = 100
"""Test pictures whose codes are averaged for a class, or for an end of a factor, at most."""

KEPT = 256
"""Codes of one model that are kept at most."""

_OF_A_CODE = ("level", "layer", "noise", "drawn", "own")  # the settings that it depends on

_TERM = re.compile(rf"([-+]?)(\d+\.?\d*|\.\d+)?({ATOM}(?::{ATOM})*)")


@dataclass(frozen=True)
class Term:
    """What an anchor's sum has of the average of some atoms.

    Attributes:
        weight: Its factor.
        atoms: Whose codes are averaged, as they are written.
    """

    weight: float
    atoms: tuple[str, ...]


def parse_anchor(text: str) -> tuple[Term, ...]:
    """Read one anchor.

    Raises:
        SettingError: The text is no anchor.

    Example:
        >>> parse_anchor("t3:t8-0.5c4")
        (Term(weight=1.0, atoms=('t3', 't8')), Term(weight=-0.5, atoms=('c4',)))
    """
    ANCHORS.parse("anchors", text)
    return tuple(
        Term(float(f"{sign}{factor or 1}"), tuple(atoms.split(":")))
        for sign, factor, atoms in _TERM.findall(text)
    )


@torch.no_grad()
def anchors_of(view: View, settings: Settings, space: CodeSpace) -> Tensor:
    """Return the anchors of a walk, ``(K, *shape)``.

    Args:
        view: A lane whose model has such a space.
        settings: ``anchors``, and ``drawn`` and ``own`` where they name such pictures.
        space: What the walk goes through.

    Raises:
        DataError: A picture, class, factor or coordinate of an anchor does not exist here.
    """
    codes = _Codes(view, settings, space)
    found = [
        sum((term.weight * codes.averaged(term.atoms) for term in terms), torch.zeros(()))
        for terms in map(parse_anchor, settings["anchors"].split(","))
    ]
    return torch.stack(cast(list[Tensor], found))


def drawn_top_level(form: Form) -> int:
    """Return the largest level of a picture that is drawn by hand: the data's, or 1 for bits.

    A drawing has to fit into a setting, which finer levels of large pictures do not.

    Example:
        >>> drawn_top_level(Form((1, 8, 8), 16, 10)), drawn_top_level(Form((1, 28, 28), 255, 10))
        (16, 1)
    """
    try:
        level_text.encode(torch.zeros(form.image_shape), form.top_level)
    except DataError:
        return 1
    return form.top_level


@lru_cache(maxsize=8)
def _codes_of(checkpoint: Path, *what: object) -> dict[str, Tensor]:
    """Return what was found of one trained model: who drags along a walk asks again and again."""
    return {}


class _Codes:
    """Codes of atoms; each is found once, those of a checkpoint for all looks at it."""

    def __init__(self, view: View, settings: Settings, space: CodeSpace) -> None:
        self.view, self.settings, self.space = view, settings, space
        self.known: dict[str, Tensor] = {}
        if view.checkpoint:
            written = view.checkpoint.stat().st_mtime_ns
            asked = (settings.get(name) for name in _OF_A_CODE)
            self.known = _codes_of(
                view.checkpoint, written, view.recipe, view.seed, view.device, *asked
            )

    def averaged(self, atoms: tuple[str, ...]) -> Tensor:
        """Return the mean code, ``shape``."""
        return torch.stack([self._found(atom) for atom in atoms]).mean(0)

    def _found(self, atom: str) -> Tensor:
        if atom in self.known:
            return self.known[atom]
        if len(self.known) >= KEPT:
            self.known.clear()
        return self.known.setdefault(atom, self._code(atom))

    def _code(self, atom: str) -> Tensor:
        kind, rest = atom[0], atom[1:]
        if kind == "s":
            return self.space.draw(self.view.seed, int(rest))[0]
        if kind == "z":
            return self._placed([float(each) for each in rest.split("_")])
        pictures = self._pictures(kind, int(rest or 0)).to(self.view.device)
        return self.space.encode(pictures).mean(0)

    def _placed(self, coordinates: list[float]) -> Tensor:
        z = torch.zeros(self.space.shape, device=self.view.device)
        if len(coordinates) > z.numel():
            expected = f"at most {z.numel()} coordinates"
            raise DataError(expected, len(coordinates), "Leave some out.")
        z.view(-1)[: len(coordinates)] = torch.tensor(coordinates).to(z)
        return z

    def _pictures(self, kind: str, index: int) -> Tensor:
        """Return the pictures whose codes an atom averages, ``(B, C, H, W)``."""
        if kind == "d":
            return _drawing(self.view, self.settings["drawn"])
        if kind == "o":
            return _uploaded(self.view, self.settings["own"], index)
        data = cast(ImageSource, self.view.recipe.dataset())
        if kind == "t":
            _check("a test picture", index, data.n_test)
            return data.pictures("test", index, index + 1)
        chosen = _of_class(data, index) if kind == "c" else _of_factor(data, index, kind == "h")
        return data.picked("test", chosen)


def _of_class(data: ImageSource, index: int) -> Tensor:
    """Indices of the first test pictures of a class."""
    labels = data.labels("test")
    _check("a class", index, data.n_classes)
    return (labels == index).nonzero().flatten()[:AVERAGED]


def _of_factor(data: ImageSource, index: int, high: bool) -> Tensor:
    """Indices of the test rooms with the most, or the least, of a factor."""
    if not isinstance(data, Rooms):
        raise DataError("rooms, whose factors are known", data.name, "Average other anchors.")
    _check("a factor", index, len(FACTORS))
    values = data.factors("test")[:, index]
    return values.argsort(descending=high, stable=True)[:AVERAGED]


def _drawing(view: View, letters: str) -> Tensor:
    form = form_of(view.recipe.data)
    if not letters:
        raise DataError("a drawn picture for the anchor d", "none", "Draw one.")
    return level_text.decode(letters, form.image_shape, drawn_top_level(form)).unsqueeze(0)


def _uploaded(view: View, name: str, index: int) -> Tensor:
    """Return an uploaded picture, the training pictures before those held out."""
    if not name:
        raise DataError("an uploaded picture for the anchor o0", "none", "Upload one.")
    own, shape = stored(name), form_of(view.recipe.data).image_shape
    if own.image_shape != shape:
        got = " x ".join(map(str, own.image_shape))
        raise DataError(f"pictures of {' x '.join(map(str, shape))}", got, "Upload them here.")
    _check("an uploaded picture", index, own.n_train + own.n_test)
    split, at = ("train", index) if index < own.n_train else ("test", index - own.n_train)
    return own.pictures(split, at, at + 1)


def _check(what: str, index: int, count: int) -> None:
    if index >= count:
        raise DataError(f"{what} from 0 to {count - 1}", index, "Choose one of these.")
