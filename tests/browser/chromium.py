"""Finds the browser that the tests and the benchmarks drive.

`python -m tests.browser.chromium` prints its path, or fails when there is none.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

__all__ = ["MISSING", "PATIENCE", "find", "launch", "new_context"]

PATIENCE = 60_000  # ms; a busy machine takes its time

MISSING = (
    "Expected Chrome or Chromium, got none. Install one (on Debian: apt-get install chromium), "
    "run 'python -m playwright install chromium', or name one in GEN_LAB_BROWSER."
)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find(playwright: Playwright) -> str | None:
    """The browser named in GEN_LAB_BROWSER, else an installed one, else Playwright's own."""
    named = os.environ.get("GEN_LAB_BROWSER")
    installed = (shutil.which(name) for name in NAMES)
    for candidate in (named, *installed, *PLACES, playwright.chromium.executable_path):
        if candidate and Path(candidate).is_file():
            return candidate
    return None


def launch(playwright: Playwright) -> Browser:
    """Start the browser without a screen.

    Raises:
        FileNotFoundError: No browser was found.
    """
    path = find(playwright)
    if path is None:
        raise FileNotFoundError(MISSING)
    return playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))


def new_context(
    browser: Browser, *, width: int = 1400, height: int = 900, dark: bool = False
) -> BrowserContext:
    """One visitor with a window of the given size and colour scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(PATIENCE)
    return context


if __name__ == "__main__":
    with sync_playwright() as started:
        found = find(started)
    print(found or MISSING, file=sys.stdout if found else sys.stderr)
    sys.exit(found is None)
