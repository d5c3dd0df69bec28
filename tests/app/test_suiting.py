"""What suits what: every shipped checkpoint opens on a page, and shows something there."""

import pytest

from app.kept import CHECKPOINT, READER
from app.kept_pictures import picture
from app.library import Library
from app.live.engine import Engine
from app.live.runspec import RunSpec
from app.preset import SHIPPED
from app.presets import PAGES, VAE
from app.state import PageState
from app.suiting import checkpoint_spec, fitting, matched, openings
from gen_core.errors import CheckpointError
from gen_core.exploration.base import probes
from gen_core.recipes.base import make

LIBRARY = Library(SHIPPED / "nothing of one's own")
KEPT = LIBRARY.kept()
LANE = {"name": "", "label": "any", "stem": "vae", "variant": "binomial", "overrides": {}}


def each(kinds):
    return pytest.mark.parametrize("kept", kinds, ids=lambda kept: kept.id)


def test_every_file_that_ships_is_listed_and_whole():
    listed = {path for kept in KEPT for path in kept.files.values()}
    assert listed == {*SHIPPED.glob("*/*.safetensors"), *SHIPPED.glob("recordings/*.zip")}
    assert [kept.id for kept in KEPT if kept.flaw] == []
    assert len({kept.id for kept in KEPT}) == len(KEPT)


@each([kept for kept in KEPT if kept.kind != READER])
def test_what_ships_can_be_opened_and_has_a_picture(kept):
    assert openings(kept), f"no page shows {kept.id}"
    for opening in openings(kept):
        assert PAGES[opening.page][opening.query["preset"]] is opening.preset
    for theme in ("light", "dark"):
        drawn = picture(kept, theme)
        assert drawn is not None and drawn.is_file(), "run python -m app.kept_pictures"


@each([kept for kept in KEPT if kept.kind == CHECKPOINT])
def test_a_shipped_checkpoint_goes_on_training_on_a_page(kept):
    """Its page's own run: the weights load, training may go on, a picture is there."""
    trains = [each for each in openings(kept) if each.trains]
    assert trains, f"{kept.id} cannot go on training on any page"
    spec = checkpoint_spec(kept, trains[0].preset)
    engine = Engine(RunSpec.parse(spec), lambda tag, payload: None)
    assert engine.state == "paused" and engine.round == kept.head > 0
    [lane] = engine.lanes
    shown = [probes()[name].suits(lane.state.recipe) for name, _ in engine.observer.own]
    assert any(shown), "none of the page's pictures suits it"
    assert lane.name in {panel.get("lane") for panel in trains[0].preset.panels}


@each([kept for kept in KEPT if kept.kind == CHECKPOINT])
def test_every_latent_space_that_ships_can_be_walked(kept):
    """Of whatever pictures it is, and with the walk page's own probe."""
    [lane] = kept.lanes
    walks = [each for each in openings(kept) if each.page == "walk"]
    if not probes()["walk"].suits(make(lane["stem"])):
        assert not walks
        return
    assert walks, f"{kept.id} cannot be walked"
    spec = checkpoint_spec(kept, walks[0].preset)
    assert spec["lanes"][0]["name"] in {panel.get("lane") for panel in walks[0].preset.panels}
    assert "walk" in {wish["probe"] for wish in spec["probes"]}


def test_a_named_lane_stands_where_its_name_is_and_another_takes_the_nearest():
    collapse, plane = VAE["collapse"], VAE["plane"]
    assert matched([LANE | {"name": "deep"}], collapse)[0].name == "deep"
    two = [LANE | {"name": "shallow"}, LANE | {"name": "deep"}]
    assert [lane.name for lane in matched(two, collapse)] == ["shallow", "deep"]
    assert matched(two, plane) is None
    assert matched([LANE | {"stem": "wgan"}], plane) is None and matched([], plane) is None
    near = LANE | {"variant": "deep", "overrides": {"depth": 4}}
    assert matched([near], collapse)[0].name == "deep"
    assert fitting([near], VAE) is collapse and fitting([LANE], VAE) is plane


def test_a_preset_without_a_lane_for_it_is_refused():
    [kept] = [kept for kept in KEPT if kept.id == "vae/digits"]
    with pytest.raises(CheckpointError, match="Open it from the page of checkpoints"):
        checkpoint_spec(kept, PAGES["critic"]["live"])


def test_the_address_carries_what_is_open():
    state = PageState("plane", opened="saved/vae/my run-vae")
    assert "open=saved/vae/my+run-vae" in state.query()
