"""Runs that look at a checkpoint where its data are missing: plane, error, and classes."""

import dataclasses

import numpy as np
import pytest

from app.live import commands, frames, observing
from app.presets import PAGES, PIXELCNN, PIXELVAE, VAE
from app.state import PageState
from app.suiting import fitting
from gen_core import checkpoint, codes_file
from gen_core.exploration.base import View, probe_slices, probes, run_probe
from gen_core.recipes.base import make
from gen_core.shelves import SHIPPED
from gen_core.training.loop import TrainingState
from gen_core.training.snapshot import take
from tests.data.idx_files import tiny_mnist


def opened(bench, spec):
    """An engine on a run spec whose looks are all painted."""
    made = bench(*spec.pop("lanes"), **spec)
    return made.settle().do(commands.Want()).settle()


def arrays(made):
    return frames.decode(made.frames[-1])[0]


LOOKING = [
    pytest.param(preset, id=f"{page}-{name}")
    for page, presets in PAGES.items()
    for name, preset in presets.items()
    if preset.checkpoints
]


@pytest.mark.parametrize("preset", LOOKING)
def test_what_ships_is_seen_with_no_data_but_what_ships(bench, preset, monkeypatch):
    """The first slice of every picture but test pictures: nobody has to fetch MNIST to look."""
    monkeypatch.delenv("GEN_LAB_DATA", raising=False)
    spec = preset.spec(PageState(preset.name))
    engine = bench(*spec.pop("lanes"), **spec).engine
    seen = set()
    for lane in engine.lanes:
        for name, settings in engine.observer.own:
            if name != "mean_reconstructions" and probes()[name].suits(lane.state.recipe):
                arrays = next(iter(probe_slices(lane.view(), name, settings, 8)))
                assert any(array.ndim for array in arrays.values())
                seen.add(lane.name)
    assert seen == {lane.name for lane in engine.lanes}


@pytest.mark.parametrize("preset", [VAE["plane-mnist"], PIXELVAE["planes-mnist"]])
def test_the_plane_of_mnist_is_whole_without_mnist(bench, preset, monkeypatch):
    monkeypatch.delenv("GEN_LAB_DATA", raising=False)
    made = opened(bench, preset.spec(PageState(preset.name)))
    found = arrays(made)
    for entry in made.header["entries"]:
        if entry["probe"] == "posteriors":
            assert entry["error"] is None
            mu, labels = (found[f"{entry['lane']}/{entry['key']}/{a}"] for a in ("mu", "labels"))
            assert mu.shape == (10_000, 2) and np.bincount(labels).min() > 800
    for lane, name in preset.checkpoints.items():
        card = checkpoint.card_beside(SHIPPED / name)["metrics"]["knn_error"]
        metric = made.header["metrics"][lane]["knn_error"]
        assert (metric["value"], metric["floor"]) == (card["value"], card.get("floor"))
        assert metric["error"] is None and metric["told"] == metric["scope"] == card["scope"]
    made.do(commands.Look("decode", {"x": 1.0, "y": -1.0}, 8, 5)).settle().do(commands.Want())
    answers = [each for each in made.settle().header["entries"] if each["request"] == 5]
    assert {each["lane"] for each in answers} == {"vae"} and answers[0]["error"] is None


def test_a_run_that_only_looks_looks_once(bench, monkeypatch):
    """What it records is what its viewer asks for: the map of 128 nodes a side."""
    painted = []

    def counted(view, probe, settings, size):
        painted.append((probe, size))
        return probe_slices(view, probe, settings, size)

    monkeypatch.setattr(observing, "probe_slices", counted)
    preset = PAGES["realnvp"]["bent-moons"]
    made = opened(bench, preset.spec(PageState(preset.name)))
    wishes = [(each["probe"], each["settings"]) for each in preset.wishes()]
    made.do(commands.Subscribe(wishes)).do(commands.Want()).settle()
    assert len(painted) == len(set(painted)) >= 2
    assert {size for _, size in painted} == {128}


def test_codes_and_card_hold_only_until_the_weights_move_on(bench, tmp_path):
    state = TrainingState.start(make("vae", overrides={"width": 8}), 7)
    told = {"knn_error": {"value": 50.0, "floor": 1.0, "scope": "a test"}}
    card = checkpoint.card_of(state, "a test", told)
    path = checkpoint.save(tmp_path / "small.safetensors", take(state), card)
    codes_file.write(path, dataclasses.replace(state, models={"vae": Elsewhere()}))
    lane = {"name": "vae", "stem": "vae", "variant": "binomial", "overrides": {"width": 8}}
    spec = {"lanes": [lane], "snapshots": {"vae": str(path)}, "probes": [{"probe": "posteriors"}]}
    made = opened(bench, spec)
    assert (arrays(made)["vae/posteriors/mu"] == 7).all(), "they are read, not made"
    assert made.header["metrics"]["vae"]["knn_error"]["told"] is None, "the digits are here"
    made.to_round(1).settle().do(commands.Want()).settle()
    expected = run_probe(View.of(made.engine.lanes[0].state), "posteriors")
    np.testing.assert_array_equal(arrays(made)["vae/posteriors/mu"], expected["mu"])
    assert not made.engine.lanes[0].told("knn_error")


class Elsewhere:
    """A model that puts every picture at (7, 7)."""

    def encode(self, x):
        return dataclasses.make_dataclass("Posterior", ["mu"])(x.flatten(1)[:, :2] * 0 + 7)


def test_a_checkpoint_of_mnists_classes_paints_each_without_mnist(bench, tmp_path, monkeypatch):
    """What the page's list of classes asks for: one class alone, or each in turn."""
    tiny = {"width": 3, "depth": 0, "first_kernel": 3}
    state = TrainingState.start(make("pixelcnn", "mnist-classes", tiny), 7)
    tiny_mnist(tmp_path)
    monkeypatch.setenv("GEN_LAB_DATA", str(tmp_path))
    card = checkpoint.card_of(state, "a test")
    path = checkpoint.save(tmp_path / "classes.safetensors", take(state), card)
    monkeypatch.delenv("GEN_LAB_DATA")
    preset = PIXELCNN["painted"]
    lane = {"name": preset.lanes[0].name, "label": "by class", **state.base.outside()}
    assert fitting([lane], PIXELCNN) is preset
    sheet = next(panel for panel in preset.panels if panel.get("probe") == "painting")
    (classes,) = (each for each in sheet["choices"] if each["name"] == "label")
    assert [value for value, _ in classes["options"]] == [-1, *range(10)]
    spec = {"lanes": [lane], "snapshots": {lane["name"]: str(path)}, "train": False}
    made = opened(bench, {**spec, "probes": [{"probe": "masks"}]})
    sheets = []
    for request, label in enumerate((-1, 3, 4), 1):
        wish = commands.Look("painting", {"n": 5, "label": label}, 8, request)
        made.do(wish).settle().do(commands.Want()).settle()
        (entry,) = (each for each in made.header["entries"] if each["request"] == request)
        assert entry["error"] is None and entry["progress"] == 1
        sheets.append(arrays(made)[f"{lane['name']}/{entry['key']}/images"])
    in_turn, third, fourth = sheets
    assert (in_turn[3] == third[3]).all() and (in_turn[4] == fourth[4]).all()
    assert (third != fourth).any(), "the class is heard"
