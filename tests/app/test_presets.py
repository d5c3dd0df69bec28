"""Presets: every one becomes a run that the engine accepts, and shows what it names."""

import subprocess
import sys

import pytest
import torch

from app.controls import fields
from app.live.runspec import RunSpec
from app.presets import (
    CRITIC,
    CRITIC_FORM,
    GALLERY,
    GAN,
    GAN_FORM,
    PAGES,
    PIXELVAE,
    PIXELVAE_FORM,
    VAE,
    VAE_FORM,
)
from app.state import Edit, PageState
from app.suiting import fitting
from gen_core.errors import SettingError
from gen_core.exploration.base import probes
from gen_core.recipes.base import make


def each(presets):
    """Run a test on every one of some presets."""
    return pytest.mark.parametrize("preset", presets, ids=lambda preset: preset.name)


PRESETS = each([preset for presets in PAGES.values() for preset in presets.values()])


@PRESETS
def test_a_preset_is_a_run_that_the_engine_accepts(preset):
    spec = RunSpec.parse(preset.spec(PageState(preset.name, seed=3)))
    assert spec.seed == 3
    for lane in spec.lanes:
        recipe = make(lane.stem, lane.variant, lane.overrides)
        for probe, settings in spec.probes:
            assert probes()[probe].suits(recipe)
            assert probes()[probe].parse(settings).items() >= settings.items()


@PRESETS
def test_panels_and_rows_name_lanes_probes_and_metrics_that_exist(preset):
    lanes = {lane.name for lane in preset.lanes}
    known, wishes = preset.settings(), preset.wishes()
    for panel in preset.panels:
        assert panel.get("lane") is None or panel["lane"] in lanes
        for layer in panel.get("layers", [panel] if "probe" in panel else []):
            assert layer["probe"] in probes()
            wish = {"probe": layer["probe"], "settings": layer.get("settings", {})}
            asks = layer.get("waits", False)  # only once a person has chosen something
            assert asks or wish in wishes, "what a panel shows is recorded"
    for control in preset.controls:
        assert control.lane in {"*", *lanes} and known[control.name].hot
    assert preset.figures or not preset.train, "what trains stands in the table of figures"
    assert {shown.lane for shown in preset.figures} <= lanes
    assert {shown.probe for shown in preset.figures} <= {*preset.probes, "stages", "curves"}
    assert set(preset.probe_settings) <= set(preset.probes)
    assert len(preset.controls) <= 7


@each(CRITIC.values())
def test_lanes_differ_only_in_how_the_critic_is_held(preset):
    made = [make(lane.stem, lane.variant, lane.overrides) for lane in preset.lanes]
    for name in ("data", "width", "depth", "batch", "n_critic", "fixed_generator"):
        assert len({getattr(recipe, name) for recipe in made}) == 1


def test_general_and_lane_overrides_reach_their_lanes():
    state = PageState("live", overrides=(("gp.penalty", 5.0), ("width", 64)))
    clip, gp = CRITIC["live"].spec(state)["lanes"]
    own = [dict(lane.overrides) for lane in CRITIC["live"].lanes]
    own[0].pop("clip")  # the variant's own value
    assert clip["overrides"] == {**own[0], "width": 64}
    assert gp["overrides"] == {**own[1], "width": 64, "penalty": 5.0}


def test_edits_go_into_the_run():
    state = PageState("live", edits=(Edit(120, "clip", "clip", 0.02),))
    assert RunSpec.parse(CRITIC["live"].spec(state)).edits == (
        {"t": 120, "lane": "clip", "name": "clip", "value": 0.02},
    )


def test_values_that_no_recipe_takes_are_refused_before_a_run_starts():
    with pytest.raises(SettingError, match="from 1 to 2048 for width"):
        CRITIC["live"].spec(PageState("live", overrides=(("width", 10**6),)))


def test_the_figures_follow_the_figure_script_but_for_their_size():
    for preset in CRITIC.values():
        if preset.name.startswith(("surfaces-", "coupling-")):
            for lane in preset.lanes:
                recipe = make(lane.stem, lane.variant, lane.overrides)
                assert (recipe.depth, recipe.data_repeat, recipe.penalty) == (2, 10, 10.0)
                assert recipe.fixed_generator and recipe.schedule(0) == ("critic",) * 10
                assert f"2 × {recipe.width}" in preset.caption


def test_twelve_layers_at_three_clip_values_and_the_penalty():
    lanes = CRITIC["layers"].lanes
    assert [lane.value("clip") for lane in lanes[:3]] == [0.1, 0.01, 0.001]
    assert lanes[3].variant == "gp" and {lane.value("depth") for lane in lanes} == {12}


def test_a_layout_leaves_out_what_a_run_or_a_lesson_lacks():
    preset = CRITIC["live"]
    whole, alone = preset.layout(["clip", "gp"]), preset.layout(["gp"], ["penalty"])
    assert [panel["lane"] for panel in alone["panels"] if "lane" in panel] == ["gp"]
    assert len(alone["panels"]) < len(whole["panels"])
    assert {(c["lane"], c["name"]) for c in alone["controls"]} == {
        ("*", "n_critic"),
        ("gp", "critic_lr"),
    }
    assert alone["hide"] == ["penalty"]


def test_lanes_find_the_preset_that_can_show_them():
    gp = {"name": "gp", "stem": "wgan"}
    assert fitting([gp], CRITIC) is CRITIC["live"]
    assert fitting([gp, {"name": "c0_1", "stem": "wgan"}], CRITIC) is CRITIC["layers"]
    assert fitting([{"name": "gp", "stem": "vae"}], CRITIC) is None


def test_every_preset_hangs_in_the_gallery_once():
    cards = [(card.page, card.preset.name) for cards in GALLERY.values() for card in cards]
    assert sorted(cards) == sorted((page, name) for page in PAGES for name in PAGES[page])


@pytest.mark.parametrize(
    ("presets", "form"),
    [(CRITIC, CRITIC_FORM), (GAN, GAN_FORM), (VAE, VAE_FORM), (PIXELVAE, PIXELVAE_FORM)],
    ids=["critic", "gan", "vae", "pixelvae"],
)
def test_the_form_shows_at_most_seven_controls_at_once(presets, form):
    first = next(iter(presets.values()))
    for index, names in enumerate(form.values()):
        assert set(names) <= set(first.settings())
        assert len(names) + (3 if index == 0 else 0) <= 7


@each(GAN.values())
def test_a_gan_presets_form_has_seven_widgets_at_most_for_the_lanes_that_it_has(preset):
    for index, names in enumerate(GAN_FORM.values()):
        shown = fields(preset, PageState(preset.name), names)
        assert len(shown) + (3 if index == 0 else 0) <= 7
        assert all(preset.lanes_with(field.key.rpartition(".")[2]) for field in shown)


@each(GAN.values())
def test_games_of_a_preset_start_from_equal_networks_on_equal_data(preset):
    made = [make(lane.stem, lane.variant, lane.overrides) for lane in preset.lanes]
    for name in ("data", "width", "depth", "batch"):
        assert len({getattr(recipe, name) for recipe in made}) == 1


@each(GAN.values())
def test_surfaces_share_a_scale_only_where_they_mean_the_same(preset):
    """A probability has the scale 0 to 1; raw numbers of a discriminator share with nobody."""
    meant = {panel["lane"]: panel for panel in preset.panels if panel["kind"] == "field"}
    for lane in preset.lanes:
        panel, recipe = meant[lane.name], make(lane.stem, lane.variant, lane.overrides)
        far = recipe.output(torch.tensor([-50.0, 50.0]))
        probability = bool((far >= 0).all() and (far <= 1).all())
        assert (panel.get("range") == [0, 1]) == probability
        critics = [each.stem for each in preset.lanes].count("wgan")
        assert ("scale" in panel) == (lane.stem == "wgan" and critics > 1)
        assert panel["means"] == {"wgan": "f(x)"}.get(
            lane.stem, "D(x)" if probability else "raw D(x)"
        )


def test_arrows_have_one_length_for_all_lanes_so_that_vanishing_is_seen():
    preset = GAN["fails-gradient"]
    layers = [layer for panel in preset.panels for layer in panel.get("layers", ())]
    arrows = [layer for layer in layers if layer["type"] == "arrows"]
    assert len(arrows) == len(preset.lanes) == 2
    assert len({layer["reference"] for layer in arrows}) == 1
    assert "gradient_arrows" in preset.probes


def test_a_first_visit_begins_its_run_before_the_server_has_loaded_torch():
    visit = """
import sys
import app.live_page
from app.presets import CRITIC
from app.address import PageReader
state = PageReader(CRITIC).read("preset=live&seed=7").state
assert CRITIC["live"].spec(state)["lanes"]
print(sorted({"torch", "altair", "pandas"} & set(sys.modules)))
"""
    said = subprocess.run(
        [sys.executable, "-c", visit], capture_output=True, text=True, check=True, timeout=120
    )
    assert said.stdout.strip() == "[]"
