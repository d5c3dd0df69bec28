"""The library: what was saved is found, what is broken is left out, cards are read once."""

import hashlib
import json
import os

import pytest

from app.kept import RECORDING
from app.library import Library
from gen_core.errors import CheckpointError

WEIGHTS = (2).to_bytes(8, "little") + b"{}"  # the shortest file in safetensors format
LANE = {"name": "gp", "label": "GP", "color": "gp", "stem": "wgan", "variant": "gp"}


def _save(folder, title, lane, when):
    path = folder / "checkpoints" / "wgan" / f"{title}-{lane}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(WEIGHTS)
    recipe = {"stem": "wgan", "variant": "gp", "overrides": {"width": 64}}
    sha256 = hashlib.sha256(WEIGHTS).hexdigest()
    card = {"title": title, "label": lane.upper(), "recipe": recipe, "sha256": sha256}
    path.with_suffix(".json").write_text(json.dumps(card))
    os.utime(path, (when, when))
    return path


def test_the_lanes_of_one_save_stand_together_newest_first(tmp_path):
    _save(tmp_path, "old", "gp", 100)
    clip, gp = _save(tmp_path, "new", "clip", 200), _save(tmp_path, "new", "gp", 200)
    new, old = Library(tmp_path).checkpoints("wgan")
    assert (new.title, old.title) == ("new", "old")
    assert new.files == {"clip": clip, "gp": gp}
    assert [lane["name"] for lane in old.lanes] == ["gp"]
    assert Library(tmp_path).checkpoints("vae") == []


def test_a_saved_lane_knows_its_recipe(tmp_path):
    _save(tmp_path, "old", "gp", 100)
    [saved] = Library(tmp_path).checkpoints("wgan")
    assert saved.lanes == (
        {
            "name": "gp",
            "label": "GP",
            "stem": "wgan",
            "variant": "gp",
            "overrides": {"width": 64},
        },
    )


def test_a_broken_card_hides_its_file_and_nothing_else(tmp_path):
    _save(tmp_path, "good", "gp", 100)
    broken = ("{", "[]", '{"recipe": 3, "title": "x"}', "null", '{"title": "bad4"}')
    for number, text in enumerate(broken):
        _save(tmp_path, f"bad{number}", "gp", 100).with_suffix(".json").write_text(text)
    _save(tmp_path, "none", "gp", 100).with_suffix(".json").unlink()
    assert [saved.title for saved in Library(tmp_path).checkpoints("wgan")] == ["good"]


def test_a_card_that_changed_is_read_again(tmp_path):
    card = _save(tmp_path, "same", "gp", 100).with_suffix(".json")
    library = Library(tmp_path)
    assert library.checkpoints("wgan")[0].lanes[0]["label"] == "GP"
    card.write_text(card.read_text().replace("GP", "Penalty"))
    os.utime(card, (500, 500))
    assert library.checkpoints("wgan")[0].lanes[0]["label"] == "Penalty"


def _record(folder, name, head=5, **card):
    path = folder / "recordings" / name
    (path / "frames").mkdir(parents=True)
    (path / "frames" / f"00000000-{head}.safetensors").write_bytes(WEIGHTS)
    told = {"title": name, "head": head, "spec": {"lanes": [LANE]}, **card}
    (path / "card.json").write_text(json.dumps(told))
    return path


def test_earlier_runs_come_newest_first_and_empty_ones_not_at_all(tmp_path):
    for name, head in (("20260101-a", 5), ("20260102-b", 0), ("20260103-c", 9)):
        _record(tmp_path, name, head)
    found = Library(tmp_path).earlier_runs()
    assert [(run.title, run.head) for run in found] == [("20260103-c", 9), ("20260101-a", 5)]
    assert len(Library(tmp_path).earlier_runs(most=1)) == 1


def test_a_shipped_recording_is_found_by_name_alone(tmp_path):
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "surface.zip").write_bytes(b"")
    library = Library(tmp_path / "own", shipped=tmp_path)
    assert library.shipped("surface.zip") == tmp_path / "recordings" / "surface.zip"
    assert library.shipped("") is None and library.shipped("other.zip") is None


HALVES = {
    "no card": lambda path: path.with_suffix(".json").unlink(),
    "no weights": lambda path: path.unlink(),
    "cut weights": lambda path: path.write_bytes(WEIGHTS[:-1]),
    "longer weights": lambda path: path.write_bytes(WEIGHTS + b"!"),
    "other weights": lambda path: path.write_bytes((3).to_bytes(8, "little") + b"{ }"),
    "half a card": lambda path: path.with_suffix(".json").write_text('{"title'),
    "no header": lambda path: path.write_bytes(b"\xff" * 40),
}


@pytest.mark.parametrize("half", HALVES)
def test_what_a_kill_left_is_never_listed_as_good(tmp_path, half):
    path = _save(tmp_path, "half", "gp", 100)
    library = Library(tmp_path, shipped=tmp_path / "none")
    assert [each.flaw for each in library.kept()] == [""]
    HALVES[half](path)
    [listed] = library.kept()
    assert listed.flaw.endswith(".") and listed.lanes == ()
    assert library.checkpoints("wgan") == [] and library.find(listed.id) is None
    library.delete(listed)
    assert library.kept() == [] and not list(path.parent.iterdir())


def test_files_still_being_written_are_not_seen(tmp_path):
    path = _save(tmp_path, "whole", "gp", 100)
    path.with_name(f".{path.name}.77.partial").write_bytes(WEIGHTS)
    path.with_name(".new.json.77.partial").write_text("{")
    assert [each.title for each in Library(tmp_path, shipped=tmp_path / "x").kept()] == ["whole"]


def test_a_recording_whose_newest_frame_is_cut_is_damaged(tmp_path):
    path = _record(tmp_path, "20260101-a")
    library = Library(tmp_path, shipped=tmp_path / "none")
    assert [each.flaw for each in library.kept()] == [""]
    path = _record(tmp_path, "20260102-b")
    (path / "frames" / "00000000-5.safetensors").write_bytes(WEIGHTS[:5])
    assert [bool(each.flaw) for each in library.kept()] == [True, False]
    assert [each.title for each in library.earlier_runs()] == ["20260101-a"]


def test_what_a_kill_left_of_a_recording_is_never_listed_as_good(tmp_path):
    path = _record(tmp_path, "20260101-a")
    (path / "frames" / ".00000001-9.safetensors.77.partial").write_bytes(WEIGHTS[:5])
    frame = _record(tmp_path, "20260102-b") / "frames" / "00000000-5.safetensors"
    frame.rename(frame.with_name(f".{frame.name}.77.partial"))
    library = Library(tmp_path, shipped=tmp_path / "none")
    assert [(each.head, each.flaw) for each in library.kept()] == [(5, "")]
    card = path / "card.json"
    card.rename(path / ".card.json.77.partial")
    assert library.kept() == []
    card.write_text('{"title": "20260101-a", "spec"')
    assert library.kept() == []


def test_only_what_a_person_saved_is_deleted(tmp_path):
    path, recording = _save(tmp_path, "mine", "gp", 100), _record(tmp_path, "20260101-a")
    library = Library(tmp_path)
    shipped = [each for each in library.kept() if each.shipped]
    assert {each.kind for each in shipped} >= {"Checkpoint", "Reader", RECORDING}
    for each in shipped:
        with pytest.raises(CheckpointError, match="ships with the lab"):
            library.delete(each)
        assert all(file.is_file() for file in each.files.values())
    for each in [each for each in library.kept() if not each.shipped]:
        library.delete(each)
    assert not path.exists() and not recording.exists()
    assert [each.id for each in library.kept()] == [each.id for each in shipped]
