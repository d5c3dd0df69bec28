"""Waiting until a page stands still, by what it shows and never by the clock."""

from playwright.sync_api import Locator, Page, expect

__all__ = ["settle", "wait_until_still"]

# No animation that ends is under way, and everything has lain where it lies for some frames.
SETTLED = """least => {
    const inside = (root) => [root, ...[...root.querySelectorAll("*")]
        .flatMap(({shadowRoot}) => shadowRoot ? inside(shadowRoot) : [])];
    const roots = inside(document);
    const fades = (each) => each.playState === "running"
        && each.effect.getTiming().iterations !== Infinity;
    const place = (node) => {
        const {x, y, width, height} = node.getBoundingClientRect();
        return [x, y, width, height].map(Math.round).join();
    };
    const parts = "section, canvas, button, input";
    const laid = roots.flatMap((root) => [...root.querySelectorAll(parts)]);
    const layout = laid.map(place).join(" ");
    const fading = roots.some((root) => root.getAnimations().some(fades));
    const same = layout === window.layoutSeen && !fading;
    window.layoutSeen = layout;
    window.framesSettled = same ? (window.framesSettled ?? 0) + 1 : 0;
    return window.framesSettled >= least;
}"""


def settle(page: Page, frames: int = 5) -> None:
    """Wait until nothing fades, unfolds or moves on the page; its canvases may go on.

    Args:
        page: The tab.
        frames: Animation frames over which everything must lie where it lies.
    """
    page.evaluate("window.framesSettled = 0")
    page.wait_for_function(SETTLED, arg=frames)


def wait_until_still(root: Locator) -> None:
    """Wait until the canvases show the newest frame and no longer move towards it.

    Args:
        root: The viewer's root element.
    """
    expect(root).to_have_attribute("data-moving", "false")
