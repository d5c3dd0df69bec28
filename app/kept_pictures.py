"""Pictures of what is kept: a preset's thumbnail, one that ships, or one drawn from a recording.

``python -m app.kept_pictures`` draws the shipped checkpoints that no preset of the gallery shows.
No model is loaded in the server: pictures come from recorded frames, or from a run's own process.
"""

from pathlib import Path

from app.kept import CHECKPOINT, RECORDING, Kept
from app.layout import thumbnail
from app.library import Library, library
from app.live.frames import header
from app.live.recording import Recording
from app.preset import Preset
from app.presets import PAGES
from app.stills import still
from app.suiting import checkpoint_spec, matched, openings
from app.thumbnails import write
from gen_core.errors import CheckpointError, GenLabError

__all__ = ["draw_recorded", "main", "paint", "picture"]

_PATIENCE = 60.0  # seconds for a picture that somebody waits for


def picture(kept: Kept, theme: str | None) -> Path | None:
    """Return where the picture lies, None if there is none yet.

    Args:
        kept: What the picture is of.
        theme: ``"light"`` or ``"dark"``.
    """
    for opening in openings(kept) if kept.shipped else ():
        drawn = thumbnail(opening.page, opening.preset.name, theme)
        if "open" not in opening.query and drawn.is_file():
            return drawn
    path = _place(kept, theme)
    try:
        fresh = kept.shipped or path.stat().st_mtime >= kept.when
    except OSError:
        return None
    return path if fresh and path.is_file() else None


def draw_recorded(kept: Kept) -> bool:
    """Draw a recording's last frame, or that of the run a checkpoint was saved from.

    Returns:
        Whether there is a picture now.
    """
    recording, preset = _recording_of(kept), _preset_of(kept)
    if kept.shipped or recording is None or preset is None:
        return False
    try:
        found = Recording(recording)
        frame = found.frame(found.at(kept.head))
        _write(frame, preset, kept)
    except (GenLabError, OSError, LookupError, StopIteration, ValueError):
        return False  # an older frame lacks what the panels show now
    return True


def paint(kept: Kept) -> None:
    """Draw a checkpoint through a run of its own process, of which nothing else is kept.

    Raises:
        CheckpointError: No page shows it, or nothing was painted in time.
    """
    preset = _preset_of(kept)
    try:
        if preset is None or kept.kind != CHECKPOINT:
            raise LookupError("no page shows it")
        frame = still(checkpoint_spec(kept, preset), patience=_PATIENCE)
        _write(frame, preset, kept)
    except (LookupError, StopIteration, ValueError, OSError) as error:
        got = f"none of {kept.title}"
        remedy = "Open it on a page: that says what is wrong."
        raise CheckpointError("a first picture", got, remedy) from error


def main() -> None:
    """Draw every shipped checkpoint that has no picture."""
    for kept in Library(Path("nowhere")).kept():
        if kept.kind == CHECKPOINT and picture(kept, "light") is None:
            paint(kept)
            print(kept.id)


def _write(frame: bytes, preset: Preset, kept: Kept) -> None:
    lanes = [lane["name"] for lane in header(frame)["lanes"]]
    write(frame, preset.layout(lanes)["panels"], lambda theme: _place(kept, theme))


def _place(kept: Kept, theme: str | None) -> Path:
    """Return where the picture of this very state belongs: beside what it is of."""
    name = "dark" if theme == "dark" else "light"
    if kept.shipped:
        return thumbnail("checkpoints", kept.id.replace("/", "-"), name)
    path = next(iter(kept.files.values()))
    if kept.kind == RECORDING:
        return path / f"picture-{kept.head}-{name}.png"
    return path.with_suffix(f".{name}.png")


def _recording_of(kept: Kept) -> Path | None:
    if kept.kind == RECORDING:
        return kept.files[""]
    name = kept.card.get("recording")
    if not isinstance(name, str) or Path(name).name != name:
        return None
    path = library().folder / "recordings" / name
    return path if path.is_dir() else None


def _preset_of(kept: Kept) -> Preset | None:
    """Return the preset that drew it on its page, or the nearest that shows it."""
    spec = kept.card.get("spec")
    title = spec.get("title") if isinstance(spec, dict) else None
    for presets in PAGES.values():
        for preset in presets.values():
            if preset.title == title and matched(kept.lanes, preset):
                return preset
    found = openings(kept)
    return min(found, key=lambda each: "open" in each.query).preset if found else None


if __name__ == "__main__":
    main()
