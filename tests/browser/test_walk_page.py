"""Walks in a real browser: anchors from a wall, a place under the ring, all of it in the link."""

import re
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.live_page import PATIENCE, LivePage

Lab = Callable[..., LivePage]
HERE = ".gl-walk-here canvas"
PATIENCE_OF_A_FILE = 60  # seconds


class LateAnswers:
    """Stands in a page's socket: a look's answer comes after the next look, which itself waits."""

    def __init__(self) -> None:
        self.looks: list[str] = []
        self.frames: list[str | bytes] = []

    def stand_between(self, page: WebSocketRoute) -> None:
        """Relay a socket."""
        self.page, self.server = page, page.connect_to_server()
        page.on_message(self.ask)
        self.server.on_message(self.answer)

    def ask(self, message: str | bytes) -> None:
        """Pass on what the page says, of its looks the first alone."""
        if '"look"' in str(message):
            self.looks.append(str(message))
            if len(self.looks) == 2:
                self.release()
            if len(self.looks) > 1:
                return
        self.server.send(message)

    def answer(self, message: str | bytes) -> None:
        """Pass on what the server says, from the first look to the second not yet."""
        if len(self.looks) == 1:
            self.frames.append(message)
        else:
            self.page.send(message)

    def release(self) -> None:
        """Hand over what was held."""
        for frame in self.frames:
            self.page.send(frame)

    def let_go(self) -> None:
        """Ask the newest look at last."""
        self.server.send(self.looks[-1])

    def wait_for_looks(self, live: LivePage, count: int) -> None:
        """Wait until the page has asked so many times, and the first answer is here."""
        while len(self.looks) < count or not self.frames:
            live.page.wait_for_function("new Promise(requestAnimationFrame).then(() => true)")


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
    curves = live.page.locator(".gl-lines canvas").first
    expect(curves).to_have_attribute("data-ring", "1")
    walk.focus()
    walk.press("ArrowRight")
    expect(curves).to_have_attribute("data-ring", "2")
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
    expect(here).to_have_attribute("data-made-at", place, timeout=PATIENCE)
    live.wait_until_still()
    dragged = live.sum_of(here)

    live.page.reload()
    live.wait_for_picture()
    expect(walk).to_have_attribute("data-at", place, timeout=PATIENCE)
    expect(here).to_have_attribute("data-made-at", place, timeout=PATIENCE)
    live.wait_until_still()
    assert live.sum_of(here) == dragged, "the picture that stays is that of the last place"


def test_an_answer_is_painted_though_a_newer_place_is_asked_for(lab: Lab) -> None:
    """Where a page is slow, each answer comes after the next look; the newest stays at the end."""
    live = lab("/walk?preset=plane&seed=7")
    late = LateAnswers()
    live.page.route_web_socket("**/live/ws**", late.stand_between)
    live.page.reload()
    live.wait_for_picture()
    plane = live.page.locator(".gl-walk-plane canvas")
    expect(plane).to_have_attribute("aria-label", re.compile("codes of [1-9]"), timeout=PATIENCE)
    plane.hover(position={"x": 200, "y": 150})
    late.wait_for_looks(live, 1)
    plane.hover(position={"x": 260, "y": 100})
    late.wait_for_looks(live, 2)
    expect(plane).to_have_attribute("data-decoded", "1", timeout=PATIENCE)
    late.let_go()
    expect(plane).to_have_attribute("data-decoded", "2", timeout=PATIENCE)


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


def test_places_between_steps_and_between_kept_places_are_kept(lab: Lab) -> None:
    """Of many dimensions a place is what it takes of the anchors, or of what those are made of."""
    live = lab("/walk?preset=flow&seed=7&walk.path=linear")
    walk = live.page.locator(".gl-walk canvas")
    expect(walk).to_have_attribute("data-painted", "1", timeout=PATIENCE)
    keep = live.page.get_by_role("button", name="Keep place")
    walk.focus()
    walk.press("Shift+ArrowRight")
    expect(walk).to_have_attribute("aria-label", re.compile("at step 1[;.]"))
    keep.click()
    kept = re.compile(r"^t0,t1,t3,0\.\d+t0\+0\.\d+t1$")
    expect(walk).to_have_attribute("data-anchors", kept)
    expect(walk).to_have_attribute("data-walked", kept, timeout=PATIENCE)
    walk.focus()
    walk.press("End")
    walk.press("ArrowLeft")
    keep.click()  # on the leg from picture 3 to the place that was kept
    made_of_all = re.compile(r"^t0,t1,t3,0\.\d+t0\+0\.\d+t1,(0\.\d+t\d\+){2}0\.\d+t\d$")
    expect(walk).to_have_attribute("data-anchors", made_of_all)
    expect(live.page.locator(".gl-walk .gl-note")).to_be_hidden()


def test_anchors_in_a_generators_noise_are_chosen_and_stand_in_the_link(lab: Lab) -> None:
    live = lab("/walk?preset=noise&seed=7")
    plane = live.page.locator(".gl-walk-noise canvas")
    field = live.page.locator(".gl-field canvas")
    expect(plane).to_have_attribute("data-anchors", "s0,s1,s2,s3", timeout=PATIENCE)
    live.pause()
    live.wait_until_still()
    before = live.sum_of(field)
    plane.focus()
    plane.press("ArrowRight")
    plane.press("Enter")
    expect(plane).to_have_attribute("data-anchors", "s0,s1,s2,s3,z0.22_0")
    live.wait_for_sum_beside(field, before)  # the points that are made of the path follow it
    live.page.get_by_role("button", name="Take the anchor s2 away").click()
    live.expect_query("walk.anchors", "s0,s1,s3,z0.22_0")

    live.page.get_by_role("button", name="Draw every anchor anew").click()
    expect(plane).to_have_attribute("data-anchors", re.compile(r"^(s\d+,){3}s\d+$"))
    anchors = plane.get_attribute("data-anchors") or ""
    assert anchors != "s0,s1,s2,s3"
    live.page.get_by_label("Path", exact=True).select_option("linear")
    live.expect_query("walk.path", "linear")

    live.page.reload()
    live.wait_for_picture()
    expect(plane).to_have_attribute("data-anchors", anchors, timeout=PATIENCE)
    expect(live.page.get_by_label("Path", exact=True)).to_have_value("linear")


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
    expect(live.page.get_by_role("button", name="Keep place")).to_have_count(0)
    expect(live.page.locator(".gl-anchor")).to_have_count(0)  # a, b, c and their sum stay four
    expect(wall).to_have_attribute("data-anchors", "c8,c3,c5,c8-c3+c5", timeout=PATIENCE)
    wall.focus()
    for key in ("ArrowRight", "Enter", "ArrowRight", "Enter", "2", "ArrowRight", "Enter"):
        wall.press(key)
    expect(wall).to_have_attribute("data-anchors", "t0:t1,t2,c5,t0:t1-t2+c5")
    live.pause()
