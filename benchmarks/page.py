"""How long a person waits: for the first page, for a recording, for another page."""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.watching import launched, wait_for_picture
from tests.browser import chromium
from tests.browser.app_server import AppServer

__all__ = ["RECORDING", "measure"]

RECORDING = "surfaces-8gaussians"  # a preset of the critic page that opens a shipped recording


def measure(repeats: int = 5) -> dict[str, object]:
    """Seconds, as medians over fresh servers, each with a fresh browser profile."""
    waits: dict[str, list[float]] = {}
    with launched() as browser:
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as folder, AppServer(Path(folder)) as server:
                page = chromium.new_context(browser).new_page()
                for name, seconds in _visit(page, server).items():
                    waits.setdefault(name, []).append(seconds)
                page.context.close()
    return {
        name: {"median_s": statistics.median(values), "worst_s": max(values)}
        for name, values in waits.items()
    }


def _visit(page: Page, server: AppServer) -> dict[str, float]:
    waits = {"server_healthy": server.seconds_to_health}
    begun = time.perf_counter()
    page.goto(f"{server.url}/critic?seed=7")
    page.get_by_role("link", name="Home").first.wait_for()
    waits["first_page_text"] = server.seconds_to_health + time.perf_counter() - begun
    wait_for_picture(page)
    waits["first_page_picture"] = server.seconds_to_health + time.perf_counter() - begun

    begun = time.perf_counter()
    page.get_by_role("link", name="Home").first.click()
    page.locator("[data-testid=stMain] h1", has_text="Gen Lab").first.wait_for()
    waits["page_change"] = time.perf_counter() - begun

    begun = time.perf_counter()
    page.goto(f"{server.url}/critic?preset={RECORDING}")
    wait_for_picture(page)
    waits["page_with_recording"] = time.perf_counter() - begun
    return waits
