"""What suits what: presets that show a checkpoint or a recording, and the run it becomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.kept import CHECKPOINT, RECORDING, Kept
from app.live.run import Run
from app.live.runs import manager
from app.preset import Lane, Preset
from app.presets import PAGES
from gen_core.errors import CheckpointError

__all__ = ["Opening", "checkpoint_spec", "fitting", "matched", "open_kept", "openings"]

Outside = Mapping[str, Any]
WALK = "walk"


@dataclass(frozen=True)
class Opening:
    """A way to open what is kept: a page's preset, and what its address says.

    Attributes:
        page: The page's name.
        preset: The preset that shows it.
        query: The address: the preset and, unless the preset opens it by itself, its id.
        trains: Whether training can go on there.
    """

    page: str
    preset: Preset
    query: Mapping[str, str]
    trains: bool


def matched(lanes: Iterable[Outside], preset: Preset) -> list[Lane] | None:
    """Return the preset's lane for each of some lanes, None where one has none.

    A lane stands where its name stands. One alone that has no name here, such as a checkpoint of
    the command line, takes the nearest lane of its paper.
    """
    lanes = list(lanes)
    known = {(lane.name, lane.stem): lane for lane in preset.lanes}
    named = [known.get((lane["name"], lane["stem"])) for lane in lanes]
    found = [lane for lane in named if lane is not None]
    if lanes and len(found) == len(lanes):
        return found
    alike = [lane for lane in preset.lanes if len(lanes) == 1 and lane.stem == lanes[0]["stem"]]
    return [min(alike, key=lambda lane: _distance(lanes[0], lane))] if alike else None


def fitting(lanes: Iterable[Outside], presets: Mapping[str, Preset]) -> Preset | None:
    """Return the preset that can show some lanes: one that trains, with the nearest settings."""
    lanes, ranked = list(lanes), []
    for order, preset in enumerate(presets.values()):
        places = matched(lanes, preset)
        if places is not None:
            pairs = list(zip(lanes, places, strict=True))
            anew = any(lane["name"] != place.name for lane, place in pairs)
            apart = sum(_distance(*pair) for pair in pairs)
            ranked.append((not preset.train, anew, apart, order, preset))
    return min(ranked, key=lambda each: each[:4])[-1] if ranked else None


def openings(kept: Kept) -> list[Opening]:
    """Return every way to open what is kept: figures that show it, then pages that train it on."""
    if kept.flaw or not kept.lanes:
        return []
    found: list[Opening] = []
    recorded = kept.kind == RECORDING
    for page, presets in PAGES.items():
        for preset in presets.values():
            if _opens_by_itself(preset, kept):
                found.append(Opening(page, preset, {"preset": preset.name}, recorded))
            elif not preset.train and not kept.shipped and _shows(preset, kept):
                query = {"preset": preset.name, "open": kept.id}
                found.append(Opening(page, preset, query, False))
    if not recorded and not any(opening.page == WALK for opening in found):
        preset = fitting(kept.lanes, PAGES[WALK])  # a latent space is walked whatever it was of
        if preset is not None and not preset.train:
            query = {"preset": preset.name, "open": kept.id, "walk.anchors": "s1,s2,s3"}
            found.append(Opening(WALK, preset, query, False))  # draws need no pictures
    if recorded and kept.shipped:
        return found
    for page, presets in PAGES.items():
        preset = fitting(kept.lanes, {n: each for n, each in presets.items() if each.train})
        if preset is not None:
            query = {"preset": preset.name, "open": kept.id}
            found.append(Opening(page, preset, query, True))
    return found


def checkpoint_spec(kept: Kept, preset: Preset) -> dict[str, Any]:
    """Return the run spec that continues a checkpoint, paused at where it was saved.

    Args:
        kept: A checkpoint; seed and settings stand in its snapshots.
        preset: The preset that shows it.

    Raises:
        CheckpointError: The preset has no lane for it.
    """
    places = matched(kept.lanes, preset)
    if places is None or kept.kind != CHECKPOINT:
        got = f"{kept.title} of {', '.join(kept.stems)}"
        remedy = "Open it from the page of checkpoints."
        raise CheckpointError(f"a checkpoint that {preset.title!r} can show", got, remedy)
    pairs = list(zip(kept.lanes, places, strict=True))
    return {
        "seed": 0,
        "lanes": [{**lane, "name": at.name, "color": at.color} for lane, at in pairs],
        "probes": preset.wishes(),
        "device": "auto",
        "play": False,
        "parent": None,
        "snapshots": {at.name: str(kept.files[lane["name"]]) for lane, at in pairs},
        "edits": [],
        "train": preset.train,
        "title": kept.title,
    }


def open_kept(kept: Kept, preset: Preset, share: str | None = None) -> Run:
    """Begin the run of a checkpoint, or open a recording.

    Args:
        kept: What to open.
        preset: The preset that shows it.
        share: Follow id of an earlier run whose followers come along.

    Raises:
        GenLabError: It cannot be opened.
    """
    if kept.kind == RECORDING:
        return manager().open_recording(kept.files[""])
    return manager().start(checkpoint_spec(kept, preset), follow=share)


def _opens_by_itself(preset: Preset, kept: Kept) -> bool:
    if not kept.shipped:
        return False
    if kept.kind == RECORDING:
        return preset.recording == kept.files[""].name
    return f"{kept.id}.safetensors" in preset.checkpoints.values()


def _shows(preset: Preset, kept: Kept) -> bool:
    """Whether a preset that only looks shows models of just these variants."""
    places = matched(kept.lanes, preset) if kept.kind == CHECKPOINT else None
    pairs = zip(kept.lanes, places or (), strict=bool(places))
    return bool(places) and all(lane["variant"] == at.variant for lane, at in pairs)


def _distance(lane: Outside, other: Lane) -> int:
    """Return how far two lanes are apart: settings over unlike variants say nothing."""
    if lane.get("variant") != other.variant:
        return 100
    given, known = lane.get("overrides", {}), other.overrides
    return sum(given.get(name) != known.get(name) for name in {*given, *known})
