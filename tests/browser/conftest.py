"""One server and one browser for all browser tests; one visitor for each."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from websockets.exceptions import ConnectionClosed

from tests.browser import chromium
from tests.browser.app_server import AppServer
from tests.browser.live_page import LivePage
from tests.browser.watcher import Watcher


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Under CI a missing browser fails; elsewhere the test says why it was skipped."""
    expect.set_options(timeout=chromium.PATIENCE)
    with sync_playwright() as playwright:
        try:
            started = chromium.launch(playwright)
        except FileNotFoundError as missing:
            if os.environ.get("CI", "").lower() in ("1", "true"):
                pytest.fail(str(missing))
            pytest.skip(str(missing))
        yield started
        started.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """A real server, whose log may hold no traceback at the end."""
    with AppServer(tmp_path_factory.mktemp("home")) as running:
        yield running
    assert "Traceback" not in running.text(), running.text()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes visitors (each with cookies of its own) that leave at the end of the test."""
    contexts: list[BrowserContext] = []

    def arrive(**options: object) -> BrowserContext:
        contexts.append(chromium.new_context(browser, **options))
        return contexts[-1]

    yield arrive
    for context in contexts:
        context.close()


@pytest.fixture
def page(visitor: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A tab of a new visitor, in which no script may fail."""
    opened = visitor().new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    yield opened
    assert not failures, failures


@pytest.fixture
def lab(
    server: AppServer, visitor: Callable[..., BrowserContext]
) -> Iterator[Callable[..., LivePage]]:
    """Opens live pages for visitors of their own; their runs are stopped at the end."""
    opened: list[LivePage] = []

    def enter(path: str, **options: object) -> LivePage:
        url = path if "://" in path else server.url + path
        opened.append(LivePage(visitor(**options).new_page()).open(url))
        return opened[-1]

    yield enter
    for run in {run for live in opened for run in live.runs}:
        stop(server, run)


def stop(server: AppServer, run: str) -> None:
    """End a run, if it has not ended by itself; its process is gone when this returns."""
    try:
        with Watcher(server, run) as watcher:
            watcher.say("stop")
            watcher.until("ended")
    except ConnectionClosed:
        return
