"""No page has a serious finding of axe-core, in light and dark, wide and narrow."""

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
WAYS = [
    pytest.param({"width": width, "height": height, "dark": dark}, id=f"{width}-{name}")
    for width, height in SIZES
    for dark, name in ((False, "light"), (True, "dark"))
]


def findings(page: Page) -> Iterator[str]:
    """Every serious or critical finding: its rule, where it is, and what axe says."""
    for violation in Axe().run(page).response["violations"]:
        for node in violation["nodes"]:
            if violation["impact"] in GRAVE and not excused(page, violation["id"], node["target"]):
                said = (node["any"] + node["all"] + node["none"])[0]["message"]
                yield f"{violation['id']} at {node['target']}: {said}"


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


@pytest.mark.parametrize("way", WAYS)
def test_home(server: AppServer, visitor: Callable[..., object], way: dict) -> None:
    page = visitor(**way).new_page()
    page.goto(server.url)
    cards = sum(map(len, GALLERY.values()))
    expect(page.locator("[class*=st-key-card_]").get_by_role("link")).to_have_count(cards)
    settle(page)
    assert list(findings(page)) == []


@pytest.mark.parametrize("way", WAYS)
def test_critic_playing_idle_and_with_the_tour_open(lab: Lab, way: dict) -> None:
    live = lab("/critic?seed=7&width=16&batch=32", **way)
    page = live.page
    expect(page.get_by_role("heading", name="Notice")).to_be_visible()
    live.wait_beyond(live.step + 60)
    settle(page)
    assert list(findings(page)) == [], "playing"
    live.pause()
    settle(page)
    assert list(findings(page)) == [], "paused"
    live.button("Tour").click()
    card = page.get_by_role("dialog", name="Guided tour")
    for _ in range(2):
        live.button("Next").click()
    expect(card).to_have_attribute("data-phase", "ask")
    settle(page)
    assert list(findings(page)) == [], "a question of the tour"
    card.get_by_role("radio").first.check()
    live.button("Reveal").click()
    card.evaluate(SHOW_NOW)
    expect(card).to_have_attribute("data-phase", "answer")
    settle(page)
    assert list(findings(page)) == [], "its answer"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("preset", ["works", "lines"])
def test_gan_playing_and_in_slow_motion(lab: Lab, preset: str, way: dict) -> None:
    live = lab(f"/gan?preset={preset}&width=16&batch=32", **way)
    page = live.page
    expect(page.get_by_role("heading", name="Notice")).to_be_visible()
    live.wait_beyond(live.step + 60)
    settle(page)
    assert list(findings(page)) == [], "playing"
    page.keyboard.press("m")
    expect(page.locator(".gl-slow-panel math").first).to_be_visible()
    settle(page)
    assert list(findings(page)) == [], "slow motion"


FLOWS = {  # a page costs seconds in each way: the last two are seen in two of them
    "realnvp?preset=bend": WAYS,
    "iaf?preset=toy": WAYS,
    "iaf?preset=linear": WAYS,
    "realnvp?preset=planar": WAYS[::3],
    "iaf?preset=free-bits": WAYS[::3],
}


@pytest.mark.parametrize(
    ("address", "way"),
    [
        pytest.param(address, *way.values, id=f"{address}-{way.id}")
        for address, ways in FLOWS.items()
        for way in ways
    ],
)
def test_flows_and_posteriors_playing_and_paused(lab: Lab, address: str, way: dict) -> None:
    live = lab(f"/{address}&width=16&batch=32&seed=7", **way)
    page = live.page
    expect(page.get_by_role("heading", name="Notice")).to_be_visible()
    live.wait_beyond(live.step + 20)
    settle(page)
    assert list(findings(page)) == [], "playing"
    live.pause()
    settle(page)
    assert list(findings(page)) == [], "paused"
