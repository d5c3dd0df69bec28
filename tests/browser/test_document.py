"""The browser reads the viewer while Streamlit starts, and reads it once."""

from collections.abc import Callable

from tests.browser.live_page import LivePage

Lab = Callable[..., LivePage]
FETCHED = """() => performance.getEntriesByType("resource")
    .map(({ name, startTime }) => [new URL(name).pathname, startTime])"""


def test_the_viewer_is_fetched_once_and_before_streamlit_asks(lab: Lab) -> None:
    fetched = lab("/vae?seed=7").page.evaluate(FETCHED)
    asked = min(start for path, start in fetched if path.endswith("/_stcore/host-config"))
    modules = [(path, start) for path, start in fetched if path.startswith("/live/viewer/")]
    scripts = [path for path, _ in modules if path.endswith(".js")]
    assert len(scripts) > 50 and len(set(scripts)) == len(scripts), "what is named is what is used"
    assert all(start < asked for path, start in modules if path.endswith(".js"))
