"""Checkpoints: there and back bit for bit, whole or absent, and checked before use."""

import itertools
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as save_tensors

from gen_core.checkpoint import MAX_BYTES, card_of, load, restore, save
from gen_core.data import four, mnist
from gen_core.errors import CheckpointError
from gen_core.recipes.base import make
from gen_core.shelves import SHIPPED
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import take

TINY = {"width": 6, "depth": 1, "batch": 8}


def trained(stem="wgan", variant="gp", updates=7):
    state = TrainingState.start(make(stem, variant, TINY), 7)
    for _ in itertools.islice(train(state), updates):
        pass
    return state


@pytest.fixture
def kept(tmp_path):
    """A checkpoint on the disk: its weights' path."""
    state = trained()
    return save(tmp_path / "wgan" / "tiny.safetensors", take(state), card_of(state, "make tiny"))


def refused(path, **options):
    with pytest.raises(CheckpointError) as caught:
        load(path, **options)
    sentence = str(caught.value)
    assert sentence.startswith("Expected ") and ", got " in sentence
    assert caught.value.remedy.endswith(".")
    return sentence


def test_there_and_back_and_on(kept):
    state, found = trained(), load(kept, stem="wgan")
    assert take(found.state) == take(state)
    for _ in itertools.islice(train(state), 8):
        pass
    for _ in itertools.islice(train(found.state), 8):
        pass
    assert take(found.state) == take(state), "continued as if never stopped"


def test_the_card_says_all_that_is_needed_to_do_it_again(kept):
    card = json.loads(kept.with_suffix(".json").read_text())
    assert card["recipe"] == {"stem": "wgan", "variant": "gp", "overrides": TINY}
    assert (card["seed"], card["t"], card["round"], card["log"]) == (7, 7, 1, [])
    assert card["data"]["name"] == "8gaussians" and card["command"] == "make tiny"
    assert card["parameters"] == {"critic": 25, "generator": 32}
    assert card["threads"] == torch.get_num_threads() and card["hardware"].startswith("cpu")
    assert set(card["software"]) == {"python", "torch"} and len(card["sha256"]) == 64
    recipe = card["recipe"]
    again = TrainingState.start(make(recipe["stem"], recipe["variant"], recipe["overrides"]), 7)
    for _ in itertools.islice(train(again), card["t"]):
        pass
    assert take(again) == kept.read_bytes()


def test_weights_without_a_card_load(kept):
    kept.with_suffix(".json").unlink()
    assert load(kept).card == {} and load(kept).state.t == 7


def test_a_card_of_other_weights_is_refused(kept):
    other = trained(updates=8)
    kept.write_bytes(take(other))
    assert "the weights of the card, got changed or cut bytes" in refused(kept)


@pytest.mark.parametrize(
    "name, value",
    [("seed", 8), ("t", 6), ("log", [{"t": 1}]), ("recipe", {"stem": "wgan", "variant": "clip"})],
)
def test_a_card_that_says_otherwise_than_its_weights_is_refused(kept, name, value):
    path = kept.with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))
    assert f"the card of these weights, got a card with another {name}" in refused(kept)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "[" * 100_000, "\ud800"])
def test_a_broken_card_is_refused(kept, text):
    kept.with_suffix(".json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert "a card in JSON, got tiny.json" in refused(kept)


@pytest.mark.parametrize("keep", [0, 1, 50, -1])
def test_truncated_weights_are_refused(kept, keep):
    kept.write_bytes(kept.read_bytes()[:keep])
    assert "changed or cut bytes" in refused(kept)
    kept.with_suffix(".json").unlink()
    assert "a whole checkpoint" in refused(kept)


def test_another_papers_checkpoint_is_refused(kept):
    assert "a checkpoint of gan, got wgan" in refused(kept, stem="gan")


def test_a_file_of_other_tensors_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(save_tensors({"layers.0.weight": torch.ones(2, 2)}))
    assert "a whole checkpoint" in refused(path)


class Trap:
    """Would fail the test if anybody unpickled it."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle ran",))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_in_disguise_is_refused_and_never_run(tmp_path, protocol):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(pickle.dumps(Trap(), protocol))
    assert "got a pickle, which could run code" in refused(path)


def test_a_torch_file_in_disguise_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    torch.save({"w": torch.ones(2)}, path)
    assert zipfile.is_zipfile(path)
    assert "got a pickle, which could run code" in refused(path)


@pytest.mark.parametrize("start", [b"\x80\x04", b"\x80\x05", b"PK"])
def test_a_header_as_long_as_a_pickles_first_bytes_is_no_pickle(tmp_path, start):
    """The file begins with its header's length: 1152, 1408 and 19280 look like other formats."""
    state, length = trained(), int.from_bytes(start, "little")
    if start != b"PK":  # a header that short holds a linear lane
        state = TrainingState.start(make("wgan", "gp", {"depth": 0, "fixed_generator": True}), 7)
    data = take(state)
    size = int.from_bytes(data[:8], "little")
    assert size <= length
    padded = length.to_bytes(8, "little") + data[8 : 8 + size].ljust(length) + data[8 + size :]
    assert padded.startswith(start)
    path = tmp_path / "padded.safetensors"
    path.write_bytes(padded)
    assert take(load(path).state) == data


def test_what_is_missing_or_a_folder_is_refused(tmp_path):
    assert "nothing readable at none.safetensors" in refused(tmp_path / "none.safetensors")
    assert "nothing readable" in refused(tmp_path)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 2**20)
    assert "a checkpoint of at most 256 MB, got 257 MB" in refused(path)


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    with pytest.raises(CheckpointError, match="at most 256 MB, got 257 MB"):
        save(tmp_path / "huge.safetensors", bytes(MAX_BYTES + 2**20), {})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="leave to write w.safetensors, got .*GEN_LAB_HOME"):
        save(tmp_path / "file" / "w.safetensors", b"x", {})


LIMITED = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
from gen_core.checkpoint import save
from gen_core.errors import CheckpointError
try:
    save(Path(sys.argv[1]), bytes(30_000), {})
except CheckpointError as error:
    print(error)
"""


def test_a_write_that_stops_half_way_is_said_and_leaves_nothing(tmp_path):
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "w.safetensors")]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "Expected room and leave to write w.safetensors, got file too large." in done.stdout
    assert not list(tmp_path.iterdir())


BOASTER = """
import resource, sys
from pathlib import Path
from gen_core.checkpoint import load
from gen_core.errors import CheckpointError
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
load(Path(sys.argv[1]))
before = peak()
try:
    load(Path(sys.argv[2]))
except CheckpointError as error:
    print(error)
print((peak() - before) >> 10)
"""


def test_a_header_that_boasts_allocates_nothing(kept, tmp_path):
    """Two small networks that say to be of 24 layers of 2048 units: 800 MB, if one built them."""
    data = kept.read_bytes()
    size = int.from_bytes(data[:8], "little")
    directory = json.loads(data[8 : 8 + size])
    known = json.loads(directory["__metadata__"]["snapshot"])
    known["recipe"]["overrides"] |= {"width": 2048, "depth": 24}
    directory["__metadata__"]["snapshot"] = json.dumps(known)
    text = json.dumps(directory).encode()
    boasting = tmp_path / "boasting.safetensors"
    boasting.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])
    command = [sys.executable, "-c", BOASTER, str(kept), str(boasting)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    said, megabytes = done.stdout.splitlines()
    assert "the tensors of this recipe, got a difference at" in said
    assert int(megabytes) < 100


def test_opening_reads_no_data_set(monkeypatch):
    """The form of MNIST's pictures is known: a page shows its model before it has any."""

    def read(name):
        raise AssertionError(f"{name} was read")

    monkeypatch.setattr(mnist, "load", read)
    state = load(SHIPPED / "pixelcnn" / "mnist.safetensors").state
    assert state.recipe.data.startswith("mnist") and state.t > 0


def test_a_set_that_opening_asks_for_first_keeps_its_values(tmp_path):
    """Shapes are compared on a device without values; what is remembered is not made there."""
    path = tmp_path / "four.safetensors"
    state = TrainingState.start(make("iaf", "toy"), 7)
    save(path, take(state), card_of(state, "make four"))
    four.load.cache_clear()
    load(path)
    assert four.load().pictures("test", 0, 1).device.type == "cpu"


def test_saving_over_an_old_one_leaves_nothing_else(kept):
    state = trained(updates=9)
    save(kept, take(state), card_of(state, "again"))
    assert load(kept).state.t == 9
    assert sorted(p.name for p in kept.parent.iterdir()) == ["tiny.json", "tiny.safetensors"]


def test_restore_is_snapshots_own():
    state = trained("gan", "minimax")
    assert take(restore(take(state))) == take(state)
