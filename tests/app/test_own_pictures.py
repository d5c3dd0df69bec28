"""Pictures of one's own on a page: what is read is shown, what is not is named, then the run."""

import json
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.attach import own_copy
from app.own_pictures import contact_sheet, origin_of, trained_on
from app.presets import CRITIC, PIXELCNN
from app.state import PageState
from gen_core.data.folder import read_images
from gen_core.data.images import source
from gen_core.errors import DataError
from tests.app.picture_page import LOOKS, TRAINS
from tests.app.test_pages import end, open_page, run_of, viewer
from tests.data.image_files import colours, file, packed

PAGE = Path(__file__).with_name("picture_page.py")
MEMBERS = {f"{salt:02}.png": file(colours(salt, 40, 30)) for salt in range(23)}
BROKEN = {f"cut{index}.png": MEMBERS["00.png"][:-300] for index in range(5)}

pytestmark = pytest.mark.usefixtures("workers_end")


def open_pictures(**query):
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    for key, value in {"lesson": "text", **query}.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def upload(page, *files):
    [uploader] = page.file_uploader
    uploader.set_value([(name, data, "application/octet-stream") for name, data in files]).run()
    assert not page.exception


def choose(page, label, value):
    [widget] = [each for each in page.get("segmented_control") if each.label == label]
    widget.set_value(value).run()


def button(page, label):
    return [each for each in page.button if each.label == label]


def train(page):
    button(page, "Train on these pictures")[0].click().run()
    assert not page.exception


def shown(page):
    """The sentence on what was read."""
    [sentence] = [each.value for each in page.markdown if "held out" in each.value]
    return sentence.replace("\\", "")


def test_a_zip_is_read_shown_and_trained_on():
    page = open_pictures(seed="3")
    first = run_of(page)
    upload(page, ("all.zip", packed({**MEMBERS, **BROKEN})))
    assert shown(page) == "23 pictures of 16 × 16 pixels, 16 levels, grey; 3 of them held out."
    [skipped] = [each.value.replace("\\", "") for each in page.warning]
    named = [f"cut{index}.png is a damaged one, not a whole picture" for index in range(3)]
    assert skipped == f"Skipped 5: {'; '.join(named)}; and 2 more."
    assert len(page.get("image")) == 1 and run_of(page) is first

    train(page)
    run = run_of(page)
    [lane] = run.spec["lanes"]
    assert run is not first and run.spec["seed"] == 3 and not page.error and not page.warning
    told = dict(parse_qsl(viewer(page)["query"]))
    assert told["data"] == lane["overrides"]["data"]
    data = source(told["data"])
    assert data.image_shape == (1, 16, 16) and data.top_level == 15
    assert (data.n_train, data.n_test) == (20, 3)
    assert run.wait_for("playing", timeout=60), "the run trains on them"

    [menu] = [each for each in page.selectbox if each.label.startswith("Data")]
    assert menu.options[:2] == ["digits", "mnist-binary"] and menu.options[-1] == "Own pictures"
    again = open_pictures(data=told["data"])
    assert not again.warning
    assert run_of(again).spec["lanes"][0]["overrides"]["data"] == told["data"]
    end(page)
    end(again)


def test_side_levels_and_colour_are_chosen_and_single_files_are_taken():
    page = open_pictures()
    upload(page, *list(MEMBERS.items())[:3], ("notes.png", b"no picture"))
    for label, value in (("Side (pixels)", 8), ("Levels", 2), ("Channels", "Colour")):
        choose(page, label, value)
    assert shown(page) == "3 pictures of 8 × 8 pixels, 2 levels, colour; 1 of them held out."
    assert "notes.png is bytes that are none" in page.warning[0].value.replace("\\", "")
    train(page)
    data = source(run_of(page).spec["lanes"][0]["overrides"]["data"])
    expected = read_images(list(MEMBERS.items())[:3], 8, 2, True).images
    assert data.name == expected.name
    end(page)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([("a.zip", packed({**MEMBERS, "../x.png": b""}))], "a zip whose paths stay inside it"),
        ([("a.zip", packed(MEMBERS)[:-40])], "a folder or a zip of pictures"),
        ([("a.zip", packed(BROKEN))], "at least two readable pictures"),
        ([("a.png", MEMBERS["00.png"])], "at least two readable pictures, got 1 among 1 files"),
        ([("a.zip", packed(MEMBERS)), ("a.png", MEMBERS["00.png"])], "one zip, or several"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_run_goes_on(files, sentence):
    page = open_pictures()
    first = run_of(page)
    upload(page, *files)
    [said] = [each.value.replace("\\", "") for each in page.error]
    assert said.startswith(f"Expected {sentence}")
    assert not button(page, "Train on these pictures") and run_of(page) is first
    end(page)


def test_a_files_name_is_no_markup():
    page = open_pictures()
    upload(page, ("a.zip", packed({**MEMBERS, "![x](http://a.example)": b"", "a\x1b[2Jb": b""})))
    said = page.warning[0].value
    assert r"\!\[x\]\(http\:/" in said and "\x1b" not in said
    end(page)


def test_pictures_that_this_machine_lacks_are_said_and_the_presets_are_used():
    name = "images-0123456789abcdef"
    page = open_pictures(data=name, width="8")
    said = page.warning[0].value.replace("\\", "")
    assert f"Expected pictures that were uploaded on this machine, got {name}" in said
    assert said.endswith("Until then the preset's data are used.")
    assert run_of(page).spec["lanes"][0]["overrides"]["width"] == 8
    assert name not in json.dumps(run_of(page).spec) + viewer(page)["query"]
    end(page)


def test_only_a_preset_that_trains_on_pictures_offers_it():
    assert [preset.own_data() for preset in (TRAINS, LOOKS)] == ["images", ""]
    assert {preset.own_data() for preset in CRITIC.values()} == {"points"}
    for query in ({"preset": "looks"}, {"lesson": "text,data"}, {"lesson": "text,settings"}):
        page = open_pictures(**query)
        assert not page.file_uploader
        end(page)
    page = open_page("critic")
    assert [each.label for each in page.file_uploader] == [
        "Own data: points (CSV, two columns) or a silhouette (a picture)"
    ]
    end(page)


def test_pictures_without_classes_switch_conditioning_off():
    name, painted = "images-0123456789abcdef", PIXELCNN["painted"]
    before = PageState("painted", overrides=(("conditional", True),))
    for labelled, expected in ((False, False), (True, True)):
        after = trained_on(painted, before, name, labelled=labelled)
        assert dict(after.overrides) == {"conditional": expected, "data": name}
    plain = trained_on(TRAINS, PageState("trains"), name, labelled=False)
    assert dict(plain.overrides) == {"data": name}


def test_a_drawing_in_the_address_of_a_page_of_pictures_is_left_out():
    page = open_pictures(drawing="AAAA")
    assert "nothing here trains on points" in page.warning[0].value
    assert "data" not in run_of(page).spec["lanes"][0]["overrides"]
    end(page)


def test_a_followers_own_copy_has_the_pictures():
    page = open_pictures()
    upload(page, ("all.zip", packed(MEMBERS)))
    train(page)
    run = run_of(page)
    state = own_copy(TRAINS, run)
    assert TRAINS.spec(state)["lanes"] == run.spec["lanes"] and state.drawing == ""
    end(page)


def test_the_contact_sheet_lays_the_pictures_out_as_they_are():
    members = [(name, file(colours(int(name[:2])))) for name in MEMBERS]
    images = read_images(members, size=8, levels=256).images
    sheet = contact_sheet(images)
    assert sheet.shape == (3 * 50 - 2, 6 * 50 - 2, 3)
    x = (images.pictures("train") * 255).round().byte().permute(0, 2, 3, 1).numpy()
    assert np.array_equal(sheet[50:98:6, 100:148:6], x[8]), "second row, third column"
    assert (sheet[48:50] == 128).all()
    few = read_images(members[:3], size=32, levels=2, colour=False).images
    assert contact_sheet(few).shape == (64, 2 * 66 - 2, 3)


def test_a_zip_alone_is_unpacked_and_single_files_are_kept_together():
    files = [("a.png", b"1"), ("a.png", b"2")]
    assert origin_of(files) == files and origin_of([("A.ZIP", b"3")]) == b"3"
    with pytest.raises(DataError, match=r"got 2 files with a\.zip among them"):
        origin_of([("a.png", b"1"), ("a.zip", b"2")])
