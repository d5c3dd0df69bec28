"""How long a person waits: for the first page, for a recording, a checkpoint, another page."""

import contextlib
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page

from app.presets import PAGES
from benchmarks.watching import launched, run_of, wait_for_picture
from tests.browser import chromium
from tests.browser.app_server import AppServer
from tests.browser.watcher import Watcher

__all__ = ["CHECKPOINTS", "RECORDING", "measure", "measure_checkpoints"]

RECORDING = "surfaces-8gaussians"  # a preset of the critic page that opens a shipped recording
CHECKPOINTS = tuple(
    f"{page}?preset={name}"
    for page, presets in PAGES.items()
    for name, preset in presets.items()
    if preset.checkpoints
)
"""Address of every preset that opens a shipped checkpoint."""

# A canvas says in words what it shows once its arrays are there; a pad does so from the start, and
# a curve has no data where nothing trains.
SHOWN = ".gl-panel:not(.gl-pad, .gl-curves) canvas[data-step][aria-label]"
QUIET = 1.0  # seconds in which a server at rest does nothing


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
    return {name: _summary(values) for name, values in waits.items()}


def measure_checkpoints(repeats: int = 1) -> dict[str, object]:
    """Seconds to every page with its checkpoint, in a browser that knows the lab and in a new one.

    Args:
        repeats: How often each is opened in each.
    """
    with launched() as browser:
        opened = _opened_all(browser, repeats)
        anew = _opened_all(browser, repeats, fresh=True)
    slowest = max(opened, key=lambda address: opened[address]["median_s"])
    return {
        "slowest": {**opened[slowest], "address": slowest},
        "middle_s": statistics.median(each["median_s"] for each in opened.values()),
        "pages": opened,
        "pages_fresh_browser": anew,
    }


def _opened_all(
    browser: Browser, repeats: int, *, fresh: bool = False
) -> dict[str, Mapping[str, float]]:
    """Seconds from an address to the first canvas with data, for every preset with a checkpoint.

    On one server that has served a page and whose next worker is loaded; the run before is ended.

    Args:
        browser: Where they are opened, each in a tab of its own.
        repeats: How often.
        fresh: Whether each is opened in a profile that never saw the lab and has to fetch
            Streamlit's own files too, in place of one that has opened a page before.
    """
    waits: dict[str, list[float]] = {address: [] for address in CHECKPOINTS}
    with tempfile.TemporaryDirectory() as folder, AppServer(Path(folder)) as server:
        known = chromium.new_context(browser)
        _opened(known.new_page(), server, CHECKPOINTS[0])  # fills the caches of both
        for _ in range(repeats):
            for address, found in waits.items():
                context = chromium.new_context(browser) if fresh else known
                found.append(_opened(context.new_page(), server, address))
                if fresh:
                    context.close()
        known.close()
    return {address: _summary(found) for address, found in waits.items()}


def _opened(page: Page, server: AppServer, address: str) -> float:
    """Open an address on a server at rest, end its run; return the seconds to its picture."""
    _rest(server)
    begun = time.perf_counter()
    page.goto(f"{server.url}/{address}")
    page.locator(SHOWN).first.wait_for(state="visible", timeout=60_000)
    seconds = time.perf_counter() - begun
    with Watcher(server, run_of(page)) as watcher:
        watcher.say("stop")
        watcher.until("ended")
    page.close()
    return seconds


def _summary(values: list[float]) -> Mapping[str, float]:
    return {"median_s": statistics.median(values), "worst_s": max(values)}


def _rest(server: AppServer, patience: float = 60) -> None:
    """Wait until the worker that stands by is loaded, and the server does nothing else."""
    end, since, before = time.perf_counter() + patience, time.perf_counter(), -1.0
    while time.perf_counter() < min(end, since + QUIET):
        time.sleep(0.1)
        busy = _processor_seconds(server)
        if busy is None or busy > before + 0.02:
            before, since = busy or -1.0, time.perf_counter()


def _processor_seconds(server: AppServer) -> float | None:
    """What the server and its spare worker have used; None where that spare has just ended."""
    watched = server.spare(), psutil.Process(server.process.pid)
    with contextlib.suppress(psutil.NoSuchProcess):
        return sum(sum(process.cpu_times()[:2]) for process in watched)
    return None


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
