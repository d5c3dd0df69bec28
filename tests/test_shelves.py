"""Checkpoints are found by name, on both shelves."""

import pytest

from gen_core import shelves
from gen_core.checkpoint import card_of, save
from gen_core.errors import CheckpointError
from gen_core.recipes.base import make
from gen_core.shelves import find, free_place, saved_folder, shelved
from gen_core.training.loop import TrainingState
from gen_core.training.snapshot import take


@pytest.fixture
def both(tmp_path, monkeypatch):
    """An empty shelf of what ships, and an empty one of a person."""
    monkeypatch.setattr(shelves, "SHIPPED", tmp_path / "ships")
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "ships", saved_folder()


def put(path):
    state = TrainingState.start(make("planar", "", {"steps": 1}), 0)
    return save(path, take(state), card_of(state, "a test"))


def test_a_checkpoint_is_found_by_its_short_name(both):
    ships, saved = both
    plane = put(ships / "planar" / "plane.safetensors")
    mine = put(saved / "planar" / "mine.safetensors")
    assert find("planar/plane") == plane and find("planar/mine") == mine
    assert find(str(plane)) == find(str(plane.with_suffix(""))) == plane
    with pytest.raises(CheckpointError, match=r"a checkpoint \(planar/plane, planar/mine\) or a"):
        find("vae/line")
    with pytest.raises(CheckpointError, match="Did you mean planar/plane"):
        find("planar/plan")


def test_what_has_no_card_is_not_listed(both):
    ships, saved = both
    put(ships / "planar" / "plane.safetensors")
    put(saved / "planar" / "whole.safetensors")
    put(saved / "planar" / "bare.safetensors").with_suffix(".json").unlink()
    put(saved / "planar" / "broken.safetensors").with_suffix(".json").write_text("{")
    found = {each.name: each.ships for each in shelved()}
    assert found == {"planar/plane": True, "planar/whole": False}


def test_a_free_place_is_free(both):
    first = free_place("planar", "run")
    assert first == both[1] / "planar" / "run.safetensors"
    put(first)
    assert free_place("planar", "run").stem == "run-2"
