"""The page of checkpoints: filters, order, two cards side by side, what is damaged."""

import json
import os
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pytest

from app import library_page
from app.exchange import take_in
from app.kept import CHECKPOINT, RECORDING, Kept
from app.library import Library, library
from app.library_page import ordered, wanted
from app.preset import SHIPPED
from app.presets import PAGES
from gen_core.checkpoint import card_of, save
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState
from gen_core.training.snapshot import take
from tests.app.test_exchange import here
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


@pytest.fixture
def checked_here(monkeypatch):
    """Check weights in this process: that another does it alike is tested elsewhere."""
    monkeypatch.setattr(library_page, "take_in", partial(take_in, check=here))


def bring(page, *files):
    """Put files into the import of the page, and ask for the check."""
    page.file_uploader(key="library_files").set_value([(*each, "") for each in files])
    [check] = [each for each in page.button if each.label == "Check and keep"]
    check.click().run()
    return page


def assert_alive(page):
    """No exception; all cards stand there, and a filter still filters."""
    assert not page.exception
    assert f"{len(KEPT)} of {len(KEPT)}" in {each.value for each in page.caption}
    [find] = page.text_input
    find.set_value("mnist 2d").run()
    assert not page.exception
    assert f"2 of {len(KEPT)}" in {each.value for each in page.caption}
    page.text_input[0].set_value("").run()


def weights_and_card(folder):
    state = TrainingState.start(make("vae", overrides={"width": 8}), 7)
    path = save(folder / "mine.safetensors", take(state), card_of(state, "a test"))
    return path.read_bytes(), path.with_suffix(".json").read_bytes()


def test_a_damaged_file_is_a_sentence_and_the_page_goes_on(
    home, tmp_path_factory, checked_here
):
    weights, card = weights_and_card(tmp_path_factory.mktemp("elsewhere"))
    page = open_page("checkpoints")
    whole, cut = ("a.safetensors", weights), ("a.safetensors", weights[:-9])
    damaged = {
        "Expected a card for 'a', got no 'a.json'": [whole],
        "Expected weights for 'a', got no 'a.safetensors'": [("a.json", card)],
        "Expected the weights of the card, got changed or cut bytes": [cut, ("a.json", card)],
        "Expected a zip file, got 'a.zip', which is damaged": [("a.zip", b"PK\x03\x04 no")],
        "Expected weights and their card, got no file": [],
    }
    for sentence, files in damaged.items():
        [error] = bring(page, *files).error
        assert error.value.replace("\\", "").startswith(sentence), error.value
        assert not page.exception
    assert_alive(page)
    assert not list(home.rglob("*.safetensors"))
    bring(page, whole, ("a.json", card))
    assert not page.error and not page.exception and [each.value for each in page.toast]
    assert "**a**" in {each.value for each in page.markdown}


def test_a_recording_is_taken_in_on_the_page(home, checked_here):
    name = "critic-surfaces-8gaussians.zip"
    whole = (SHIPPED / "recordings" / name).read_bytes()
    page = open_page("checkpoints")
    [error] = bring(page, (name, whole[:-100])).error
    assert "which is damaged" in error.value
    bring(page, (name, whole))
    assert not page.error and not page.exception
    [kept] = library().earlier_runs()
    assert kept.card["saved"] and kept.title == KEPT["recordings/critic-surfaces-8gaussians"].title
    links = {each.proto.query_string for each in page.get("page_link")}
    assert any(kept.id in unquote(link) for link in links)
