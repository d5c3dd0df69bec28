"""The levels page in a real browser: rows painted from a shipped model, a cell changed by keys."""

import re

from playwright.sync_api import Page, expect

from tests.browser.app_server import AppServer
from tests.browser.conftest import stop
from tests.browser.live_page import LivePage

SLOW = 240_000  # 256 pixels of three rows, on a machine that others use too


def test_rows_are_painted_and_a_cell_changes_the_picture(server: AppServer, page: Page) -> None:
    live = LivePage(page)
    page.goto(f"{server.url}/levels?preset=vary-16&seed=7")
    rows = page.locator(".gl-level-rows canvas")
    expect(rows).to_have_attribute("data-painted", "1", timeout=SLOW)
    told = re.compile("top z₂ 100 % painted; middle z₁ 100 % painted; pixels 100 % painted")
    expect(rows).to_have_attribute("aria-label", told)

    shares = page.locator(".gl-level-shares canvas")
    read = re.compile(r"texture: top z₂ \d+ %")
    expect(shares).to_have_attribute("aria-label", read, timeout=SLOW)

    cell = page.locator(".gl-latent-cell canvas")
    first = re.compile("row 2, column 2, channel 1")
    expect(cell).to_have_attribute("aria-label", first, timeout=SLOW)
    cell.focus()
    cell.press("ArrowRight")
    cell.press("2")
    cell.press("+")
    moved = re.compile("row 2, column 3, channel 2, changed by 2.50; mean difference")
    expect(cell).to_have_attribute("aria-label", moved, timeout=SLOW)

    # another base picture is painted anew
    page.get_by_label("Base picture", exact=True).select_option("3")
    expect(rows).not_to_have_attribute("data-painted", "1", timeout=SLOW)
    expect(rows).to_have_attribute("data-painted", "1", timeout=SLOW)
    live.note()
    for run in live.runs:
        stop(server, run)
