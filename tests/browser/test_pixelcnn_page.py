"""The PixelCNN page in a real browser: painting, pointing at a pixel, blind spot, completion."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.app_server import AppServer
from tests.browser.conftest import stop
from tests.browser.live_page import PATIENCE, LivePage


@pytest.fixture
def opened(server: AppServer, page: Page) -> Iterator[Callable[[str], Page]]:
    """Open a preset and wait for its first picture; its run is stopped at the end."""
    live = LivePage(page)

    def open_preset(preset: str) -> Page:
        page.goto(f"{server.url}/pixelcnn?preset={preset}&seed=7")
        expect(page.locator("canvas[data-step]").first).to_be_visible(timeout=PATIENCE)
        return page

    yield open_preset
    live.note()
    for run in live.runs:
        stop(server, run)


def picture(canvas: Locator) -> str:
    """What a canvas shows, as bytes in text."""
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def test_a_sheet_is_painted_and_a_pixel_says_what_it_expects(opened) -> None:
    page = opened("painted")
    sheet = page.locator(".gl-atlas canvas")
    of_digits = re.compile("20 images of 8 by 8")
    expect(sheet).to_have_attribute("aria-label", of_digits, timeout=PATIENCE)
    before = picture(sheet)
    page.wait_for_function(
        "([canvas, before]) => canvas.toDataURL() !== before",
        arg=[sheet.element_handle(), before],
        timeout=PATIENCE,
    )
    bars = page.locator(".gl-levels canvas")
    sheet.hover(position={"x": 150, "y": 200})
    expect(sheet).to_have_attribute("data-picked", re.compile(r"\d+,\d+,\d+"))
    _, row, column = str(sheet.get_attribute("data-picked")).split(",")
    expect(bars).to_have_attribute("data-pixel", f"{row},{column}", timeout=PATIENCE)
    expect(bars).to_have_attribute("aria-label", re.compile(r"expects level \d+ with [\d.]+ %"))
    sheet.focus()
    page.keyboard.press("ArrowDown")
    lower = str(min(7, int(row) + 1))
    expect(bars).to_have_attribute("data-pixel", f"{lower},{column}", timeout=PATIENCE)


def test_one_stack_stays_blind_and_two_do_not(opened) -> None:
    page = opened("blind")
    masked, gated = (page.locator(".gl-cells canvas").nth(k) for k in (0, 1))
    expect(masked).to_have_attribute("data-pixel", "4,2", timeout=PATIENCE)
    expect(masked).not_to_have_attribute("data-unheard", "0")
    expect(gated).to_have_attribute("data-unheard", "0")
    masked.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    for each in (masked, gated):
        expect(each).to_have_attribute("data-pixel", "4,7", timeout=PATIENCE)
    expect(masked).to_have_attribute("data-unheard", re.compile(r"^\d$"))


def test_what_is_drawn_is_kept_and_completed(opened) -> None:
    page = opened("completion")
    page.get_by_role("button", name="Pause", exact=True).click()  # painting has the core alone
    pad, made = page.locator(".gl-pad canvas"), page.locator(".gl-atlas canvas")
    expect(made).to_have_attribute("aria-label", re.compile("9 images"), timeout=PATIENCE)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(pad).to_have_attribute("data-inked", "0")
    pad.focus()
    page.keyboard.press("Space")
    expect(pad).to_have_attribute("data-inked", "1")
    box = pad.bounding_box()
    side = min(box["width"], box["height"])
    left, top = box["x"] + (box["width"] - side) / 2, box["y"] + (box["height"] - side) / 2
    page.mouse.move(left + 0.44 * side, top + 0.3 * side)
    page.mouse.down()
    page.mouse.move(left + 0.69 * side, top + 0.3 * side, steps=6)
    page.mouse.up()
    expect(pad).to_have_attribute("data-inked", re.compile("^[3-5]$"))
    page.get_by_label("Rows that are given").fill("2")
    expect(pad).to_have_attribute("data-inked", "1")
