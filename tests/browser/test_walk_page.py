"""Walks in a real browser: anchors from a wall, a place under the ring, all of it in the link."""

import re
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import expect

from tests.browser.live_page import PATIENCE, LivePage

Lab = Callable[..., LivePage]
HERE = ".gl-walk-here canvas"
PATIENCE_OF_A_FILE = 60  # seconds


def test_a_person_chooses_anchors_and_walks_between_them(lab: Lab) -> None:
    live = lab("/walk?preset=flow&seed=7")
    walk, wall = live.page.locator(".gl-walk canvas"), live.page.locator(".gl-walk-wall canvas")
    here = live.page.locator(HERE)
    expect(walk).to_have_attribute("data-painted", "1", timeout=PATIENCE)
    expect(wall).to_have_attribute("data-anchors", "t0,t1,t3")
    before = live.sum_of(walk)

    wall.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "Enter"):
        wall.press(key)
    expect(wall).to_have_attribute("data-anchors", "t0,t1,t3,t9")
    expect(wall).to_have_attribute("aria-label", re.compile("picture 10 is 4"))
    live.wait_for_sum_beside(walk, before)
    live.expect_query("walk.anchors", "t0,t1,t3,t9")

    live.wait_until_still()
    before = live.sum_of(here)
    walk.focus()
    walk.press("End")
    expect(walk).to_have_attribute("aria-label", re.compile("the ring is at step 16"))
    live.wait_for_sum_beside(here, before)
    live.expect_query("walk.at", "1")

    live.page.get_by_label("Path", exact=True).select_option("linear")
    live.expect_query("walk.path", "linear")

    live.page.reload()
    live.wait_for_picture()
    expect(walk).to_have_attribute("data-anchors", "t0,t1,t3,t9", timeout=PATIENCE)
    expect(walk).to_have_attribute("aria-label", re.compile("the ring is at step 16"))
    expect(live.page.get_by_label("Path", exact=True)).to_have_value("linear")


def test_dragging_along_the_walk_makes_the_picture_of_the_last_place(lab: Lab) -> None:
    live = lab("/walk?preset=plane&seed=7")
    walk, here = live.page.locator(".gl-walk canvas"), live.page.locator(HERE)
    expect(walk).to_have_attribute("data-painted", "1", timeout=PATIENCE)
    box = walk.bounding_box()
    assert box is not None
    for step in range(30):
        live.page.mouse.move(box["x"] + box["width"] * (0.2 + 0.02 * step), box["y"] + 150)
    place = walk.get_attribute("data-at")
    assert place is not None
    live.expect_query("walk.at", place)
    live.wait_until_still()
    dragged = live.sum_of(here)

    live.page.reload()
    live.wait_for_picture()
    expect(walk).to_have_attribute("data-at", place, timeout=PATIENCE)
    live.wait_until_still()
    assert live.sum_of(here) == dragged, "the picture that stays is that of the last place"


def test_a_click_on_the_plane_and_a_kept_place_are_anchors(lab: Lab) -> None:
    live = lab("/walk?preset=plane&seed=7")
    walk, plane = live.page.locator(".gl-walk canvas"), live.page.locator(".gl-walk-plane canvas")
    expect(walk).to_have_attribute("data-painted", "1", timeout=PATIENCE)
    plane.click(position={"x": 200, "y": 150})
    expect(plane).to_have_attribute("data-anchors", re.compile(r"^(z[^,]+,){3}z[^,]+$"))
    live.page.get_by_role("button", name="Keep place").click()
    expect(walk).to_have_attribute("data-anchors", re.compile(r"^(z[^,]+,){4}z-1.5_1.5$"))
    live.page.get_by_role("button", name="Take the anchor z1_0.5 away").click()
    expect(walk).not_to_have_attribute("data-anchors", re.compile("z1_0.5"))


def test_a_sheet_of_the_walk_is_taken_home(lab: Lab) -> None:
    live = lab("/walk?preset=plane&seed=7")
    walk = live.page.locator(".gl-walk canvas")
    expect(walk).to_have_attribute("data-painted", "1", timeout=PATIENCE)
    live.page.get_by_role("button", name="Export walk").click()
    with live.page.expect_download(timeout=1000 * PATIENCE_OF_A_FILE) as caught:
        live.page.get_by_role("button", name="Sheet (PNG)").click()
    with Image.open(caught.value.path()) as sheet:
        assert sheet.width >= 6 * 8 and sheet.height >= 6 * 8


def test_a_drawing_is_an_anchor_of_a_painted_walk(lab: Lab) -> None:
    live = lab("/walk?preset=painted&seed=7")
    walk, pad = live.page.locator(".gl-walk canvas"), live.page.locator(".gl-walk-pad canvas")
    expect(walk).to_have_attribute("data-painted", "1", timeout=PATIENCE)
    before = live.sum_of(walk)
    pad.focus()
    for key in ("ArrowDown", "ArrowRight", "Enter", "ArrowDown", "Enter"):
        pad.press(key)
    expect(walk).to_have_attribute("data-anchors", "t0,t1,t3,d")
    live.wait_for_sum_beside(walk, before)
    expect(live.page.locator(".gl-walk .gl-note")).to_be_hidden()


def test_pictures_of_groups_are_averaged(lab: Lab) -> None:
    live = lab("/walk?preset=arithmetic&seed=7")
    wall = live.page.locator(".gl-walk-wall canvas")
    expect(wall).to_have_attribute("data-anchors", "c8,c3,c5,c8-c3+c5", timeout=PATIENCE)
    wall.focus()
    for key in ("ArrowRight", "Enter", "ArrowRight", "Enter", "2", "ArrowRight", "Enter"):
        wall.press(key)
    expect(wall).to_have_attribute("data-anchors", "t0:t1,t2,c5,t0:t1-t2+c5")
    live.pause()
