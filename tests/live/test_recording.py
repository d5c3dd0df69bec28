"""Recordings: bounded, atomic, the same as folder and zip, and never over their home's limit."""

import json
import os
import resource
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from app.live import frames
from app.live.channel import ROOT
from app.live.home import ABANDONED, evict, new_recording, plain_name, recordings
from app.live.recorder import Recorder
from app.live.recording import Recording, pack
from gen_core.errors import RecordingError


def frame(round, size=8):
    content = {"gp/surface/values": np.full(size, round, np.float32)}
    return frames.encode(content, {"round": round})


def write(folder, rounds, **limits):
    recorder = Recorder(folder, {"title": "t"}, **limits)
    for round in rounds:
        recorder.add_frame(round, frame(round))
    return recorder


def test_folder_and_zip_read_alike(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    recorder = write(folder, range(0, 50, 5))
    recorder.add_snapshot(10, {"gp": b"ten"}, frame(10))
    recorder.put_asleep({"gp": b"head"}, frame(45), head=45)
    pack(folder, tmp_path / "run.zip", {"title": "packed"})
    for path in (folder, tmp_path / "run.zip"):
        recording = Recording(path)
        assert recording.rounds == list(range(0, 50, 5))
        assert [frames.header(recording.frame(i))["round"] for i in range(10)] == recording.rounds
        assert recording.snapshot(10) == {"gp": b"ten"}
        assert recording.curves(10) == frame(10)
        assert recording.snapshot(None) == {"gp": b"head"}
        assert recording.snapshot_before(44) == 10 and recording.snapshot_before(9) is None
        assert recording.card["head"] == 45
    assert Recording(tmp_path / "run.zip").card["title"] == "packed"


@pytest.mark.parametrize(("round", "shown"), [(0, 0), (4, 0), (5, 5), (19, 15), (10**9, 20)])
def test_at_finds_the_frame_at_or_before(tmp_path, round, shown):
    write(tmp_path, [0, 5, 10, 15, 20])
    recording = Recording(tmp_path)
    assert recording.rounds[recording.at(round)] == shown


def test_the_newest_frame_of_a_round_is_shown(tmp_path):
    recorder = Recorder(tmp_path, {})
    for value in (1, 2, 3):
        recorder.add_frame(5, frame(value))
    recording = Recording(tmp_path)
    assert recording.frame(recording.at(5)) == frame(3) == recorder.frame_at(5)


def test_limits_hold_on_disk(tmp_path):
    write(tmp_path, range(200), frame_limits=(20, 10**9))
    kept = Recording(tmp_path).rounds
    assert len(kept) <= 20 and kept[0] == 0 and kept[-1] == 199
    assert len(os.listdir(tmp_path / "frames")) == len(kept)


def test_bytes_limit_holds_on_disk(tmp_path):
    one = len(frame(0))
    write(tmp_path, range(60), frame_limits=(600, 10 * one))
    assert sum(each.stat().st_size for each in (tmp_path / "frames").iterdir()) <= 10 * one


def test_snapshots_are_thinned_too(tmp_path):
    recorder = Recorder(tmp_path, {}, snapshot_limits=(5, 10**9))
    for round in range(0, 400, 10):
        recorder.add_snapshot(round, {"a": b"x", "b": b"y"}, frame(round))
    stored = sorted(Recording(tmp_path).snapshots)
    assert len(stored) <= 5 and stored[0] == 0 and stored[-1] == 390
    assert len(list((tmp_path / "snapshots").iterdir())) == 2 * len(stored)


def test_half_written_files_are_never_listed(tmp_path):
    write(tmp_path, [0, 1])
    (tmp_path / "frames" / ".00000002-2.safetensors.77.partial").write_bytes(frame(2)[:40])
    (tmp_path / "snapshots" / ".part-00000009").mkdir()
    (tmp_path / "snapshots" / ".part-00000009" / "gp.safetensors").write_bytes(b"half")
    recording = Recording(tmp_path)
    assert recording.rounds == [0, 1] and not recording.snapshots
    pack(tmp_path, tmp_path / "out.zip")
    assert Recording(tmp_path / "out.zip").rounds == [0, 1]


def test_a_continued_recording_keeps_its_numbers_and_its_thinning(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    write(whole, range(100), frame_limits=(30, 10**9))
    write(parts, range(60), frame_limits=(30, 10**9))
    write(parts, range(60, 100), frame_limits=(30, 10**9))
    numbers = [entry.number for entry in Recording(parts).frames]
    assert numbers == sorted(set(numbers)) and numbers[0] == 0 and numbers[-1] == 99
    assert set(Recording(whole).rounds) <= set(range(100))


def test_truncating_forgets_what_came_after(tmp_path):
    recorder = write(tmp_path, [0, 5, 5, 10, 15])
    for round in (0, 5, 10):
        recorder.add_snapshot(round, {"gp": b"s"}, frame(round))
    recorder.truncate(5)
    recording = Recording(tmp_path)
    assert recording.rounds == [0, 5] and sorted(recording.snapshots) == [0, 5]
    recorder.add_frame(6, frame(6))
    assert Recording(tmp_path).rounds == [0, 5, 6]


def test_a_fork_adopts_the_past_and_nothing_later(tmp_path):
    parent, child = tmp_path / "parent", tmp_path / "child"
    parent.mkdir()
    child.mkdir()
    recorder = write(parent, range(0, 40, 4))
    recorder.add_snapshot(8, {"gp": b"8"}, frame(8))
    recorder.add_snapshot(32, {"gp": b"32"}, frame(32))
    Recorder(child, {}).adopt(Recording(parent), 20)
    recording = Recording(child)
    assert recording.rounds == [0, 4, 8, 12, 16, 20] and list(recording.snapshots) == [8]
    assert recording.frame(2) == Recording(parent).frame(2)


@pytest.mark.parametrize("content", [None, "", "{", "[1]", "nul"])
def test_a_missing_or_broken_card_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "card.json").write_text(content)
    with pytest.raises(RecordingError, match="Expected "):
        Recording(tmp_path)


def test_a_broken_zip_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(RecordingError):
        Recording(tmp_path / "a.zip")
    with pytest.raises(RecordingError):
        Recording(tmp_path / "none.zip")


def test_any_flipped_byte_of_a_zip_is_a_sentence_or_harmless(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    write(folder, [0])
    pack(folder, tmp_path / "whole.zip")
    whole, refused = (tmp_path / "whole.zip").read_bytes(), 0
    for at in range(len(whole)):
        flipped = tmp_path / "flipped.zip"
        flipped.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            recording = Recording(flipped)
            [recording.frame(index) for index in range(len(recording.frames))]
        except RecordingError:
            refused += 1
    assert refused > len(whole) // 4


def test_a_frame_that_cannot_be_deleted_stops_nothing_and_goes_later(tmp_path):
    recorder = write(tmp_path, range(3), frame_limits=(3, 10**9))
    held = tmp_path / "frames" / "00000001-1.safetensors"
    held.unlink()
    held.mkdir()  # unlink fails on a folder as it does on a file that Windows holds open
    for round in range(3, 8):
        recorder.add_frame(round, frame(round))
    assert 1 not in recorder.rounds and recorder.rounds[-1] == 7 and held.exists()
    held.rmdir()
    held.write_bytes(frame(1))
    recorder.add_frame(8, frame(8))
    assert not held.exists() and Recording(tmp_path).rounds == recorder.rounds


def test_a_frame_that_cannot_be_read_is_not_called_a_failed_recording(tmp_path):
    recorder = write(tmp_path, [0, 5])
    (tmp_path / "frames" / "00000001-5.safetensors").unlink()
    with pytest.raises(RecordingError, match="can be read") as caught:
        recorder.frame_at(9)
    assert "Recording stopped" not in str(caught.value)
    assert recorder.frame_at(4) == frame(0)


def test_names_in_a_zip_cannot_lead_elsewhere(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("card.json", "{}")
        archive.writestr("snapshots/00000001/../../../etc.safetensors", b"x")
        archive.writestr("frames/../../00000001-1.safetensors", b"x")
    recording = Recording(tmp_path / "a.zip")
    assert not recording.frames and not recording.snapshots


FULL = """
import resource, sys
from pathlib import Path
from app.live.recorder import Recorder
from gen_core.errors import RecordingError
recorder = Recorder(Path(sys.argv[1]), {})
recorder.add_frame(0, b"x" * 1000)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    recorder.add_frame(1, b"x" * 5000)
except RecordingError as error:
    print(error)
"""


def test_a_full_disk_is_a_sentence_and_leaves_no_half_file(tmp_path):
    child = [sys.executable, "-c", FULL, str(tmp_path)]
    said = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "file too large" in said and "the run goes on" in said
    assert [each.name for each in (tmp_path / "frames").iterdir()] == ["00000000-0.safetensors"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 2000


def test_the_oldest_unsaved_recording_goes_first():
    folders = [new_recording(f"run {number}") for number in range(4)]
    for order, folder in enumerate(folders):
        write(folder, [0]).write_card(saved=order == 0)
        (folder / "frames" / "ballast").write_bytes(b"x" * 10_000)
        renamed = folder.with_name(f"{order}-{folder.name}")
        folder.rename(renamed)
        folders[order] = renamed
    assert evict(limit=35_000, keep=[folders[1]]) == [folders[2]]
    assert recordings() == [folders[0], folders[1], folders[3]]
    assert evict(limit=0) == [folders[1], folders[3]]
    assert json.loads((folders[0] / "card.json").read_text())["saved"]


def test_what_a_kill_left_without_a_card_goes_after_a_day():
    fresh, old, in_use, whole = (new_recording(title) for title in ("a", "b", "c", "d"))
    write(whole, [0]).write_card()
    two_days_ago = time.time() - 2 * ABANDONED
    for folder in (old, in_use, whole):
        (folder / "frames").mkdir(exist_ok=True)
        os.utime(folder, (two_days_ago, two_days_ago))
    assert evict(keep=[in_use]) == [old]
    assert [each.exists() for each in (fresh, old, in_use, whole)] == [True, False, True, True]


KILLED = """
import os
from pathlib import Path
from gen_core.data.home import home, write_together
Path.replace = lambda path, target: os.kill(os.getpid(), 9)
folder = home() / "checkpoints" / "vae"
write_together(folder / "mine.safetensors", b"weights", folder / "mine.json", b"{}")
"""


def test_what_a_kill_left_of_a_save_goes_after_a_day(home):
    folder = home / "checkpoints" / "vae"
    assert subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT).returncode == -9
    left = sorted(folder.iterdir())
    assert len(left) == 2 and all(each.name.endswith(".partial") for each in left)
    whole = folder / "whole.safetensors"
    whole.write_bytes(b"weights")
    assert evict() == [], "it may be a save that goes on"
    for each in (left[0], whole):
        os.utime(each, (time.time() - 2 * ABANDONED,) * 2)
    assert evict() == [left[0]]
    assert sorted(folder.iterdir()) == [left[1], whole]


@pytest.mark.parametrize("title", ["", "../..", "Swiss roll, c = 0.1", "é" * 300, "a/b\\c\0d"])
def test_a_title_never_leads_out_of_home(home, title):
    assert new_recording(title).parent == home / "recordings"
    assert plain_name(title).replace("-", "").isalnum()
