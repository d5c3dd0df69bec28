"""PixelVAE in a real browser: three depths paint side by side, above the stored sweep."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.live_page import CHECKSUM, PATIENCE, LivePage

Lab = Callable[..., LivePage]


def test_lanes_of_none_one_and_two_layers_paint_samples(lab: Lab) -> None:
    live = lab("/pixelvae?preset=few&seed=7")
    sheets = live.page.locator(".gl-atlas canvas")
    expect(sheets).to_have_count(3)
    for index, name in enumerate(("No masked layer", "One masked layer", "Two masked layers")):
        sheet = sheets.nth(index)
        told = re.compile(f"{name}: 25 images of 8 by 8 pixels at step")
        expect(sheet).to_have_attribute("aria-label", told, timeout=2 * PATIENCE)
        live.page.wait_for_function(
            f"canvas => ({CHECKSUM})(canvas)[1] > 8",  # greys, where an unpainted sheet is black
            arg=sheet.element_handle(),
            timeout=2 * PATIENCE,
        )
    sweep = live.page.get_by_test_id("stVegaLiteChart")
    sweep.scroll_into_view_if_needed()
    expect(sweep.locator("canvas, svg").first).to_be_visible(timeout=PATIENCE)


def test_two_planes_stand_side_by_side(lab: Lab) -> None:
    live = lab("/pixelvae?preset=planes&seed=7")
    planes = live.page.locator(".gl-latent canvas")
    expect(planes).to_have_count(2)
    for index in range(2):
        codes = re.compile("codes of 360 test pictures")
        expect(planes.nth(index)).to_have_attribute("aria-label", codes, timeout=2 * PATIENCE)
        _, colours = planes.nth(index).evaluate(CHECKSUM)
        assert colours > 10, "points of ten classes are drawn"
