"""Slow motion's words and signs: each stage of each update is said, and lit."""

import json
import re
import subprocess
import sys

import pytest

from app.equations import STAGES, slow_motion
from app.presets import PAGES
from gen_core.exploration.base import View, run_probe
from gen_core.recipes.base import make, recipes
from gen_core.recipes.listing import PLAYERS
from gen_core.recipes.settings import settings_of
from gen_core.training.loop import TrainingState

WALKS = [
    (stem, variant, player)
    for stem in PLAYERS
    for variant in recipes()[stem].variants
    for player in PLAYERS[stem]
]


def holds(recipe, tests):
    return all((getattr(recipe, name) == value) == (how == "==") for name, how, value in tests)


def walked(stem, variant, player):
    """A recipe's update as data, its recipe, and the arrays of its stages."""
    recipe = make(stem, variant, {"width": 4, "depth": 1, "batch": 24, "fixed_generator": False})
    state = TrainingState.start(recipe, 0)
    kind = "generator" if player == "generator" else "opponent"
    arrays = run_probe(View.of(state), "stages", {"player": kind})
    return slow_motion([stem])["updates"][stem][player], recipe, arrays


@pytest.mark.parametrize(("stem", "variant", "player"), WALKS)
def test_each_stage_is_said_and_lit(stem, variant, player):
    update, recipe, arrays = walked(stem, variant, player)
    stages = {key.split(".")[0] for key in arrays} - {"progress"}
    assert stages <= STAGES.keys()
    for stage in stages:
        said = [each for each in update["captions"][stage] if holds(recipe, each["tests"])]
        for name in re.findall(r"\{([\w.]+)\}", said[0]["text"]):
            known = f"{name}.mean" in arrays or name in settings_of(recipe)
            assert known or (name in arrays and arrays[name].ndim == 0), name
        rows = [row for row in update["equation"] if holds(recipe, row["tests"])]
        terms = [term for row in rows for term in row["terms"] if holds(recipe, term["tests"])]
        assert [term for term in terms if stage in term["stages"]], f"no term of {stage}"
        lines = [line for line in update["code"] if holds(recipe, line["tests"])]
        assert [line for line in lines if line["stage"] == stage], f"no line of {stage}"


@pytest.mark.parametrize(("stem", "variant", "player"), WALKS)
def test_no_two_stages_light_the_same(stem, variant, player):
    update, recipe, arrays = walked(stem, variant, player)
    rows = [row for row in update["equation"] if holds(recipe, row["tests"])]
    terms = [term for row in rows for term in row["terms"] if holds(recipe, term["tests"])]
    stages = sorted({key.split(".")[0] for key in arrays} - {"progress"})
    lit = [tuple(stage in term["stages"] for term in terms) for stage in stages]
    assert len(set(lit)) == len(stages)


def test_a_clipped_lane_says_why_it_rests():
    captions = slow_motion(["wgan"])["updates"]["wgan"]["critic"]["captions"]
    for stage in ("interpolate", "slope"):
        first = captions[stage][0]
        assert "No penalty here" in first["text"]
        assert holds(make("wgan", "clip"), first["tests"])
        assert not holds(make("wgan", "gp"), first["tests"])


def test_a_preset_carries_what_its_lanes_need():
    for presets in PAGES.values():
        for preset in presets.values():
            slow = preset.layout([lane.name for lane in preset.lanes])["slow"]
            stems = {lane.stem for lane in preset.lanes} & PLAYERS.keys()
            assert set(slow["updates"] if slow else ()) == stems
            assert json.loads(json.dumps(slow)) is None or len(json.dumps(slow)) < 40_000
    assert slow_motion(["vae"]) is None


def test_the_words_come_without_torch():
    code = "import sys; from app.equations import slow_motion; slow_motion(['wgan', 'gan'])"
    code += "; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
