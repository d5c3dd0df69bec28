"""The two parallel lines: one run for both games, on the same points, with theta in the viewer."""

import pytest

from app.controls import fields
from app.live.runspec import RunSpec
from app.presets import GAN_FORM
from app.presets.lines import LINES
from app.state import PageState
from gen_core.exploration.base import probes
from gen_core.recipes.base import make

PRESET = LINES["lines"]


def recipes():
    return {lane.name: make(lane.stem, lane.variant, lane.overrides) for lane in PRESET.lanes}


def test_the_engine_accepts_it_and_every_probe_suits():
    spec = RunSpec.parse(PRESET.spec(PageState("lines", seed=3)))
    assert [lane.name for lane in spec.lanes] == list(recipes())
    for recipe in recipes().values():
        assert all(probes()[name].suits(recipe) for name in PRESET.probes)


def test_both_games_differ_in_their_distance_alone():
    made = recipes().values()
    for name in ("data", "width", "depth", "batch", "fixed_generator", "theta"):
        assert len({getattr(recipe, name) for recipe in made}) == 1, name
    assert {len(recipe.schedule(0)) for recipe in made} == {1}, "as many steps a round"
    assert [recipe.measures for recipe in made] == ["w1", "js"]


def test_one_control_moves_both_lines():
    first, *others = PRESET.controls
    assert (first.lane, first.name) == ("*", "theta") and len(others) <= 6
    for control in PRESET.controls:
        assert PRESET.setting(control.lane, control.name, hot=True) is not None


def test_panels_name_lanes_arrays_and_metrics_that_exist():
    curves = [panel for panel in PRESET.panels if panel["kind"] == "curves"]
    for panel in curves:
        for recipe in recipes().values():
            assert set(panel["metrics"]) <= set(recipe.curves)
    (function,) = (panel for panel in PRESET.panels if panel["kind"] == "function")
    assert function["probe"] in PRESET.probes
    for series in function["series"]:
        assert series["array"] == recipes()[series["lane"]].measures


@pytest.mark.parametrize("names", GAN_FORM.values(), ids=list(GAN_FORM))
def test_the_form_asks_for_settings_of_the_lanes(names):
    asked = {field.key.rpartition(".")[2] for field in fields(PRESET, PageState("lines"), names)}
    assert asked and asked <= set(names) & set(PRESET.settings())
