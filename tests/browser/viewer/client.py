"""A person before the viewer, and the test server that it talks to."""

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from socket import socket
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.chromium import PATIENCE

__all__ = ["FIELDS", "ROOT", "Served", "colours", "press", "steps", "wait_round"]

ROOT = ".gl-root"
FIELDS = ".gl-field canvas"


class Served:
    """The test server in a process of its own."""

    def __init__(self) -> None:
        with socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        script = Path(__file__).with_name("server.py")
        self.process = subprocess.Popen([sys.executable, str(script), "--port", str(self.port)])
        self.url = f"http://127.0.0.1:{self.port}"
        deadline = time.monotonic() + 90
        while True:
            try:
                self.log()
                return
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None and time.monotonic() < deadline
                threading.Event().wait(0.1)

    def ask(self, path: str, what: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the server itself."""
        body = None if what is None else json.dumps(what).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, body)) as answer:
            return json.loads(answer.read())

    def force(self, **what: Any) -> None:
        """Set a state or a fault."""
        self.ask("/force", what)

    def log(self) -> list[dict[str, Any]]:
        """What viewers asked for since the last call."""
        return self.ask("/log")["heard"]

    def await_orders(self, *wanted: str) -> list[dict[str, Any]]:
        """What viewers asked for since the last call, once it is as wanted: orders take their way.

        Without anything wanted it is only asked once: what is not to come cannot be awaited.
        """
        heard: list[dict[str, Any]] = []
        deadline = time.monotonic() + PATIENCE / 1000
        while True:
            heard += [order for order in self.log() if order["do"] not in ("ack", "subscribe")]
            if len(heard) >= len(wanted) or time.monotonic() > deadline:
                assert [order["do"] for order in heard] == list(wanted)
                return heard
            time.sleep(0.02)

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def steps(page: Page) -> int:
    return int(page.locator(FIELDS).first.get_attribute("data-step"))


def wait_round(page: Page, least: int) -> None:
    page.wait_for_function(
        "least => Number(document.querySelector('#host').shadowRoot"
        ".querySelector('.gl-root').dataset.round) >= least",
        arg=least,
    )


def colours(canvas: Locator) -> int:
    return canvas.evaluate("""canvas => {
        const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const seen = new Set();
        for (let i = 0; i < data.length; i += 16) {
            seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
        }
        return seen.size;
    }""")
