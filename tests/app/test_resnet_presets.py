"""The presets of free bits: runs that the engine accepts, whose stacks show what is measured."""

import pytest

from app.live.runspec import RunSpec
from app.presets.resnet_vae import LAYERS, RESNET_VAE
from app.state import PageState
from gen_core.exploration.base import probes
from gen_core.recipes.base import make
from gen_core.recipes.resnet_vae import ALIVE

PRESETS = pytest.mark.parametrize("preset", RESNET_VAE.values(), ids=lambda preset: preset.name)
TRAINED = pytest.mark.parametrize("preset", [RESNET_VAE["free-bits"]], ids=["free-bits"])


@PRESETS
def test_a_preset_is_a_run_whose_probes_suit_it(preset):
    spec = RunSpec.parse(preset.spec(PageState(preset.name, seed=3)))
    for lane in spec.lanes:
        recipe = make(lane.stem, lane.variant, lane.overrides)
        assert all(probes()[probe].suits(recipe) for probe, _ in spec.probes)
        assert set(preset.metrics) <= set(recipe.metrics())


@TRAINED
def test_a_stack_holds_every_layer_of_its_lane_and_counts_as_the_recipe_does(preset):
    stacks = [panel for panel in preset.panels if panel["kind"] == "stack"]
    assert [panel["lane"] for panel in stacks] == [lane.name for lane in preset.lanes]
    for panel, lane in zip(stacks, preset.lanes, strict=True):
        recipe = make(lane.stem, lane.variant, lane.overrides)
        assert recipe.layers == LAYERS and panel["alive"] == ALIVE
        layers = [name for name in recipe.curves if name.startswith("kl_")]
        assert panel["metrics"] == layers and panel["base"] in recipe.curves
        named = [
            each for each in preset.figures if (each.lane, each.probe) == (lane.name, "curves")
        ]
        assert [each.array for each in named] == layers, (
            "the table of figures names what is stacked"
        )


@TRAINED
def test_lanes_differ_in_free_bits_alone(preset):
    plain, free = (make(lane.stem, lane.variant, lane.overrides) for lane in preset.lanes)
    assert plain.free_bits == 0 < free.free_bits
    assert f"λ = {free.free_bits:g}" == preset.lanes[1].label
    outside = [{**vars(recipe), "variant": "", "free_bits": 0} for recipe in (plain, free)]
    assert outside[0] == outside[1]
