"""Checkpoints that travel: out and in again byte for byte, and what is refused on the way."""

import io
import itertools
import json
import os
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save as save_tensors

from app import exchange, zipped
from app.exchange import packed, take_in
from app.library import Library
from app.live.checking import check_apart
from gen_core.checkpoint import card_of, load, save
from gen_core.errors import CheckpointError
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import take

TINY = {"width": 6, "depth": 1, "batch": 8}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def here(paths):
    """The check of checkpoints, in this process."""
    return [load(path).state.base.outside()["stem"] for path in paths]


def pair(tmp_path, updates=2, name="mine"):
    """Weights and card of a small training, as two files."""
    state = TrainingState.start(make("wgan", "gp", TINY), 7)
    for _ in itertools.islice(train(state), updates):
        pass
    path = save(tmp_path / f"{name}.safetensors", take(state), card_of(state, "a test"))
    return [(each.name, each.read_bytes()) for each in (path, path.with_suffix(".json"))]


def in_zip(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return [("some.zip", made.getvalue())]


def refused(files, check=here):
    with pytest.raises(CheckpointError) as caught:
        take_in(files, check)
    folder = exchange.Path(os.environ["GEN_LAB_HOME"]) / "checkpoints"
    assert not list(folder.rglob("*")), "nothing of it is kept"
    assert str(caught.value).startswith("Expected ") and caught.value.remedy.endswith(".")
    return str(caught.value)


def test_what_was_exported_comes_in_again_byte_for_byte(tmp_path, home):
    files = pair(tmp_path)
    assert take_in(files, here) == ["mine"]
    [kept] = Library(home).checkpoints("wgan")
    assert kept.title == "mine" and kept.files[""].read_bytes() == files[0][1]
    assert take_in([("mine.zip", packed(kept))], here) == ["mine (2)"]
    again, first = sorted(Library(home).checkpoints("wgan"), key=lambda each: -len(each.title))
    assert again.files[""].read_bytes() == first.files[""].read_bytes()
    assert load(again.files[""]).state.t == 2


def test_a_process_of_its_own_checks_as_this_one_does(tmp_path, home):
    files = pair(tmp_path)
    assert check_apart([tmp_path / "mine.safetensors"] * 2) == ["wgan", "wgan"]
    (tmp_path / "mine.safetensors").write_bytes(files[0][1][:-1])
    with pytest.raises(CheckpointError, match="the weights of the card, got changed or cut bytes"):
        check_apart([tmp_path / "mine.safetensors"])


def test_the_card_of_other_weights_is_refused(tmp_path):
    one, other = pair(tmp_path, 2, "a"), pair(tmp_path, 3, "b")
    mixed = [("a.safetensors", one[0][1]), ("a.json", other[1][1])]
    assert "the weights of the card" in refused(mixed)


def test_weights_of_other_shapes_are_refused(tmp_path):
    weights, card = pair(tmp_path)
    told = json.loads(card[1])
    size = int.from_bytes(weights[1][:8], "little")
    header = json.loads(weights[1][8 : 8 + size])
    about = header.pop("__metadata__")
    tensors = {name: torch.zeros(2, 2) for name in header}
    told.pop("sha256")
    files = {"a.safetensors": save_tensors(tensors, about), "a.json": json.dumps(told).encode()}
    assert "a whole checkpoint, got" in refused(files.items())


class Trap:
    """Would fail the test if anybody unpickled it."""

    def __reduce__(self):
        return pytest.fail, ("it was unpickled",)


def test_pickles_are_refused_in_any_dress(tmp_path):
    data = pickle.dumps(Trap())
    card = b"{}"
    assert "a pickle" in refused([("a.safetensors", data), ("a.json", card)])
    assert "weights (.safetensors) and cards" in refused(in_zip([("data.pkl", data)]))
    assert "without folders" in refused(in_zip([("archive/data.pkl", data)]))


@pytest.mark.parametrize("name", ["../a.json", "/a.json", "b/a.json", "..\\a.json", "C:a.json",
                                  ".a.json", "b/"])
def test_names_that_climb_are_refused(tmp_path, name):
    assert "without folders" in refused(in_zip([*pair(tmp_path), (name, b"{}")]))


def test_too_much_is_refused_before_it_is_read(tmp_path, monkeypatch):
    files = pair(tmp_path)
    many = [(f"{number}.json", b"{}") for number in range(17)]
    assert "at most 16 files" in refused(many) == refused(in_zip(many))
    monkeypatch.setattr(zipped, "MOST_BYTES", len(files[0][1]))
    assert "in all" in refused(files) and "in all" in refused(in_zip(files))


@pytest.mark.parametrize("files, said", [
    ([], "weights and their card, got no file"),
    ([("a.safetensors", b"")], "a card for 'a', got no 'a.json'"),
    ([("a.json", b"{}")], "weights for 'a'"),
    ([("a.json", b"["), ("a.safetensors", b"")], "a card in JSON for 'a'"),
    ([("a.json", b"[]"), ("a.safetensors", b"")], "a card in JSON for 'a', got list"),
    ([("a.json", b"{}"), ("a.safetensors", b"")], "a whole checkpoint"),
    ([("a.zip", b"PK no")], "a zip file, got 'a.zip', which is damaged"),
    ([("a.json", b"{}"), ("a.json", b"{}")], "files of different names"),
])
def test_what_is_not_whole_is_said(files, said):
    assert said in refused(files)


def test_one_bad_pair_keeps_out_the_good_one(tmp_path):
    good, bad = pair(tmp_path, 2, "good"), pair(tmp_path, 2, "bad")
    refused([*good, (bad[0][0], bad[0][1][:-1]), bad[1]])


def test_a_lane_of_a_card_never_becomes_a_path(tmp_path, home):
    weights, card = pair(tmp_path)
    told = json.loads(card[1]) | {"lane": {"name": "../../up"}, "title": "../../x"}
    take_in([weights, (card[0], json.dumps(told).encode())], here)
    kept = [path.relative_to(home) for path in home.rglob("*.safetensors")]
    assert [str(path) for path in kept] == ["checkpoints/wgan/x.safetensors"]
