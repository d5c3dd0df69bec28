"""Recordings that ship: a preset's run, trained to its length, thinned and packed into one zip.

``python -m app.record PRESET`` trains the preset's lanes through the engine of the live path, in
this process and without a viewer, and writes ``checkpoints/recordings/<name>.zip``. Its card names
the command, machine, threads and time. The long ones take minutes; progress is logged. With
``--numbers`` nothing is trained: it prints what the shipped recording's last frame measures.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from app.live import commands
from app.live.engine import Engine
from app.live.frames import decode
from app.live.recording import FrameEntry, Recording, pack
from app.live.runspec import RunSpec
from app.preset import Preset
from app.state import PageState

__all__ = ["main", "numbers", "record", "spread"]

FOLDER = Path(__file__).parents[1] / "checkpoints" / "recordings"
FRAMES = 96


def record(preset: Preset, target: Path, *, frames: int = FRAMES, seed: int = 7) -> Path:
    """Train a preset to its last round and pack what was seen.

    Args:
        preset: One with ``recording`` and ``rounds``.
        target: Zip file to write.
        frames: Most frames to keep, spread evenly in the square root of the round: the beginning,
            where most happens, densely, and first and last in any case.
        seed: Seed of the run.

    Returns:
        The zip file.
    """
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        fields = preset.spec(replace(PageState(preset.name), seed=seed)) | {"play": False}
        spec = replace(RunSpec.parse(fields), recording=folder)
        engine = Engine(spec, lambda tag, data: None, patient=True)
        _train(engine, spread(range(preset.rounds + 1), frames))
        recording = Recording(Path(folder))
        last = _thin(Path(folder), recording, frames)
        target.parent.mkdir(parents=True, exist_ok=True)
        pack(
            Path(folder),
            target,
            {
                "title": preset.title,
                "source": preset.source,
                "command": f"python -m app.record {preset.name}",
                "seconds": round(time.perf_counter() - start),
                "saved": True,
                "snapshot_numbers": {str(last): 0},
            },
        )
    return target


def spread(items: Sequence[Any], count: int) -> list[Any]:
    """Choose at most ``count`` items, evenly in the square root of their place.

    Example:
        >>> spread(range(101), 5)
        [0, 6, 25, 56, 100]
    """
    last = len(items) - 1
    if count > last:
        return list(items)
    places = {round(last * (step / (count - 1)) ** 2) for step in range(count)}
    return [items[place] for place in sorted(places)]


def numbers(recording: Recording) -> list[str]:
    """Return a line for each measure of the last frame that has a mean and quantiles."""
    arrays, fields = decode(recording.frame(len(recording.frames) - 1))
    lines = []
    for entry in fields["entries"]:
        at = f"{entry['lane']}/{entry['key']}"
        for name in entry["arrays"]:
            kind = name.removesuffix("quantiles")
            if kind == name:
                continue
            mean, share = (float(arrays[f"{at}/{kind}{each}"]) for each in ("mean", "share"))
            median = float(arrays[f"{at}/{name}"][2])
            what = f"{entry['lane']:8}{entry['probe']}/{kind}mean"
            lines.append(
                f"{what:34}{mean:9.4f}   median {median:8.4f}   within 0.1 of 1: {share:4.0%}"
            )
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    from app.presets import PAGES

    shipped = {
        name: preset
        for presets in PAGES.values()
        for name, preset in presets.items()
        if preset.recording
    }
    parser = argparse.ArgumentParser(prog="python -m app.record", description=__doc__)
    parser.add_argument("preset", choices=sorted(shipped), help="what to record")
    parser.add_argument("--threads", type=int, default=1, help="torch threads (default 1)")
    parser.add_argument("--numbers", action="store_true", help="print the last frame's measures")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(chosen.threads)
    preset = shipped[chosen.preset]
    target = FOLDER / preset.recording
    if not chosen.numbers:
        record(preset, target)
        print(f"{target.name}: {target.stat().st_size / 2**20:.1f} MB")
    print("\n".join(numbers(Recording(target))))


def _train(engine: Engine, rounds: Sequence[int]) -> None:
    """Step from one round to the next; the engine records a frame wherever it stops."""
    start = time.perf_counter()
    for count, (before, after) in enumerate(zip(rounds[:-1], rounds[1:], strict=True), 1):
        engine.receive(commands.Step(n=after - before, player="round"))
        while engine.goal is not None:
            engine.tick()
        if engine.state == "diverged":
            raise SystemExit(f"round {engine.round}: {engine.message}")
        if count % 8 == 0:
            seconds = time.perf_counter() - start
            print(f"round {after} of {rounds[-1]} after {seconds:.0f} s", flush=True)
    engine.journal.keep_moment(engine.moment, now=True)
    engine.record(now=True)


def _thin(folder: Path, recording: Recording, count: int) -> int:
    """Keep the chosen frames, and the newest snapshot, from which the run can be continued.

    Returns:
        The snapshot's round.
    """
    kept: set[FrameEntry] = set(spread(recording.frames, count))
    for entry in recording.frames:
        if entry not in kept:
            (folder / entry.name).unlink()
    *older, newest = sorted(recording.snapshots)
    for round in older:
        place = folder / "snapshots" / f"{round:08d}"
        for path in (*place.iterdir(), place.with_suffix(".curves.safetensors")):
            path.unlink(missing_ok=True)
    return newest


if __name__ == "__main__":
    main()
