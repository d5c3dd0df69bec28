"""Ways to look at a live run: a plain WebSocket client, and the critic page in Chromium."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Browser, Page, sync_playwright
from websockets.sync.client import ClientConnection, connect

from tests.browser import chromium
from tests.browser.app_server import AppServer

__all__ = ["Watcher", "instrumented", "launched", "open_critic", "run_of", "wait_for_picture"]

PICTURE = "canvas[data-step]"


class Watcher:
    """A plain WebSocket client that takes and acknowledges every frame.

    Args:
        server: The running app.
        run: A run id, or a follow id.
    """

    def __init__(self, server: AppServer, run: str) -> None:
        address = f"ws://127.0.0.1:{server.port}/live/ws?id={run}"
        self.socket: ClientConnection = connect(address, origin=server.url, max_size=None)

    def say(self, do: str, **more: object) -> None:
        """Send one command."""
        self.socket.send(json.dumps({"do": do, **more}))

    def frame(self, timeout: float = 30) -> dict:
        """The metadata of the next frame, which is acknowledged at once."""
        while True:
            message = self.socket.recv(timeout=timeout)
            if isinstance(message, bytes):
                self.say("ack")
                size = int.from_bytes(message[:8], "little")
                return json.loads(json.loads(message[8 : 8 + size])["__metadata__"]["frame"])

    def watch(self, seconds: float) -> dict[str, float]:
        """Take every frame for a while; the speed is that between first and last frame."""
        first = last = self.frame()
        begun = arrived = time.perf_counter()
        frames = 0
        while arrived - begun < seconds:
            last = self.frame()
            arrived = time.perf_counter()
            frames += 1
        passed = arrived - begun
        return {
            "rounds_per_second": (last["head"] - first["head"]) / passed,
            "frames_per_second": frames / passed,
        }

    def close(self) -> None:
        """Leave."""
        self.socket.close()


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium without a screen."""
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


def instrumented(browser: Browser) -> Page:
    """A tab whose paints and frames are noted (`instruments.js`)."""
    page = chromium.new_context(browser).new_page()
    page.add_init_script(path=Path(__file__).parent / "instruments.js")
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
