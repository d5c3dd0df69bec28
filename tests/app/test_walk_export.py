"""A walk goes home as files: one address, one file, which says what makes its points again."""

import hashlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from app.live import commands
from app.live.frames import header
from app.presets import WALKS
from app.walk_export import walk_of
from gen_core.checkpoint import card_of, save
from gen_core.errors import DataError
from gen_core.exploration.base import View, probe_key, run_probe
from gen_core.exporting.pictures import FORMATS
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import take
from gen_core.walking import walk_checkpoint
from tests.app.test_pages import end, open_page, run_of, viewer
from tests.test_figures_table import frame_when

pytestmark = pytest.mark.usefixtures("workers_end")

CHOSEN = {"anchors": "z-1.5_1,z1_0.5,s3", "steps": 12, "closed": True}
SMALL = {"width": 16, "batch": 16}


@pytest.fixture
def files(monkeypatch):
    """Open the popover of a page; return what its buttons make, by kind of file."""
    offered = {}

    def button(label, data, file_name, *args, **options):
        offered[file_name.rpartition(".")[2]] = data

    def offer(page):
        with monkeypatch.context() as patched:
            patched.setattr(st, "download_button", button)
            page.session_state["walk_walk"] = True
            page.run()
        assert not page.exception
        return offered

    return offer


def walk_shown(page, kind="walk"):
    """Ask for the walk as the page's viewer does, and wait until it is whole."""
    layout, run = viewer(page)["layout"], run_of(page)
    panel = next(panel for panel in layout["panels"] if panel["kind"] == kind)
    chosen = layout["chosen"][panel["follows"]].items()
    settings = panel["settings"] | {name: v for name, v in chosen if name in panel["takes"]}
    run.pass_on(commands.Subscribe(((panel["probe"], settings),)), None)
    key = probe_key(panel["probe"], settings)

    def shown(fields):
        at = {lane["name"]: lane["t"] for lane in fields["lanes"]}
        walks = [each for each in fields["entries"] if each["key"] == key]
        return bool(walks) and all(each["t"] == at[each["lane"]] for each in walks)

    frame_when(run, shown)
    return run


def opened(preset, **query):
    """A page of walks, with what is chosen of it in the address."""
    walk = {f"walk.{name}": str(value) for name, value in CHOSEN.items()}
    page = open_page("walk", preset=preset, **walk, **query)
    assert not page.exception
    return page


def codes(made):
    """The arrays of a file of codes, and what is said of them."""
    arrays = dict(np.load(io.BytesIO(made["npz"]())))
    return arrays, json.loads(str(arrays.pop("about")))


def trained(seed, recipe, t, log):
    """A training of one's own, brought to a t with the edits of a log."""
    state = TrainingState.start(make(**recipe), seed)
    steps = train(state)
    while True:
        for edit in [edit for edit in log if edit["t"] == state.t]:
            state.edit(edit["name"], edit["value"])
        if state.t == t:
            return state
        next(steps)


def walk_again(arrays, told):
    """Make a file's codes and pictures again from the numbers in it, and compare."""
    state = trained(told["seed"], told["recipe"], told["t"], told["log"])
    again = run_probe(View.of(state), "walk", told["settings"])
    np.testing.assert_allclose(arrays["z"], again["z"], atol=1e-4)
    assert np.abs(arrays["images"].astype(int) - again["images"]).max() <= 1


@pytest.fixture
def mine():
    """A checkpoint of one's own, saved after two updates and an edit, at seed 7."""
    recipe = make("vae", "binomial", {"latent_dim": 2, **SMALL}).outside()
    state = trained(7, recipe, 2, [{"t": 1, "name": "learning_rate", "value": 0.01}])
    path = Path(os.environ["GEN_LAB_HOME"]) / "checkpoints" / "vae" / "mine.safetensors"
    yield save(path, take(state), card_of(state, "a test"))
    path.unlink()
    path.with_suffix(".json").unlink()


def test_the_same_address_takes_the_same_bytes_home_and_so_does_the_command_line(files, tmp_path):
    made = []
    for _ in range(2):
        page = opened("plane")
        run = walk_shown(page)
        made.append({kind: write() for kind, write in files(page).items()})
        end(page)
    assert made[0] == made[1] and set(made[0]) == set(FORMATS)
    for kind, data in made[0].items():
        written = tmp_path / f"walk.{kind}"
        settings = WALKS["plane"].probe_settings["walk"] | CHOSEN
        arrays = walk_checkpoint("vae/digits", settings, written, device="cpu")
        assert arrays["images"].shape == (CHOSEN["steps"], 8, 8)
        assert data == written.read_bytes(), kind
    with pytest.raises(DataError, match="Expected a whole walk"):
        walk_of(run, "digits", settings | {"steps": 13})


def test_a_walk_through_a_generators_noise_goes_home_as_points(files):
    page = opened("noise")
    walk_shown(page, "walk-noise")
    offered = files(page)
    assert set(offered) == {"npz"}, "there are no pictures"
    arrays, told = codes(offered)
    state = trained(told["seed"], told["recipe"], told["t"], told["log"])
    again = run_probe(View.of(state), "noise_walk", told["settings"])
    assert arrays["points"].shape == (CHOSEN["steps"], 2)
    np.testing.assert_allclose(arrays["points"], again["points"], atol=1e-4)
    end(page)


def test_a_checkpoint_of_ones_own_is_named_by_its_own_seed_and_hash(mine, files):
    page = opened("plane", open="saved/vae/mine")
    run = walk_shown(page)
    assert run.spec["snapshots"] == {"digits": str(mine)}
    arrays, told = codes(files(page))
    assert told["seed"] == 7 and told["settings"].items() >= CHOSEN.items()
    assert told["weights"] == hashlib.sha256(mine.read_bytes()).hexdigest()
    assert not told.keys() & {"recipe", "t", "log"}
    end(page)


def test_models_that_moved_on_from_a_checkpoint_are_no_longer_named_by_it(mine, files):
    page = opened("train", open="saved/vae/mine")
    made, run = files(page), walk_shown(page)
    assert "weights" in codes(made)[1]
    run.command({"do": "step", "n": 1})
    with run.changed:
        assert run.changed.wait_for(lambda: header(run.latest)["head"] == 3, 20)
    walk_shown(page)
    arrays, told = codes(made)
    assert (told["seed"], told["t"]) == (7, 3) and "weights" not in told
    assert told["log"] == [{"t": 1, "name": "learning_rate", "value": 0.01}]
    walk_again(arrays, told)
    end(page)


def test_a_walk_through_models_in_training_says_how_to_come_to_them(files):
    page = opened("train", seed="5", **{name: str(value) for name, value in SMALL.items()})
    run = run_of(page)
    assert run.wait_for("playing", timeout=60)
    run.command({"do": "pause"})
    assert run.wait_for("paused", timeout=20)
    run.command({"do": "set", "lane": "*", "name": "learning_rate", "value": 0.01})
    run.command({"do": "step", "n": 1})
    with run.changed:
        assert run.changed.wait_for(lambda: header(run.latest)["marks"], 20)
    walk_shown(page)
    arrays, told = codes(files(page))
    [lane] = header(run.latest)["lanes"]
    assert (told["seed"], told["t"]) == (5, lane["t"]) and "weights" not in told
    assert [edit["name"] for edit in told["log"]] == ["learning_rate"]
    assert told["recipe"]["overrides"].items() >= SMALL.items()
    walk_again(arrays, told)
    end(page)
