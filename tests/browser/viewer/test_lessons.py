"""What a lesson hides is gone from the viewer, its key with it; a room's type is large."""

import pytest
from playwright.sync_api import Page, expect

from app.state import HIDEABLE
from tests.browser.stillness import settle
from tests.browser.viewer.client import ROOT, press, wait_round

pytestmark = pytest.mark.browser

PARTS = {
    "play": ".gl-play",
    "step": ".gl-group[aria-label=Step]",
    "speed": ".gl-speed",
    "timeline": ".gl-time",
    "fork": ".gl-button:has-text('Continue from here')",
    "save": ".gl-button:has-text('Save')",
    "share": ".gl-button:has-text('Share')",
    "reset": ".gl-reset",
    "projector": ".gl-projector-switch",
    "metrics": ".gl-metrics",
    "performance": ".gl-performance",
    "tour": ".gl-tour-switch",
}
OF_THE_PAGE = {"presets", "settings", "checkpoints", "moment", "take-home", "text"}
OF_THE_ENGINE = {"slow"}  # its stages come from a real run: see tests/browser/test_slow_motion.py


def shown(page: Page) -> set[str]:
    there = "nodes => nodes.some((node) => node.checkVisibility())"
    return {name for name, where in PARTS.items() if page.locator(where).evaluate_all(there)}


def test_each_name_hides_its_part_and_no_other(visit):
    assert set(PARTS) | OF_THE_PAGE | OF_THE_ENGINE == set(HIDEABLE)
    page = visit("tour=0")
    press(page, "Step")
    wait_round(page, 1)
    expect(page.locator(".gl-metrics")).to_be_visible()
    for name in PARTS:
        page.evaluate(
            "name => { const {layout} = window.viewer().data;"
            " window.mountAgain({layout: {...layout, hide: [name]}}); }",
            name,
        )
        assert shown(page) == set(PARTS) - {name}


def test_the_key_of_a_hidden_button_does_nothing(visit, served):
    page = visit("hide=play,step,reset,tour&tour=0")
    served.log()
    page.locator("h1").click()
    for key in ("Space", "ArrowRight", "r", "t"):
        page.keyboard.press(key)
    page.keyboard.press("5")
    page.wait_for_function("window.presets.length === 1")
    served.await_orders()
    expect(page.get_by_role("dialog", name="Guided tour")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (1920, 1080)])
def test_a_rooms_type_is_large_from_the_first_picture_and_nothing_is_cut(visit, width, height):
    page = visit("projector", width=width, height=height)
    expect(page.get_by_role("button", name="Projector")).to_have_attribute("aria-pressed", "true")
    size = page.locator(ROOT).evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    line = page.evaluate("window.viewer().theme.line")
    assert size >= 18 and line >= 3
    press(page, "Step")
    wait_round(page, 1)
    settle(page)
    for part in ("Transport", "Live settings"):
        place = page.get_by_label(part, exact=True).bounding_box()
        assert place["y"] + place["height"] <= height
        assert place["x"] + place["width"] <= width
    cut = page.locator(".gl-panel-title, .gl-control-name, .gl-button").evaluate_all(
        "nodes => nodes.filter((node) => node.checkVisibility()"
        " && node.scrollWidth > node.clientWidth + 1).map((node) => node.textContent)"
    )
    assert cut == []
    press(page, "Projector")
    assert page.locator(ROOT).evaluate("node => parseFloat(getComputedStyle(node).fontSize)") < 14
