"""Lanes that were saved together stay together, of whatever papers they are."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from app.exchange import packed, take_in
from app.library import Library, library
from app.live import commands
from app.presets import PAGES
from app.suiting import checkpoint_spec, fitting, openings
from tests.app.test_exchange import here

PAIRS = {
    "realnvp": [("nvp", "realnvp", "plane"), ("planar", "planar", "planar")],
    "gan": [("ns", "gan", "non-saturating"), ("gp", "wgan", "gp")],
}
TINY = {
    "realnvp": {"width": 4, "couplings": 2, "batch": 16},
    "planar": {"steps": 2, "batch": 16},
    "gan": {"width": 8, "depth": 1, "batch": 16},
    "wgan": {"width": 8, "depth": 1, "batch": 16},
}


def own(home):
    """What a person saved."""
    return [kept for kept in Library(home).kept() if not kept.shipped]


@pytest.fixture(params=PAIRS)
def saved(request, bench, home):
    """The page, and what is kept of a run of two papers, two rounds old."""
    lanes = [
        {"name": name, "label": name, "color": name, "stem": stem, "variant": variant,
         "overrides": TINY[stem]}
        for name, stem, variant in PAIRS[request.param]
    ]  # fmt: skip
    run = bench(*lanes, probes=[{"probe": "density"}]).to_round(2).do(commands.Save("mine"))
    [kept] = own(home)
    return request.param, kept, run.weights()


def test_one_save_of_two_papers_is_listed_once_and_opens_with_both_lanes(saved, bench, home):
    page, kept, weights = saved
    stems = [stem for _, stem, _ in PAIRS[page]]
    assert kept.title == "mine" and sorted(kept.stems) == sorted(stems)
    for stem in stems:
        assert [each.id for each in Library(home).checkpoints(stem)] == [kept.id]
    assert page in {opening.page for opening in openings(kept)}
    spec = checkpoint_spec(kept, fitting(kept.lanes, PAGES[page]))
    again = bench(*spec.pop("lanes"), **{**spec, "probes": []})
    assert again.weights() == weights and again.engine.round == 2


def offered(page):
    """A page's choice of what was kept, alone."""
    from app.opening import open_earlier
    from app.presets import PAGES

    open_earlier(PAGES[page], key="earlier")


def test_one_save_of_two_papers_is_offered_once(saved):
    library.clear()
    shown = AppTest.from_function(offered, args=(saved[0],), default_timeout=60).run()
    [choice] = [each for each in shown.selectbox if each.label == "Saved checkpoint"]
    assert not shown.exception and len(choice.options) == 1
    library.clear()


def test_one_save_of_two_papers_travels_whole_and_is_deleted_whole(saved, home):
    page, kept, weights = saved
    assert take_in([("mine.zip", packed(kept))], here) == ["mine (2)"]
    both = {each.title: each for each in own(home)}
    assert set(both) == {"mine", "mine (2)"}
    for each in both.values():
        assert {lane: path.read_bytes() for lane, path in each.files.items()} == weights
        Library(home).delete(each)
    left = [path for path in (home / "checkpoints").rglob("*") if path.is_file()]
    assert not left


def test_cards_of_an_earlier_version_are_known_by_their_recording(saved, home):
    _, kept, weights = saved
    for path in kept.files.values():
        card = path.with_suffix(".json")
        told = json.loads(card.read_text())
        assert told.pop("save") and told["recording"]
        card.write_text(json.dumps(told))
    [again] = own(home)
    assert again.files == kept.files and set(again.lanes[0]) == set(kept.lanes[0])


def test_two_runs_saved_under_one_title_are_two(bench, lane, home):
    for stem, variant in (("gan", "non-saturating"), ("wgan", "gp")):
        bench(lane("one", stem, variant)).do(commands.Save("mine"))
    found = own(home)
    assert [each.title for each in found] == ["mine", "mine"]
    assert sorted(each.stems for each in found) == [("gan",), ("wgan",)]
