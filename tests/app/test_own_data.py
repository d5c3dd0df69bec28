"""Data of one's own: a drawing in the address, an uploaded picture, and what a machine lacks."""

import io
import json
from urllib.parse import parse_qsl

import numpy as np
import pytest
from PIL import Image

from app.attach import leave
from app.state import PageState
from gen_core.data.drawing import MOST, decode, encode
from gen_core.data.stored import points_or_set
from tests.app.test_pages import end, open_page, run_of, start, viewer

pytestmark = pytest.mark.usefixtures("workers_end")

DRAWING = encode(np.random.default_rng(5).uniform(-1.9, 1.9, (MOST, 2)))


def test_a_link_with_a_drawing_opens_elsewhere_with_the_same_points(tmp_path, monkeypatch):
    link = PageState("live", seed=3).with_drawing(DRAWING).query()
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path))  # a machine that has seen nothing
    page = open_page("critic", **dict(parse_qsl(link)))
    assert not page.warning and not page.error
    [name] = {lane["overrides"]["data"] for lane in run_of(page).spec["lanes"]}
    assert np.array_equal(points_or_set(name).points.numpy(), decode(DRAWING))
    assert f"drawing={DRAWING}" in viewer(page)["query"]
    assert "data=" not in viewer(page)["query"], "the drawing says it all"
    end(page)


def test_a_broken_drawing_is_said_and_the_presets_data_are_used():
    page = open_page("critic", drawing=DRAWING[:-2])
    assert "expected four characters for each point, got 4094" in page.warning[0].value
    assert "data" not in run_of(page).spec["lanes"][0]["overrides"]
    assert "drawing" not in viewer(page)["query"]
    end(page)


@pytest.mark.parametrize("kind", ["points", "drawing"])
def test_data_that_this_machine_lacks_are_said_and_the_presets_are_used(kind):
    name = f"{kind}-0123456789abcdef"
    page = open_page("critic", data=name, width="8")
    said = page.warning[0].value.replace("\\", "")
    assert f"on this machine, got {name}, which is missing here." in said
    assert said.endswith("Until then the preset's data are used.")
    assert run_of(page).spec["lanes"][0]["overrides"].keys() >= {"width"}
    assert name not in json.dumps(run_of(page).spec) + viewer(page)["query"]
    end(page)


def test_a_form_that_changes_the_data_drops_the_drawing_and_any_other_keeps_it():
    page = open_page("critic", drawing=DRAWING)
    [seed] = [each for each in page.number_input if each.label == "Seed"]
    seed.set_value(21)
    start(page)
    assert f"drawing={DRAWING}" in viewer(page)["query"]
    assert run_of(page).spec["seed"] == 21
    [data] = [each for each in page.selectbox if each.label.startswith("Data")]
    assert data.options[-1] == "Own drawing"
    data.set_value("moons")
    start(page)
    assert "data=moons" in viewer(page)["query"] and "drawing" not in viewer(page)["query"]
    end(page)


def test_a_followers_own_copy_carries_the_drawing():
    run = run_of(open_page("critic", drawing=DRAWING))
    page = open_page("critic", follow=run.follow_id)
    [copy] = [each for each in page.button if each.label == "Make my own copy"]
    copy.click().run()
    assert not page.exception and run_of(page) is not run
    assert f"drawing={DRAWING}" in viewer(page)["query"]
    leave(run)
    end(page)


def picture():
    """A black square on white, as a file."""
    pixels = np.full((40, 40), 255, np.uint8)
    pixels[10:30, 10:30] = 0
    into = io.BytesIO()
    Image.fromarray(pixels).save(into, "PNG")
    return into.getvalue()


def test_an_uploaded_picture_becomes_a_drawing_in_the_address():
    page = open_page("critic")
    page.file_uploader[0].upload("square.PNG", picture())
    start(page)
    assert not page.error
    text = dict(parse_qsl(viewer(page)["query"]))["drawing"]
    assert np.abs(decode(text)).max() <= 1.5
    assert run_of(page).spec["lanes"][0]["overrides"]["data"].startswith("drawing-")
    end(page)


def test_a_picture_that_cannot_be_used_is_said_and_the_run_goes_on():
    page = open_page("critic")
    first = run_of(page)
    page.file_uploader[0].upload("square.png", picture()[:80])
    start(page)
    assert page.error[0].value.startswith("Expected a whole picture")
    assert run_of(page) is first
    end(page)
