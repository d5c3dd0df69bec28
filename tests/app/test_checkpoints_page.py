"""The page of checkpoints: filters, order, two cards side by side, what is damaged."""

import json
import os
from pathlib import Path

import pytest

from app.kept import CHECKPOINT, RECORDING, Kept
from app.library import Library, library
from app.library_page import ordered, wanted
from app.preset import SHIPPED
from app.presets import PAGES
from tests.app.test_pages import open_page

KEPT = {kept.id: kept for kept in Library(SHIPPED / "nothing of one's own").kept()}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path))
    library.clear()
    yield tmp_path
    library.clear()


@pytest.mark.parametrize("asked, passes", [
    ({}, True), ({"kind": CHECKPOINT}, True), ({"kind": RECORDING}, False),
    ({"owner": "Shipped"}, True), ({"owner": "Mine"}, False), ({"paper": "vae"}, True),
    ({"paper": "pixelvae"}, False), ({"data": "MNIST, binarised anew"}, True),
    ({"data": "Digits"}, False), ({"text": "MNIST 2d"}, True), ({"text": "mnist rooms"}, False),
])
def test_a_filter_lets_pass_what_it_says(asked, passes):
    assert wanted(KEPT["vae/mnist-2d"], **asked) == passes


def test_what_one_saved_comes_first_and_runs_that_nobody_saved_last():
    def own(id, kind, **card):
        return Kept(id, kind, False, id, (), {}, {"": card})

    mine, saved = own("saved", CHECKPOINT), own("kept", RECORDING, saved=True)
    loose, shipped = own("loose", RECORDING), KEPT["vae/digits"]
    assert ordered([loose, shipped, saved, mine]) == [mine, saved, shipped, loose]


def test_every_shipped_thing_has_its_card_and_its_links():
    page = open_page("checkpoints")
    page.button(key="library_more").click().run()
    assert not page.exception
    links = {(each.proto.page, each.proto.query_string) for each in page.get("page_link")}
    assert {page for page, _ in links} <= set(PAGES)
    assert ("vae", "preset=plane&open=vae%2Fdigits") in links
    shown = {each.value.replace("\\", "") for each in page.markdown}
    assert {f"**{kept.title}**" for kept in KEPT.values()} <= shown


def test_two_cards_are_compared_and_what_differs_can_be_had_alone():
    page = open_page("checkpoints")
    [choice] = page.multiselect
    choice.set_value(["vae/mnist-2d", "pixelvae/mnist-2d"]).run()
    [table] = [each.value for each in page.markdown if "| Seed |" in each.value]
    assert "| Paper | ≠ | **VAE** | **PixelVAE** |" in table and "| Seed |  | 0 | 0 |" in table
    page.toggle[0].set_value(True).run()
    [table] = [each.value for each in page.markdown if "| Paper |" in each.value]
    assert "| Seed |" not in table


def test_what_a_kill_left_is_said_apart(home):
    folder = Path(os.environ["GEN_LAB_HOME"]) / "checkpoints" / "vae"
    folder.mkdir(parents=True)
    (folder / "half.safetensors").write_bytes(b"half")
    (folder / "alone.json").write_text(json.dumps({"title": "alone"}))
    page = open_page("checkpoints")
    assert [each.label for each in page.expander] == ["Damaged: 2"]
    said = [each.value for each in page.markdown if each.value.startswith("`saved/")]
    assert any("saving was cut short" in each for each in said)
    assert any("weights are missing" in each for each in said)
