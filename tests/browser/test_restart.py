"""The server ends and begins again: what was saved on a page opens as it was."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.app_server import AppServer
from tests.browser.live_page import LivePage

NAME = "before-the-end"
SMALL = "/critic?width=16&depth=1&batch=32&seed=5"


def saved(live: LivePage) -> tuple[int, int]:
    """Pause a run and save it under a name; return the step and round at which it stands."""
    live.wait_beyond(0)
    live.pause()
    live.button("Save").click()
    live.page.get_by_label("Name of the checkpoint").fill(NAME)
    live.button("Save checkpoint").click()
    expect(live.page.get_by_text(f"Saved as {NAME}.")).to_be_visible()
    return live.step, live.round


def opened(page: Page, server: AppServer, kept: str, link: str) -> LivePage:
    """Go from the page of checkpoints to what was saved, by the link on its card."""
    page.goto(f"{server.url}/checkpoints")
    card = page.locator(f"[class*=st-key-kept_{kept}]").filter(has_text=NAME)
    card.get_by_role("link", name=re.compile(f"^{link}: ")).click()
    live = LivePage(page)
    live.wait_for_picture()
    return live


def test_a_recording_and_a_checkpoint_open_after_a_restart_of_the_server(
    visitor: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    page = visitor().new_page()
    with AppServer(tmp_path) as server:
        step, round = saved(LivePage(page).open(server.url + SMALL))
    assert "Traceback" not in server.text()
    with AppServer(tmp_path) as server:
        live = opened(page, server, "recorded", "Open")
        assert live.query()["open"].startswith("recorded/")
        live.scrub(1.0)
        live.wait("(canvas, round) => Number(canvas.dataset.round) === round", round)
        live = opened(page, server, "saved", "Continue")
        assert live.query()["open"] == f"saved/wgan/{NAME}-clip"
        assert (live.step, live.round) == (step, round)
        live.play()
        live.wait_beyond(step)
    assert "Traceback" not in server.text()
