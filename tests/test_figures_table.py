"""A figure is done when its preset opens and holds what the table says: alive, not constant."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from app.attach import attach
from app.live import commands
from app.live.frames import decode, header
from app.live.recording import Recording
from app.live.runs import Run, manager
from app.presets import PAGES
from app.state import PageState
from gen_core.exploration.base import probe_key

TABLE = Path(__file__).resolve().parents[1] / "docs" / "figures.md"
OPENS = re.compile(r"`(\w+)\?preset=([\w-]+): ([^`]+)`")
PATIENCE = 120


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    number: int
    opens: tuple[tuple[str, str, tuple[str, ...]], ...]
    state: str


def rows() -> list[Row]:
    """The table, read from the document."""
    found = []
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 5 and cells[0].isdigit():
            opens = tuple(
                (page, preset, tuple(name.strip() for name in arrays.split(",")))
                for page, preset, arrays in OPENS.findall(cells[3])
            )
            found.append(Row(int(cells[0]), opens, cells[4]))
    return found


ROWS = rows()
DONE = [row for row in ROWS if row.state == "done"]
PRESETS = sorted({(page, preset) for row in DONE for page, preset, _ in row.opens})
CURVES = "curves"  # no probe: what the rounds' updates told
LOOKED = "stages"  # a slow probe that no run records: slow motion asks for it
Film = tuple[dict[str, np.ndarray], dict[str, np.ndarray]]
_seen: dict[tuple[str, str], Film] = {}


@pytest.fixture(scope="module", autouse=True)
def workers_end() -> Iterator[None]:
    yield
    manager().stop_all()


def frame_when(run: Run, holds: object) -> dict[str, np.ndarray]:
    """The arrays of the first frame whose header fulfils a condition."""
    run.pass_on(commands.Want(), None)

    def whole(fields: dict) -> bool:
        """Wait for slow probes too, whose frames show them as far as they are painted."""
        run.pass_on(commands.Want(), None)
        t = {lane["name"]: lane["t"] for lane in fields["lanes"]}
        return holds(fields) and all(
            each["error"]
            or (each["arrays"] and each["progress"] is None)
            or (each["progress"] == 1 and each["t"] == t[each["lane"]])
            for each in fields["entries"]
            if each["request"] is None  # an earlier look stays as it was answered
        )

    with run.changed:
        assert run.changed.wait_for(lambda: whole(header(run.latest)), PATIENCE), run.message
        return decode(run.latest)[0]


def stepped(run: Run, updates: int) -> dict[str, np.ndarray]:
    """The arrays of a paused run's frame, so many updates on."""
    t = {lane["name"]: lane["t"] for lane in header(run.latest)["lanes"]}
    run.command(commands.Step(updates))
    return frame_when(
        run,
        lambda fields: (
            fields["state"] == "paused"
            and all(lane["t"] >= t[lane["name"]] + updates for lane in fields["lanes"])
        ),
    )


def looked(run: Run, request: int) -> dict[str, np.ndarray]:
    """The arrays of a whole answer to a look of every lane, named as those of a frame are."""
    run.pass_on(commands.Look(LOOKED, {}, request=request), None)
    run.pass_on(commands.Want(), None)

    def answers(fields: dict) -> list[dict]:
        return [each for each in fields["entries"] if each["request"] == request]

    def whole(fields: dict) -> bool:
        found = answers(fields)
        run.pass_on(commands.Want(), None)
        return bool(found) and all(each["progress"] == 1 for each in found)

    with run.changed:
        assert run.changed.wait_for(lambda: whole(header(run.latest)), PATIENCE), run.message
        arrays, fields = decode(run.latest)
    return {
        f"{each['lane']}/{LOOKED}/{name}": arrays[f"{each['lane']}/{each['key']}/{name}"]
        for each in answers(fields)
        for name in each["arrays"]
    }


def film(page: str, preset: str) -> Film:
    """Arrays of two moments: ten updates apart, or the two ends of a recording."""
    if (page, preset) in _seen:
        return _seen[page, preset]
    run = attach(PAGES[page][preset], PageState(preset)).run
    assert run is not None
    if run.playback is not None:
        recording = Recording(run.recording)
        last = len(recording.frames) - 1
        _seen[page, preset] = decode(recording.frame(0))[0], decode(recording.frame(last))[0]
    else:
        assert run.wait_for("playing", "paused", timeout=PATIENCE), run.message
        run.command(commands.Pause())
        frame_when(run, lambda fields: fields["state"] == "paused" and fields["entries"])
        before = stepped(run, 2)  # a curve varies from its second round on
        looks = any(each.probe == LOOKED for each in PAGES[page][preset].figures)
        before |= looked(run, 1) if looks else {}
        after = stepped(run, 10)
        after |= looked(run, 2) if looks else {}
        _seen[page, preset] = before, after
        run.command(commands.Stop())
    return _seen[page, preset]


def test_the_table_has_every_figure_once() -> None:
    assert [row.number for row in ROWS] == list(range(1, 42))
    assert {row.state for row in ROWS} <= {"done", "not yet"}
    assert all(row.opens for row in DONE), "a done row names its preset and its arrays"


def test_presets_and_table_name_the_same() -> None:
    written = {
        (row.number, page, preset, name)
        for row in DONE
        for page, preset, names in row.opens
        for name in names
    }
    shown = {
        (each.row, page, name, f"{each.probe}.{each.array}")
        for page, presets in PAGES.items()
        for name, preset in presets.items()
        for each in preset.figures
        if each.row in {row.number for row in DONE}  # half a row waits for the other half
    }
    assert written == shown


@pytest.mark.parametrize(("page", "preset"), PRESETS)
def test_a_done_figure_is_alive(page: str, preset: str) -> None:
    before, after = film(page, preset)
    named = {
        name
        for row in DONE
        for where, which, names in row.opens
        if (where, which) == (page, preset)
        for name in names
    }
    for name in named:
        probe, array = name.split(".", 1)
        chosen = PAGES[page][preset].probe_settings.get(probe)
        seen = probe if probe == CURVES else probe_key(probe, chosen)
        for lane in PAGES[page][preset].lanes:
            key = f"{lane.name}/{seen}/{array}"
            first, last = before[key], after[key]
            assert np.isfinite(first).all() and np.isfinite(last).all(), key
            assert np.ptp(first) > 0 and np.ptp(last) > 0, f"{key} is constant"
            assert not np.array_equal(first, last), f"{key} has not changed"
