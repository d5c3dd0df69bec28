"""A card in words: recipe, settings, data, figures with unit and scope, machine, command.

A card may come from anywhere, so that whatever stands in it is read as far as it makes sense.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kept import RECORDING, Kept
from app.preset import Lane
from app.presets import DATA, PAGES
from gen_core.errors import GenLabError

__all__ = [
    "PAPERS",
    "Figure",
    "Row",
    "compared",
    "data_of",
    "date_of",
    "figures_of",
    "rows",
    "size_text",
]

PAPERS: Mapping[str, str] = {
    "gan": "GAN",
    "wgan": "Wasserstein GAN",
    "vae": "VAE",
    "pixelcnn": "PixelCNN",
    "pixelvae": "PixelVAE",
    "hierarchical_pixelvae": "Hierarchical PixelVAE",
    "realnvp": "Real NVP, plane",
    "realnvp_images": "Real NVP, pictures",
    "planar": "Planar and radial flows",
    "iaf": "IAF",
    "resnet_vae": "ResNet VAE",
}
_SETS: Mapping[str, str] = {
    **DATA,
    "digits": "Digits",
    "mnist": "MNIST",
    "mnist-binary": "MNIST, binarised anew",
    "mnist-static": "MNIST, binarised once",
    "mnist-classes": "MNIST with classes",
    "rooms-16": "Rooms, 16 pixels",
    "rooms-32": "Rooms, 32 pixels",
}
_LONGEST = 300  # characters of one value on the screen


@dataclass(frozen=True)
class Row:
    """One line of a card.

    Attributes:
        name: What is said.
        text: How it is, of each card that is compared.
        differs: Whether the cards say otherwise.
    """

    name: str
    text: tuple[str, ...]
    differs: bool = False


@dataclass(frozen=True)
class Figure:
    """A measured number in words.

    Attributes:
        label: What was measured.
        unit: Its unit.
        text: The value, with its standard error where there is one.
        scope: What it holds of.
    """

    label: str
    unit: str
    text: str
    scope: str


def rows(kept: Kept) -> list[Row]:
    """Return a card's lines, lane by lane."""
    return [Row(name, (text,)) for name, text in _lines(kept).items()]


def compared(first: Kept, second: Kept) -> list[Row]:
    """Return two cards side by side; a setting that either names has its value in both."""
    one, other = _lines(first), _lines(second)
    for lines, kept, beside in ((one, first, other), (other, second, one)):
        for name in [name for name in beside if name not in lines]:
            lines[name] = _default(kept, name)
    order = list(dict.fromkeys([*one, *other]))
    settings = [name for name in order if name.startswith("Setting ")]
    place = order.index(settings[0]) if settings else 0
    order = [each for each in order if each not in settings]
    order[place:place] = settings
    return [Row(name, (one[name], other[name]), one[name] != other[name]) for name in order]


def data_of(kept: Kept) -> tuple[str, ...]:
    """Return the data of the lanes in words, as far as cards and presets tell."""
    found = []
    for lane, card in zip(kept.lanes, _cards(kept), strict=False):
        told = _part(card, "data").get("name") or lane.get("overrides", {}).get("data")
        if told:
            found.append(_SETS.get(str(told), str(told)))
    if not found and kept.kind == RECORDING and kept.shipped:
        recordings = (preset for page in PAGES.values() for preset in page.values())
        found = [each.data for each in recordings if each.recording == kept.files[""].name]
    return tuple(dict.fromkeys(filter(None, found)))


def figures_of(card: Mapping[str, Any]) -> list[Figure]:
    """Return the measured figures of a card: value with error, unit, and what it holds of."""
    found = []
    for name, entry in _part(card, "metrics").items():
        if isinstance(entry, Mapping) and isinstance(entry.get("value"), (int, float)):
            label, unit = _cut(entry.get("label") or name), _cut(entry.get("unit"))
            text = _value_text(float(entry["value"]), entry.get("error"))
            found.append(Figure(label, unit, text, _cut(entry.get("scope"))))
    return found


def _value_text(value: float, error: object) -> str:
    """Write a value to the second digit of its error."""
    if not isinstance(error, (int, float)) or not 0 < error < math.inf:
        return f"{value:.4g}".replace("-", "−")
    digits = max(0, min(6, 1 - math.floor(math.log10(error))))
    return f"{value:.{digits}f} ± {error:.{digits}f}".replace("-", "−")


def date_of(kept: Kept) -> str:
    """Return the day on which it was saved; what ships has none."""
    return "" if kept.shipped else time.strftime("%d %b %Y, %H:%M", time.localtime(kept.when))


def size_text(size: int) -> str:
    """Return a number of bytes as people say it.

    Example:
        >>> size_text(330_288), size_text(13_115_455)
        ('330 kB', '13.1 MB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def _cards(kept: Kept) -> Sequence[Mapping[str, Any]]:
    cards = list(kept.cards.values())
    return cards * len(kept.lanes) if kept.kind == RECORDING else cards


def _lines(kept: Kept) -> dict[str, str]:
    """Return a card's lines by name; those of one lane among several begin with its label."""
    lines: dict[str, str] = {"Kind": kept.kind}
    for lane, card in zip(kept.lanes, _cards(kept), strict=False):
        of = f" · {_cut(lane.get('label'))}" if len(kept.lanes) > 1 else ""
        lines |= {f"{name}{of}": text for name, text in _of_lane(lane, card).items()}
    card = kept.card
    if kept.kind == RECORDING:
        lines |= {"Rounds recorded": str(kept.head), "Hot edits": _edits(card.get("marks"))}
    software = _part(card, "software") or {"torch": card.get("torch")}
    lines |= {
        "Seed": _cut(card.get("seed")),
        "Hardware": _cut(card.get("hardware") or card.get("device")),
        "Threads": _cut(card.get("threads")),
        "Software": ", ".join(f"{name} {_cut(v)}" for name, v in software.items() if v),
        "Made by": _cut(card.get("command")),
        "Source": _cut(card.get("source")),
        "Weights, SHA-256": _cut(card.get("sha256"))[:16],
        "Saved": date_of(kept),
        "Size": size_text(kept.size()),
    }
    if kept.kind != RECORDING and not kept.lanes:
        lines["Trained on"] = _cut(_part(card, "data").get("name"))
    return {name: text for name, text in lines.items() if text}


def _of_lane(lane: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, str]:
    stem, data = str(lane["stem"]), _part(card, "data")
    lines = {
        "Paper": PAPERS.get(stem, stem),
        "Recipe": f"{stem}, {lane['variant']}",
        "Data": _cut(data.get("name")),
        "Data, SHA-256": _cut(data.get("sha256"))[:16],
    }
    lines |= {f"Setting {name}": _cut(value) for name, value in lane.get("overrides", {}).items()}
    if "round" in card:
        lines |= {"Rounds": _cut(card["round"]), "Updates": _cut(card.get("t"))}
        lines["Hot edits"] = _edits(card.get("log"))
    counts = [n for n in _part(card, "parameters").values() if isinstance(n, int)]
    lines["Parameters"] = f"{sum(counts):,}".replace(",", " ") if counts else ""
    for each in figures_of(card):
        scope = f" ({each.scope})" if each.scope else ""
        lines[", ".join(filter(None, (each.label, each.unit)))] = each.text + scope
    return {name: text for name, text in lines.items() if text}


def _default(kept: Kept, name: str) -> str:
    """Return a setting's own value where a card does not name it, else a dash."""
    setting, _, label = name.removeprefix("Setting ").partition(" · ")
    for lane in kept.lanes:
        if name.startswith("Setting ") and label in ("", lane.get("label")):
            known = Lane("", "", "", lane["stem"], lane["variant"], lane.get("overrides", {}))
            try:
                return _cut(known.value(setting))
            except (KeyError, GenLabError):  # of another paper, or of another version
                continue
    return "–"


def _edits(log: object) -> str:
    if not isinstance(log, list):
        return ""
    made = [each for each in log if isinstance(each, Mapping)]
    return _cut(", ".join(f"{e.get('name')} = {e.get('value')} at {e.get('t')}" for e in made))


def _part(card: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = card.get(name)
    return found if isinstance(found, Mapping) else {}


def _cut(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
