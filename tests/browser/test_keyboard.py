"""A person without a mouse: every control of the critic page is reached, seen and left again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live_page import LivePage
from tests.browser.stillness import settle

Lab = Callable[..., LivePage]

# Through shadow roots: everything that can be reached, and what has the focus now, each under a
# number that it keeps. Radio buttons are one stop, and so are segments: arrows go on inside.
PREPARE = """() => {
    const wanted = "a[href], button, input, select, textarea, summary, [tabindex]";
    window.stops = [];
    window.stopOf = (inner) => {
        const node = inner.closest("fieldset, [data-testid=stButtonGroup]") ?? inner;
        if (!window.stops.includes(node)) window.stops.push(node);
        return window.stops.indexOf(node);
    };
    window.reachable = () => {
        const found = [];
        const search = (root) => {
            for (const node of root.querySelectorAll("*")) {
                const open = node.matches(wanted) && node.tabIndex >= 0 && !node.disabled;
                if (open && node.checkVisibility({visibilityProperty: true})) found.push(node);
                if (node.shadowRoot) search(node.shadowRoot);
            }
        };
        search(document);
        return found.map(window.stopOf);
    };
    window.now = () => {
        let node = document.activeElement;
        while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
        if (!node || node === document.body) return null;
        const style = getComputedStyle(node);
        const inside = (part) => part && getComputedStyle(part);
        const marks = [style, inside(node.parentElement), inside(node.closest("label"))];
        const ring = (s) => s && (s.boxShadow !== "none" || (s.outlineStyle !== "none"
            && parseFloat(s.outlineWidth) > 0) || parseFloat(s.borderWidth) > 0);
        return {
            stop: window.stopOf(node),
            viewer: Boolean(node.getRootNode().host),
            // the page's own scroller is a stop of the browser's, not a control
            ring: node.dataset.testid === "stMain" || marks.some(ring),
            outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
            name: node.outerHTML.slice(0, 90),
        };
    };
}"""


def walk(page: Page, key: str, most: int = 160) -> list[dict]:
    """Press a key until the focus comes to its first stop again, by way of the browser's own."""
    seen: list[dict] = []
    for _ in range(most):
        page.keyboard.press(key)
        now = page.evaluate("window.now()")
        if now is None:
            continue
        if seen and now["stop"] == seen[0]["stop"]:
            return seen
        seen.append(now)
    raise AssertionError(f"{key} does not come round after {most} stops")


@pytest.mark.timeout(600)
def test_tab_reaches_every_control_and_leaves_it_again(lab: Lab) -> None:
    live = lab("/critic?seed=7&width=16&batch=32&tour=3")
    page = live.page
    expect(page.get_by_role("heading", name="Notice")).to_be_visible()
    expect(page.get_by_role("dialog", name="Guided tour")).to_be_visible()
    live.pause()
    expect(page.locator(".gl-metrics table")).to_be_visible()  # a stop that comes late
    live.wait_until_still()
    settle(page)
    page.evaluate(PREPARE)
    forward = walk(page, "Tab")
    stops = {each["stop"] for each in forward}
    missed = set(page.evaluate("window.reachable()")) - stops
    assert missed == set(), f"Tab misses {names(page, missed)}"
    assert len(stops) == len(forward), "no stop comes twice in one round"
    assert [each["name"] for each in forward if not each["ring"]] == []
    assert [each["name"] for each in forward if each["viewer"] and not each["outline"]] == []
    assert {each["stop"] for each in walk(page, "Shift+Tab")} == stops


def names(page: Page, stops: set[int]) -> list[str]:
    """What the elements of some stops are called."""
    outer = "stops => stops.map((stop) => window.stops[stop].outerHTML.slice(0, 120))"
    return list(page.evaluate(outer, sorted(stops)))


def test_a_run_is_driven_without_a_mouse(lab: Lab) -> None:
    live = lab("/critic?seed=7&width=16&batch=32")
    page = live.page
    live.wait_beyond(60)  # there is a round to go back from
    page.keyboard.press("Space")
    expect(live.button("Play")).to_be_visible()
    at = live.round
    page.keyboard.press("ArrowRight")
    live.wait("(canvas, at) => Number(canvas.dataset.round) === at + 1", at)
    live.number("clip").focus()
    page.keyboard.type("0.05")
    page.keyboard.press("Enter")
    expect(live.marks).to_have_count(1)
    page.get_by_label("Timeline").focus()
    page.keyboard.press("Home")
    live.wait("(canvas, at) => Number(canvas.dataset.round) < at", at)
    page.get_by_label("Timeline").evaluate("node => node.blur()")
    page.keyboard.press("r")
    live.wait("canvas => canvas.dataset.round === '0'")
    expect(live.marks).to_have_count(0)
