"""The library: what was saved is found, what is broken is left out, cards are read once."""

import json
import os

from app.library import Library

LANE = {"name": "gp", "label": "GP", "color": "gp", "stem": "wgan", "variant": "gp"}


def _save(folder, title, lane, when):
    path = folder / "checkpoints" / "wgan" / f"{title}-{lane}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"weights")
    recipe = {"stem": "wgan", "variant": "gp", "overrides": {"width": 64}}
    card = {"title": title, "label": lane.upper(), "recipe": recipe}
    path.with_suffix(".json").write_text(json.dumps(card))
    os.utime(path, (when, when))
    return path


def test_the_lanes_of_one_save_stand_together_newest_first(tmp_path):
    _save(tmp_path, "old", "gp", 100)
    clip, gp = _save(tmp_path, "new", "clip", 200), _save(tmp_path, "new", "gp", 200)
    new, old = Library(tmp_path).checkpoints("wgan")
    assert (new.title, old.title) == ("new", "old")
    assert new.paths == {"clip": clip, "gp": gp}
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


def test_earlier_runs_come_newest_first_and_empty_ones_not_at_all(tmp_path):
    for name, head in (("20260101-a", 5), ("20260102-b", 0), ("20260103-c", 9)):
        folder = tmp_path / "recordings" / name
        folder.mkdir(parents=True)
        card = {"title": name, "head": head, "spec": {"lanes": [LANE]}}
        (folder / "card.json").write_text(json.dumps(card))
    found = Library(tmp_path).earlier_runs()
    assert [(run.title, run.head) for run in found] == [("20260103-c", 9), ("20260101-a", 5)]
    assert len(Library(tmp_path).earlier_runs(most=1)) == 1


def test_a_shipped_recording_is_found_by_name_alone(tmp_path):
    (tmp_path / "surface.zip").write_bytes(b"")
    library = Library(tmp_path, shipped=tmp_path)
    assert library.shipped("surface.zip") == tmp_path / "surface.zip"
    assert library.shipped("") is None and library.shipped("other.zip") is None
