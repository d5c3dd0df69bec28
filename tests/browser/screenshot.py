"""Takes the README's picture from the running lab: `python -m tests.browser.screenshot`."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.app_server import ROOT, AppServer
from tests.browser.live_page import LivePage

PICTURE = ROOT / "docs" / "images" / "critic.png"
ROUNDS = 900


def main() -> None:
    """Train the critic page's default for a while and photograph what a person sees."""
    with tempfile.TemporaryDirectory() as home, AppServer(Path(home)) as server:
        with sync_playwright() as playwright:
            browser = chromium.launch(playwright)
            live = LivePage(chromium.new_context(browser).new_page())
            live.open(f"{server.url}/critic?seed=7")
            live.wait(
                "(canvas, rounds) => Number(canvas.dataset.round) >= rounds", ROUNDS, 600_000
            )
            live.page.mouse.move(700, 890)
            live.page.screenshot(path=PICTURE)
            browser.close()


if __name__ == "__main__":
    main()
