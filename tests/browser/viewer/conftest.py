"""The viewer's own server, and visitors of its page."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.stillness import settle, wait_until_still
from tests.browser.viewer.client import ROOT, Served


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    running = Served()
    yield running
    running.close()


@pytest.fixture
def visit(served: Served, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the viewer's page, on which no script may fail; the run starts anew."""
    served.force(accepting=True, state="paused", reset=True)
    contexts, failures = [], []

    def enter(
        query: str = "",
        *,
        picture: bool = True,
        before: Callable[[Page], None] | None = None,
        **options: Any,
    ) -> Page:
        context = chromium.new_context(browser, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: failures.append(str(error)))
        if before:
            before(page)
        page.goto(f"{served.url}/?{query}", wait_until="commit")
        if picture:
            page.wait_for_function("window.viewer?.().counts.frames > 0")
            expect(page.locator(ROOT)).to_have_attribute("data-connected", "true")
            settle(page)
            wait_until_still(page.locator(ROOT))
        return page

    yield enter
    for context in contexts:
        context.close()
    assert not failures
