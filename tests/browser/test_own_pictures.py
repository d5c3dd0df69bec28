"""One's own pictures in a browser: a refusal, a named skip, and the run on the others."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.app_server import AppServer
from tests.browser.conftest import stop
from tests.browser.live_page import PATIENCE
from tests.data.image_files import colours, file, packed

GOOD = {f"{salt:02}.png": file(colours(salt, 40, 30)) for salt in range(23)}
CUT = {**GOOD, "cut.png": GOOD["00.png"][:-300]}


@pytest.fixture
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """A server of a page whose preset trains on pictures."""
    home = tmp_path_factory.mktemp("pictures")
    with AppServer(home, entry="tests/browser/picture_app.py") as running:
        yield running
    assert "Traceback" not in running.text(), running.text()


def put(page: Page, name: str, members: dict[str, bytes]) -> None:
    """Choose a zip in the page's dialog for files."""
    data = {"name": name, "mimeType": "application/zip", "buffer": packed(members)}
    page.locator("input[type=file]").set_input_files(data)


def run_of(page: Page) -> str:
    """The control id in the address, once it stands there."""
    named = "new URLSearchParams(location.search).get('run')"
    page.wait_for_function(named, timeout=PATIENCE)
    return str(page.evaluate(named))


def expect_pictures(page: Page, side: int) -> None:
    """Wait for a picture of the worker whose tiles have this side."""
    label = re.compile(f"Latent plane: 196 images of {side} by {side} pixels")
    canvas = page.locator(".gl-atlas canvas")
    expect(canvas).to_have_attribute("aria-label", label, timeout=PATIENCE)


def test_what_is_bad_is_named_or_refused_and_the_good_ones_train(
    pictures: AppServer, visitor: Callable[..., BrowserContext]
) -> None:
    page = visitor().new_page()
    page.goto(f"{pictures.url}/?lesson=text")
    first = run_of(page)
    expect_pictures(page, 8)
    page.get_by_role("button", name="Own pictures", exact=True).click()

    put(page, "climbs.zip", {**CUT, "../x.png": GOOD["01.png"]})
    refused = "Expected a zip whose paths stay inside it, got '../x.png'."
    expect(page.get_by_text(refused)).to_be_visible(timeout=PATIENCE)
    train = page.get_by_role("button", name="Train on these pictures")
    expect(train).to_have_count(0)
    assert not [*pictures.home.rglob("x.png")] and not [*pictures.home.parent.glob("x.png")]

    page.get_by_role("button", name="Remove climbs.zip").click()
    expect(page.get_by_text(refused)).to_have_count(0)
    put(page, "cut.zip", CUT)
    skipped = "Skipped 1: cut.png is a damaged one, not a whole picture."
    expect(page.get_by_text(skipped)).to_be_visible(timeout=PATIENCE)
    read = "23 pictures of 16 × 16 pixels, 16 levels, grey; 3 of them held out."
    expect(page.get_by_text(read)).to_be_visible()
    expect(page.get_by_alt_text("The first 18 as a run trains on them")).to_be_visible()
    assert run_of(page) == first

    train.click()
    expect_pictures(page, 16)
    trained = re.compile(r"[1-9]\d+")  # more than ten steps
    expect(page.locator(".gl-atlas canvas")).to_have_attribute(
        "data-step", trained, timeout=PATIENCE
    )
    assert page.evaluate("new URLSearchParams(location.search).get('data')").startswith("images-")
    second = run_of(page)
    assert second != first
    stop(pictures, second)
