"""Recording that is killed: whatever is listed afterwards is whole, and recording can go on."""

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.live.channel import ROOT
from app.live.recorder import Recorder
from app.live.recording import Recording, pack
from gen_core.errors import RecordingError

SIZE = 2000  # bytes of one file
STEPS = ("fsync", "replace", "rename", "unlink", "rmdir")  # what changes the disk
LANES = {"clip", "gp"}


class Killed(BaseException):
    """Passes every ``except OSError``, as a kill does."""


def write(folder):
    """Frames and snapshots come, are written anew, are forgotten, and the run falls asleep."""
    folder.mkdir(exist_ok=True)
    recorder = Recorder(folder, {}, frame_limits=(3, 10**9), snapshot_limits=(2, 10**9))
    for round in (0, 4, 4, 8, 12):
        recorder.add_frame(round, bytes([round]) * SIZE)
        recorder.add_snapshot(round, dict.fromkeys(LANES, bytes([round]) * SIZE), bytes([round]))
    recorder.truncate(4)
    for round in (4, 5):
        recorder.put_asleep(dict.fromkeys(LANES, bytes([round]) * SIZE), bytes([round]))


def assert_whole(folder):
    """All that is listed was written whole, a snapshot with all its lanes and its own curves."""
    recording = Recording(folder)
    for index in range(len(recording.frames)):
        data = recording.frame(index)
        assert data == data[:1] * SIZE
    for round in (*recording.snapshots, *([None] if recording.asleep else [])):
        lanes = recording.snapshot(round)
        assert lanes.keys() == LANES
        assert set(lanes.values()) == {recording.curves(round) * SIZE}
    return recording


def killed(folder, monkeypatch, moment):
    """Write, and be killed before one of the steps on the disk; whether there were so many."""
    left = [moment]

    def killing(step):
        def instead(*args, **kwargs):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return step(*args, **kwargs)

        return instead

    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, killing(getattr(os, name)))
        try:
            write(folder)
        except Killed:
            return True
    return False


def test_a_kill_before_any_step_on_the_disk_leaves_only_what_is_whole(tmp_path, monkeypatch):
    moment, opened = 0, 0
    while killed(folder := tmp_path / f"{moment}", monkeypatch, moment):
        moment += 1
        if (folder / "card.json").exists():
            assert_whole(folder)
            pack(folder, tmp_path / "out.zip")
            assert_whole(tmp_path / "out.zip")
            write(folder)
            assert assert_whole(folder).asleep
            opened += 1
        else:
            with pytest.raises(RecordingError):
                Recording(folder)
    assert opened > 100


def test_what_is_half_written_is_not_packed_either(tmp_path):
    write(tmp_path)
    part = tmp_path / "snapshots" / ".part-00000099"
    part.mkdir()
    (part / "gp.safetensors").write_bytes(b"half")
    pack(tmp_path, tmp_path / "out.zip")
    assert not [n for n in zipfile.ZipFile(tmp_path / "out.zip").namelist() if "part" in n]


def test_everything_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    synced, named = set(), []
    fsync, replace, rename = os.fsync, os.replace, os.rename

    def syncing(descriptor):
        fsync(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    def naming(change):
        def instead(source, target, **kwargs):
            if not Path(target).name.startswith("."):
                inside = [each for each in Path(source).rglob("*") if each.is_file()]
                assert {each.stat().st_ino for each in inside or [Path(source)]} <= synced
                named.append(Path(target).name)
            return change(source, target, **kwargs)

        return instead

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", naming(replace))
    monkeypatch.setattr(os, "rename", naming(rename))
    write(tmp_path)
    assert {"card.json", "00000000-0.safetensors", "00000004", "asleep"} <= set(named)
    assert "00000004.curves.safetensors" in named


WRITER = """
import sys
from pathlib import Path
from tests.live.test_interrupted_recording import Recorder, LANES, SIZE
recorder = Recorder(Path(sys.argv[1]), {}, frame_limits=(5, 10**9), snapshot_limits=(3, 10**9))
for round in range(10**9):
    recorder.add_frame(round, bytes([round % 256]) * SIZE)
    mark = bytes([round % 256])
    recorder.add_snapshot(round, dict.fromkeys(LANES, mark * SIZE), mark)
    if round == 20:
        print("writing", flush=True)
"""


def test_a_recorder_killed_with_signal_9_leaves_a_recording_that_opens(tmp_path):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout.readline() == "writing\n"
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    recording = assert_whole(tmp_path)
    assert recording.rounds[-1] >= 20 and recording.snapshots
