"""The walk page: the whole walk stands in the address, and pictures become its anchors."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from app.address import PageReader
from app.live.viewer_files import VIEWER_FILES
from app.presets import WALKS
from app.state import PageState
from app.walk_pictures import anchored, learnt_from
from gen_core.data.own_images import stored
from gen_core.errors import DataError
from gen_core.exploration.walk_settings import ATOM, NOISE_WALK, WALK
from tests.app.test_pages import end, open_page, viewer

pytestmark = pytest.mark.usefixtures("workers_end")

CHOSEN = {
    "anchors": "t4:t5-c3+0.5s7,z-1_0.25",
    "path": "shell",
    "closed": True,
    "steps": 24,
    "at": 0.375,
}


def png(level: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (20, 30), level).save(file, "PNG")
    return file.getvalue()


def test_a_walk_survives_the_address():
    state = PageState("train", walk=tuple(sorted(CHOSEN.items())))
    parsed = PageReader(WALKS).read(state.query())
    assert parsed.refused == ()
    assert parsed.state == state
    assert PageReader.walk(state.query()) == state.walk


def test_what_is_wrong_of_a_walk_is_said_and_left_out():
    parsed = PageReader(WALKS).read("preset=plane&walk.steps=1&walk.anchors=q&walk.pace=2")
    assert parsed.state.walk == ()
    told = " ".join(parsed.refused)
    assert "walk.steps=1 is outside 2 to 240" in told
    assert "walk.anchors=q is not a name like" in told
    assert "walk.pace is no part of a walk" in told


@pytest.mark.parametrize("preset", WALKS.values(), ids=lambda preset: preset.name)
def test_panels_that_show_one_walk_ask_for_one(preset):
    """The curves, the ring and the plane read the arrays that the pictures come from."""
    walks = [panel for panel in preset.panels if panel["kind"] in ("walk", "walk-noise")]
    for panel in preset.panels:
        if panel.get("probe") == "walk":
            assert panel["settings"] == walks[0]["settings"]
        if "pathSettings" in panel:
            assert panel["pathSettings"] == walks[0]["settings"]
        for name, value in panel.get("settings", {}).items():
            if panel.get("probe") == "walk":
                assert WALK[name].parse(name, value) == value


def test_all_that_shows_the_walk_through_noise_follows_what_is_chosen_of_it():
    panels = WALKS["noise"].panels
    parts = [*panels, *(layer for panel in panels for layer in panel.get("layers", []))]
    shown = [part for part in parts if part.get("probe") == "noise_walk"]
    assert {part.get("kind") for part in shown} == {None, "walk-noise", "lines"}
    asked = ("settings", "follows", "takes")
    assert all(part[name] == shown[0][name] for part in shown for name in asked)
    for panel in panels:
        for choice in panel.get("choices", []):
            values = [value for value, _ in choice["options"]]
            assert panel["settings"][choice["name"]] in values
            assert [NOISE_WALK[choice["name"]].parse("", value) for value in values] == values


def test_the_page_hands_the_walk_of_its_address_to_the_viewer_and_takes_it_home():
    given = {f"walk.{name}": str(value) for name, value in CHOSEN.items()}
    page = open_page("walk", preset="plane", **given)
    assert not page.exception
    layout = viewer(page)["layout"]
    assert layout["kept"] == "walk"
    assert layout["chosen"] == {"walk": CHOSEN}
    end(page)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_uploaded_pictures_become_anchors_in_their_order(count, tmp_path, monkeypatch):
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path))
    files = [png(level) for level in (0, 80, 160, 255)[:count]]
    walk = dict(anchored(PageState("train"), "t1,o0,s2", "digits", files).walk)
    kept, placed = walk["anchors"].split(",")[:2], walk["anchors"].split(",")[2:]
    own = stored(str(walk["own"]))
    levels = np.concatenate([own.pictures(split)[:, 0, 0, 0] for split in ("train", "test")])
    assert kept == ["t1", "s2"]
    shown = [round(16 * float(levels[int(each.removeprefix("o"))])) for each in placed]
    assert shown == [0, 5, 10, 16][:count]


def test_uploaded_pictures_get_the_form_of_what_the_opened_model_learnt_from():
    shown = WALKS["flow"]
    assert learnt_from(shown, PageState("flow"), "flow") == "digits"
    opened = PageState("flow", opened="realnvp_images/mnist")
    assert learnt_from(shown, opened, "flow").startswith("mnist")
    asked = PageState("train", overrides=(("data", "mnist-4"),))
    assert learnt_from(WALKS["train"], asked, "live") == "mnist-4"


def test_what_is_no_picture_is_refused():
    with pytest.raises(DataError, match="Expected a picture"):
        anchored(PageState("train"), "t1,t2", "digits", [b"none"])


def test_the_viewer_reads_anchors_by_the_same_grammar():
    script = (VIEWER_FILES / "walk_anchors.js").read_text()
    number = re.search(r'const NUMBER = "(.*)";', script)[1]
    atom = re.search(r"const ATOM = `(.*)`;", script)[1]
    written = atom.replace("${NUMBER}", number).replace("\\\\", "\\")
    assert written == ATOM
