"""The browser reads the viewer while Streamlit starts, once; nothing is seen without our style."""

from collections.abc import Callable

from app.presets import GALLERY
from tests.browser.app_server import AppServer
from tests.browser.live_page import LivePage

Lab = Callable[..., LivePage]
# How strong each caption is when the page is painted with it for the first time.
NOTE_CAPTIONS = """
window.captions = [];
const met = new WeakSet();
const look = () => {
    for (const each of document.querySelectorAll("[data-testid=stCaptionContainer]"))
        if (!met.has(each)) {
            met.add(each);
            captions.push(getComputedStyle(each).opacity);
        }
    requestAnimationFrame(look);
};
look();
"""
FETCHED = """() => performance.getEntriesByType("resource")
    .map(({ name, startTime }) => [new URL(name).pathname, startTime])"""


def test_the_viewer_is_fetched_once_and_before_streamlit_asks(lab: Lab) -> None:
    fetched = lab("/vae?seed=7").page.evaluate(FETCHED)
    asked = min(start for path, start in fetched if path.endswith("/_stcore/host-config"))
    modules = [(path, start) for path, start in fetched if path.startswith("/live/viewer/")]
    scripts = [path for path, _ in modules if path.endswith(".js")]
    assert len(scripts) > 50 and len(set(scripts)) == len(scripts), "what is named is what is used"
    assert all(start < asked for path, start in modules if path.endswith(".js"))


def test_no_caption_is_seen_without_our_style(
    server: AppServer, visitor: Callable[..., object]
) -> None:
    page = visitor().new_page()
    page.add_init_script(NOTE_CAPTIONS)
    page.goto(server.url)
    cards = sum(map(len, GALLERY.values()))
    page.wait_for_function("cards => captions.length > cards", arg=cards)  # and the page's own
    assert set(page.evaluate("captions")) == {"0.76"}
