"""Playing a recording: stored frames under the commands of the transport bar."""

import shutil
import threading
import zipfile

import numpy as np
import pytest

from app.live import commands, frames
from app.live.playback import Playback
from app.live.recorder import Recorder
from app.live.recording import Recording, pack
from gen_core.errors import CommandError, RecordingError


class Screen:
    """Takes what a playback delivers."""

    def __init__(self):
        self.frames = []
        self.news = threading.Condition()

    def __call__(self, frame, state):
        assert frames.header(frame)["state"] == state
        with self.news:
            self.frames.append(frame)
            self.news.notify_all()

    @property
    def header(self):
        return frames.header(self.frames[-1])

    def wait(self, condition):
        with self.news:
            assert self.news.wait_for(lambda: condition(self.header), 20)


@pytest.fixture
def recorded(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    recorder = Recorder(folder, {"marks": [{"round": 4}]})
    for number, round in enumerate(range(0, 20, 4)):
        curves = np.arange(number + 1, dtype=np.float32)
        content = {"gp/surface/values": np.full((2, 2), round), "gp/curves/w1": curves}
        recorder.add_frame(round, frames.encode(content, {"seq": number, "round": round}))
    return folder


@pytest.fixture(params=["folder", "zip"])
def played(recorded, tmp_path, request):
    path = recorded
    if request.param == "zip":
        path = tmp_path / "run.zip"
        pack(recorded, path)
    screen = Screen()
    return Playback(Recording(path), screen, sequence=100), screen


def test_it_begins_at_the_first_frame_with_the_whole_curves(played):
    _, screen = played
    found, header = frames.decode(screen.frames[0])
    assert (header["round"], header["head"], header["state"]) == (0, 16, "paused")
    assert header["seq"] > 100 and header["marks"] == [{"round": 4}] and header["playback"]
    assert found["gp/curves/w1"].tolist() == [0, 1, 2, 3, 4]
    assert found[frames.TIMELINE].tolist() == [0, 4, 8, 12, 16]
    assert found["gp/surface/values"].tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(("round", "shown"), [(0, 0), (7, 4), (8, 8), (99, 16)])
def test_seek_shows_the_frame_at_or_before(played, round, shown):
    playback, screen = played
    playback.receive(commands.Seek(round))
    assert (screen.header["round"], screen.header["state"]) == (shown, "seeking")


def test_step_walks_through_the_frames_and_stops_at_the_last(played):
    playback, screen = played
    for expected in (4, 8, 12, 16, 16):
        playback.receive(commands.Step())
        assert screen.header["round"] == expected


def test_play_runs_to_the_end_and_pauses_there(played):
    playback, screen = played
    playback.receive(commands.Speed(1000.0))
    playback.receive(commands.Play())
    screen.wait(lambda header: header["round"] == 16 and header["state"] == "paused")
    rounds = [frames.header(each)["round"] for each in screen.frames]
    assert rounds == sorted(rounds)
    playback.receive(commands.Play())
    assert screen.header["round"] == 0


def test_a_paused_playback_stays(played):
    playback, screen = played
    playback.receive(commands.Speed(0.5))
    playback.receive(commands.Play())
    player = playback._player
    playback.receive(commands.Pause())
    player.join(5)
    assert not player.is_alive()
    assert screen.header["state"] == "paused" and screen.header["round"] == 0


def test_stop_ends_a_playback_in_the_middle(played):
    playback, screen = played
    playback.receive(commands.Play())
    playback.receive(commands.Stop())
    screen.wait(lambda header: header["state"] == "ended")
    assert playback.state == "ended"


def test_what_needs_a_model_is_refused_with_the_way_out(played):
    playback, _ = played
    with pytest.raises(CommandError, match="Continue from here"):
        playback.receive(commands.SetValue("clip", 0.1))


def test_a_frame_thinned_away_meanwhile_is_replaced_by_its_neighbour(recorded):
    screen = Screen()
    playback = Playback(Recording(recorded), screen)
    (recorded / "frames" / "00000002-8.safetensors").unlink()
    playback.receive(commands.Seek(8))
    assert screen.header["round"] == 4


def test_an_empty_recording_is_refused(tmp_path):
    Recorder(tmp_path, {})
    with pytest.raises(RecordingError):
        Playback(Recording(tmp_path), Screen())


def flip(path, name):
    """Flip one stored byte of a file inside a zip."""
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(name)
    data = bytearray(path.read_bytes())
    lengths = (data[entry.header_offset + at] | data[entry.header_offset + at + 1] << 8
               for at in (26, 28))  # fmt: skip
    data[entry.header_offset + 30 + sum(lengths) + entry.compress_size // 2] ^= 0xFF
    path.write_bytes(data)


@pytest.fixture
def damaged(recorded, tmp_path):
    """A zip of five frames of which the one of round 8 has a flipped byte."""
    path = tmp_path / "damaged.zip"
    pack(recorded, path)
    flip(path, "frames/00000002-8.safetensors")
    return path


def test_a_damaged_frame_is_passed_over(damaged):
    screen = Screen()
    playback = Playback(Recording(damaged), screen)
    playback.receive(commands.Seek(8))
    assert (screen.header["round"], screen.header["state"]) == (4, "seeking")
    playback.receive(commands.Seek(99))
    found, header = frames.decode(screen.frames[-1])
    assert header["round"] == 16 and found[frames.TIMELINE].tolist() == [0, 4, 12, 16]


@pytest.mark.parametrize("last", [False, True], ids=["within", "last"])
def test_playing_over_a_damaged_frame_reaches_the_end(damaged, last):
    if last:
        flip(damaged, "frames/00000004-16.safetensors")
    screen = Screen()
    playback = Playback(Recording(damaged), screen)
    playback.receive(commands.Speed(1000.0))
    playback.receive(commands.Play())
    for _ in range(20):
        playback.receive(commands.Want())
    screen.wait(lambda header: header["state"] == "paused")
    assert screen.header["round"] == (12 if last else 16)
    playback.receive(commands.Play())
    assert screen.header["state"] == "playing" and playback._player.is_alive()


def test_a_recording_without_one_whole_frame_is_refused(recorded):
    for each in (recorded / "frames").iterdir():
        each.write_bytes(each.read_bytes()[:50])
    with pytest.raises(RecordingError):
        Playback(Recording(recorded), Screen())


def test_a_recording_that_vanishes_leaves_the_last_picture_with_the_reason(recorded):
    screen = Screen()
    playback = Playback(Recording(recorded), screen)
    playback.receive(commands.Play())
    shutil.rmtree(recorded)
    playback.receive(commands.Want())
    playback.receive(commands.Seek(12))
    assert screen.header["state"] == playback.state == "paused"
    assert screen.header["round"] == 0 and screen.header["message"].startswith("Expected ")
    playback.receive(commands.Want())  # nobody is told again and again
