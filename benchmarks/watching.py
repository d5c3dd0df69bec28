"""Pages in Chromium, as the measurements open them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.app_server import AppServer

__all__ = ["instrumented", "launched", "open_critic", "run_of", "wait_for_picture"]

PICTURE = "canvas[data-step]"


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium without a screen."""
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


def instrumented(browser: Browser, script: str = "instruments.js") -> Page:
    """A tab in which a script of this folder notes what is painted, before the page's own run."""
    page = chromium.new_context(browser).new_page()
    page.add_init_script(path=Path(__file__).parent / script)
    return page


def wait_for_picture(page: Page, timeout: float = 60) -> None:
    """Wait until a canvas shows a frame of the worker."""
    page.locator(PICTURE).first.wait_for(state="visible", timeout=timeout * 1e3)


def open_critic(page: Page, server: AppServer, query: str = "seed=7") -> str:
    """Open the critic page, wait for its picture, and return the run's id."""
    page.goto(f"{server.url}/critic?{query}")
    wait_for_picture(page)
    return run_of(page)


def run_of(page: Page) -> str:
    """The control id that the page's own address carries."""
    page.wait_for_function("new URLSearchParams(location.search).has('run')")
    return parse_qs(urlparse(page.url).query)["run"][0]
