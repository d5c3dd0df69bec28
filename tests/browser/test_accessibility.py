"""No page has a serious finding of axe-core, in light and dark, wide and narrow.

A page is opened in one of the four ways, and each of its moments is looked at in all of them.
"""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.presets import GALLERY
from tests.browser.app_server import AppServer
from tests.browser.live_page import LivePage
from tests.browser.stillness import settle

Lab = Callable[..., LivePage]

GRAVE = ("serious", "critical")
# What is not ours to mend: rule, and the elements of Streamlit's own markup that it names.
EXCUSED = (
    # Streamlit puts the navigation's sections and their entries into <div>s inside the <ul>.
    ("list", "ul[data-testid=stSidebarNavItems]"),
    ("listitem", "ul[data-testid=stSidebarNavItems] li"),
    # Streamlit lets a long equation scroll in a narrow column and offers no way to name a tab
    # stop for it; Chromium since 130 and Firefox make such a scroller reachable by themselves.
    ("scrollable-region-focusable", "[data-testid=stMarkdownContainer] .katex-display"),
)
# Asked and pressed at once: the answer may come by itself in between.
SHOW_NOW = """card => {
    const [reveal] = card.querySelectorAll(".gl-tour-row button");
    if (card.dataset.phase === "wait") reveal.click();
}"""
SIZES = [(1400, 900), (390, 844)]
WAYS = {
    f"{width}-{name}": {"width": width, "height": height, "dark": dark}
    for width, height in SIZES
    for dark, name in ((False, "light"), (True, "dark"))
}
BACKGROUND = {False: "rgb(255, 255, 255)", True: "rgb(18, 22, 28)"}  # .streamlit/config.toml


def findings(page: Page) -> Iterator[str]:
    """Every serious or critical finding: its rule, where it is, and what axe says."""
    for violation in Axe().run(page).response["violations"]:
        for node in violation["nodes"]:
            if violation["impact"] in GRAVE and not excused(page, violation["id"], node["target"]):
                said = (node["any"] + node["all"] + node["none"])[0]["message"]
                yield f"{violation['id']} at {node['target']}: {said}"


def look(page: Page, moment: str) -> None:
    """Find nothing in a moment of a page, light and dark, wide and narrow in turn."""
    for name, way in WAYS.items():
        page.emulate_media(color_scheme="dark" if way["dark"] else "light")
        page.set_viewport_size({"width": way["width"], "height": way["height"]})
        app = page.get_by_test_id("stApp")
        expect(app).to_have_css("background-color", BACKGROUND[way["dark"]])
        viewers = page.locator(".gl-root").count()
        expect(page.locator(".gl-root.gl-dark")).to_have_count(viewers if way["dark"] else 0)
        settle(page)
        assert list(findings(page)) == [], f"{moment}, {name}"


def excused(page: Page, rule: str, target: list) -> bool:
    """Whether a finding lies in the markup of Streamlit that the rule is known for."""
    return any(
        rule == known
        and page.evaluate(
            "([target, where]) => document.querySelector(target)?.matches(where) ?? false",
            [target[0], where],
        )
        for known, where in EXCUSED
        if isinstance(target[0], str)
    )


def test_home(server: AppServer, visitor: Callable[..., object]) -> None:
    page = visitor(**WAYS["390-light"]).new_page()
    page.goto(server.url)
    cards = sum(map(len, GALLERY.values()))
    expect(page.locator("[class*=st-key-card_]").get_by_role("link")).to_have_count(cards)
    look(page, "home")


def test_critic_playing_idle_and_with_the_tour_open(lab: Lab) -> None:
    live = lab("/critic?seed=7&width=16&batch=32", **WAYS["1400-light"])
    page = live.page
    expect(page.get_by_role("heading", name="Notice")).to_be_visible()
    live.wait_beyond(live.step + 60)
    look(page, "playing")
    live.pause()
    look(page, "paused")
    live.button("Tour").click()
    card = page.get_by_role("dialog", name="Guided tour")
    for _ in range(2):
        live.button("Next").click()
    expect(card).to_have_attribute("data-phase", "ask")
    look(page, "a question of the tour")
    card.get_by_role("radio").first.check()
    live.button("Reveal").click()
    card.evaluate(SHOW_NOW)
    expect(card).to_have_attribute("data-phase", "answer")
    look(page, "its answer")


@pytest.mark.parametrize(("preset", "opened"), [("works", "390-dark"), ("lines", "1400-dark")])
def test_gan_playing_and_in_slow_motion(lab: Lab, preset: str, opened: str) -> None:
    live = lab(f"/gan?preset={preset}&width=16&batch=32", **WAYS[opened])
    page = live.page
    expect(page.get_by_role("heading", name="Notice")).to_be_visible()
    live.wait_beyond(live.step + 60)
    look(page, "playing")
    page.keyboard.press("m")
    expect(page.locator(".gl-slow-panel math").first).to_be_visible()
    look(page, "slow motion")


FLOWS = {
    "realnvp?preset=bend": "390-dark",
    "realnvp?preset=planar": "1400-light",
    "iaf?preset=toy": "1400-dark",
    "iaf?preset=linear": "390-light",
    "iaf?preset=free-bits": "1400-light",
}


@pytest.mark.parametrize(("address", "opened"), FLOWS.items())
def test_flows_and_posteriors_playing_and_paused(lab: Lab, address: str, opened: str) -> None:
    live = lab(f"/{address}&width=16&batch=32&seed=7", **WAYS[opened])
    page = live.page
    expect(page.get_by_role("heading", name="Notice")).to_be_visible()
    live.wait_beyond(live.step + 20)
    look(page, "playing")
    live.pause()
    look(page, "paused")
