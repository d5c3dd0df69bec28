"""Recordings that travel: out and in again, opened as before; damaged and hostile ones are not."""

import io
import json
import os
import pickle
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from app import recording_import, zipped
from app.exchange import packed, take_in
from app.library import Library
from app.live import frames
from app.live.recording import Recording
from app.live.runs import RunManager
from app.preset import SHIPPED
from app.suiting import openings
from gen_core.checkpoint import load
from gen_core.errors import GenLabError, RecordingError
from tests.app.test_exchange import Trap
from tests.live.conftest import Bench, small_run

ROUNDS = (0, 1, 2, 3)
FRAME, SNAPSHOT = "frames/00000000-0.safetensors", "snapshots/00000003/gp.safetensors"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files of a recording of two lanes, as Export writes them."""
    folder = tmp_path_factory.mktemp("recording")
    bench = Bench(small_run(play=False, recording=str(folder), title="Two lanes"))
    [bench.to_round(round) for round in ROUNDS[1:]]
    bench.engine.journal.keep_moment(bench.engine.moment, now=True)
    recorded = folder.parent / "recordings" / "run"
    recorded.parent.mkdir()
    folder.rename(recorded)
    [kept] = [each for each in Library(recorded.parents[1]).kept() if not each.shipped]
    with zipfile.ZipFile(io.BytesIO(packed(kept))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def here(paths):
    """The check of snapshots, in this process."""
    return [load(path).state.base.outside()["stem"] for path in paths]


def in_zip(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def card_with(files, **changes):
    return {**files, "card.json": json.dumps(json.loads(files["card.json"]) | changes).encode()}


def frame_with(files, **changes):
    return {**files, FRAME: frames.patch(files[FRAME], **changes)}


def refused(files):
    with pytest.raises(GenLabError) as caught:
        take_in([("some.zip", files if isinstance(files, bytes) else in_zip(files))], here)
    home = Path(os.environ["GEN_LAB_HOME"])
    assert not [each for each in home.rglob("*") if each.is_file()], "nothing of it is kept"
    said = str(caught.value)
    assert said.startswith("Expected ") and ", got " in said and caught.value.remedy.endswith(".")
    return said


def own(home):
    return [each for each in Library(home).kept() if not each.shipped]


def test_what_was_exported_comes_in_again_frame_by_frame(files, home):
    assert take_in([("run.zip", in_zip(files))], here) == ["Two lanes"]
    [kept] = own(home)
    assert (kept.title, kept.head, kept.flaw) == ("Two lanes", ROUNDS[-1], "")
    assert kept.card["saved"], "it never goes to make room"
    recording = Recording(kept.files[""])
    assert recording.rounds == list(ROUNDS)
    names = {path.relative_to(recording.path).as_posix() for path in recording.path.rglob("*.*")}
    assert names == files.keys()
    assert all((recording.path / n).read_bytes() == files[n] for n in names - {"card.json"})
    assert take_in([("again.zip", packed(kept))], here) == ["Two lanes"]
    assert len(own(home)) == 2


def test_an_imported_recording_opens_is_played_and_goes_on(files, home):
    take_in([("run.zip", in_zip(files))], here)
    [kept] = own(home)
    assert {each.page for each in openings(kept)} >= {"critic"}
    runs = RunManager(spare=False)
    try:
        run = runs.open_recording(kept.files[""])
        shown, header = frames.decode(run.latest)
        assert header["round"] == 0 and header["head"] == ROUNDS[-1] and header["playback"]
        first, _ = frames.decode(files[FRAME])
        pictures = [name for name in first if not frames.is_curve(name)]
        assert pictures and all(np.array_equal(shown[name], first[name]) for name in pictures)
        run.command({"do": "seek", "round": 2})
        assert frames.header(run.latest)["round"] == 2
        child = runs.fork(run)
        assert child.wait_for("playing", timeout=120)
    finally:
        runs.stop_all()


def test_a_shipped_recording_is_taken_in(home):
    path = SHIPPED / "recordings" / "critic-surfaces-8gaussians.zip"
    [title] = take_in([(path.name, path.read_bytes())], here)
    [kept] = own(home)
    assert kept.title == title == Recording(path).card["title"]
    assert Recording(kept.files[""]).rounds == Recording(path).rounds


def test_recordings_and_checkpoints_come_in_together_or_not_at_all(files):
    bad = {**files, FRAME: files[FRAME][:-1]}
    both = [("good.zip", in_zip(files)), ("bad.zip", in_zip(bad))]
    with pytest.raises(RecordingError, match="damaged"):
        take_in(both, here)
    with pytest.raises(GenLabError, match="a card for 'a'"):
        take_in([both[0], ("a.safetensors", b"")], here)
    assert not Path(os.environ["GEN_LAB_HOME"]).exists()


def test_what_holds_of_the_other_machine_is_forgotten(files, home):
    spec = json.loads(files["card.json"])["spec"]
    spec |= {"snapshots": {"gp": "/etc/passwd"}, "origin": {"recording": "/etc", "round": 1}}
    spec |= {"recording": "/tmp/elsewhere", "resume": True, "device": "cuda:7", "notice": "x"}
    take_in([("a.zip", in_zip(card_with(files, spec=spec, title="../../up", evil=[1])))], here)
    [kept] = own(home)
    assert kept.files[""].parent == home / "recordings" and kept.title == "../../up"
    assert "evil" not in kept.card
    told = kept.card["spec"]
    assert told["snapshots"] == {} and told["origin"] is None and told["device"] == "auto"
    assert not {"recording", "resume", "notice"} & told.keys()


MARK = {"t": 1, "lane": "gp", "name": "penalty", "value": 3.0, "round": 1}


@pytest.mark.parametrize("marks", [
    5, [5], [{**MARK, "round": -1}], [{**MARK, "t": "1"}], [{**MARK, "lane": "other"}],
    [{**MARK, "value": []}], [{each: MARK[each] for each in ("t", "lane", "name", "value")}],
])
def test_edits_that_make_no_sense_are_refused(files, marks, home):
    assert "the card of a recording" in refused(card_with(files, marks=marks))
    take_in([("a.zip", in_zip(card_with(files, marks=[MARK])))], here)
    assert own(home)[0].card["marks"] == [MARK]


@pytest.mark.parametrize("spec", [
    None, [], {}, {"lanes": 3}, {"lanes": [3]}, {"lanes": [{"name": "../up"}]}, {"seed": -1},
    {"probes": "all"}, {"lanes": [{"name": "gp", "overrides": 3}]},
])
def test_a_card_that_does_not_say_what_was_run_is_refused(files, spec):
    known = json.loads(files["card.json"])["spec"]
    told = known | spec if isinstance(spec, dict) and spec else spec
    assert "the card of a recording" in refused(card_with(files, spec=told))


@pytest.mark.parametrize("card", [
    b"", b"[1]", b"3", b"null", b"{}", b"{" * 5000, b'{"a":' * 50_000, b"\xff\xfe",
    b'{"format": 2}',
])
def test_what_is_no_card_is_refused(files, card):
    assert "the card of a recording" in refused({**files, "card.json": card})


def test_a_card_is_missing_or_too_large(files):
    assert "no 'card.json'" in refused({n: d for n, d in files.items() if n != "card.json"})
    assert "the card of a recording" in refused(card_with(files, title="x" * (2 << 20)))


@pytest.mark.parametrize("name", [
    "../card.json", "/frames/00000009-9.safetensors", "frames/../../00000009-9.safetensors",
    "frames/00000009-9.safetensors.py", "frames\\00000009-9.safetensors", "frames/x.safetensors",
    "snapshots/00000009/../../a.safetensors", "snapshots/00000009/..\\a.safetensors",
    "data.pkl", "frames/.part.safetensors", f"frames/{'1' * 200}-1.safetensors",
])
def test_names_that_no_recording_holds_are_refused(files, name):
    assert "frames, snapshots and a card" in refused({**files, name: files[FRAME]})


def test_a_name_that_comes_twice_is_refused(files):
    made = io.BytesIO(in_zip(files))
    with pytest.warns(UserWarning), zipfile.ZipFile(made, "a") as archive:
        archive.writestr(FRAME, b"other")
    assert "files of different names" in refused(made.getvalue())


def test_too_much_is_refused(files, monkeypatch):
    monkeypatch.setattr(zipped, "MOST_BYTES", 10_000)
    assert "in all" in refused(files)
    monkeypatch.setattr(zipped, "MOST_BYTES", sum(map(len, files.values())))
    bomb = bytearray(in_zip({**files, FRAME: bytes(1 << 20)}))
    assert "in all" in refused(bytes(bomb))
    at = bomb.rindex(b"PK\x01\x02", 0, bomb.rindex(FRAME.encode()))
    bomb[at + 24 : at + 28] = (10).to_bytes(4, "little")  # the size that its directory says
    assert "damaged" in refused(bytes(bomb))
    monkeypatch.setattr(zipped, "MOST_BYTES", 1 << 30)
    monkeypatch.setattr("app.exchange.MOST_FILES", len(files) - 1)
    assert f"at most {len(files) - 1} files" in refused(files)


@pytest.mark.parametrize("data", [
    b"", b"x" * 7, (1 << 40).to_bytes(8, "little"), pickle.dumps(Trap()),
    (2).to_bytes(8, "little") + b"{}", frames.encode({}, {"round": 0}),
])
def test_frames_and_curves_that_are_none_are_refused(files, data):
    assert FRAME in refused({**files, FRAME: data})
    curves = "snapshots/00000003.curves.safetensors"
    if not data.startswith(frames.encode({}, {"round": 0})[:8]):
        assert curves in refused({**files, curves: data})


@pytest.mark.parametrize("changes", [
    {"v": 2}, {"round": "3"}, {"entries": None}, {"entries": [3]}, {"lanes": [{"name": "other"}]},
    {"lanes": [{"name": []}]}, {"metrics": []}, {"entries": [{"lane": "gp"}]},
    {"entries": [{"lane": "gp", "probe": "p", "key": "none", "arrays": ["values"]}]},
    {"entries": [{"lane": "x", "probe": "p", "key": "k", "arrays": []}]},
])
def test_a_frame_that_would_not_be_understood_is_refused(files, changes):
    assert f"frames of this version, got '{FRAME}'" in refused(frame_with(files, **changes))


def test_rounds_go_up_and_there_are_some(files):
    parts = {n: d for n, d in files.items() if not n.startswith("frames/")}
    assert "a recording with frames" in refused(parts)
    names = "frames/00000000-5.safetensors", "frames/00000001-4.safetensors"
    back = {**parts, **dict.fromkeys(names, files[FRAME])}
    assert "rounds go up" in refused(back)
    far = {**parts, f"frames/00000000-{2**31}.safetensors": files[FRAME]}
    assert "rounds go up" in refused(far)


def test_snapshots_are_whole_of_all_lanes_and_of_what_was_run(files):
    assert SNAPSHOT in files
    assert "Expected " in refused({**files, SNAPSHOT: files[SNAPSHOT][:-1]})
    assert "a pickle" in refused({**files, SNAPSHOT: pickle.dumps(Trap())})
    alone = {name: data for name, data in files.items() if name != SNAPSHOT}
    assert "lanes clip, gp in snapshot 00000003, got clip" in refused(alone)
    spec = json.loads(files["card.json"])["spec"]
    spec["lanes"] = [lane | {"stem": "gan"} for lane in spec["lanes"]]
    assert "snapshots of what was run" in refused(card_with(files, spec=spec))


def test_any_flipped_byte_of_an_export_is_a_sentence_or_harmless(files, home):
    small = {name: data for name, data in files.items() if not name.startswith("snapshots/")}
    whole = in_zip(small)
    for at in random.Random(0).sample(range(len(whole)), 200):
        flipped = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        try:
            take_in([("a.zip", flipped)], here)
        except GenLabError as error:
            assert str(error).startswith("Expected ")
    assert all(not each.flaw and Recording(each.files[""]).frames for each in own(home))


def test_a_disk_that_is_full_leaves_nothing(files, monkeypatch):
    written = []

    def write(path, data):
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    monkeypatch.setattr(recording_import, "write_whole", write)
    assert "no space left on device" in refused(files) and len(written) == 3


def test_a_kill_while_it_is_written_leaves_nothing_that_is_listed(files, home, monkeypatch):
    for moment in range(len(files)):
        left = [None] * moment

        def replace(partial, target, left=left):
            if not left:
                raise KeyboardInterrupt
            left.pop()
            return os.replace(partial, target)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Path, "replace", replace)
            take_in([("a.zip", in_zip(files))], here)
        assert own(home) == []
