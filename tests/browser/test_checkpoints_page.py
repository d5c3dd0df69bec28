"""The page of checkpoints in a real browser: take in, filter, compare, open, delete."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from app.preset import SHIPPED
from gen_core.checkpoint import card_of, save
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import take
from tests.browser.app_server import AppServer
from tests.browser.conftest import stop
from tests.browser.live_page import LivePage

CHECKED = 180_000  # milliseconds: a process of its own has to begin


def small(folder: Path) -> list[Path]:
    """Weights and card of a VAE after one update, as the command line saves them."""
    state = TrainingState.start(make("vae", overrides={"width": 8}), 7)
    next(train(state))
    path = save(folder / "of-mine.safetensors", take(state), card_of(state, "a test"))
    return [path, path.with_suffix(".json")]


def test_taken_in_found_compared_opened_and_deleted(
    server: AppServer, visitor: Callable[..., object], tmp_path: Path
) -> None:
    page = visitor().new_page()
    page.goto(f"{server.url}/checkpoints")
    expect(page.get_by_text(re.compile(r"^\d+ of \d+$"))).to_be_visible()

    page.get_by_role("button", name="Import").click()
    weights, card = small(tmp_path)
    page.locator("input[type=file]").set_input_files([weights])
    expect(page.get_by_title("of-mine.safetensors")).to_be_visible()
    page.get_by_role("button", name="Check and keep").click()
    expect(page.get_by_text("Expected a card for 'of-mine'")).to_be_visible()
    page.locator("input[type=file]").set_input_files([weights, card])
    expect(page.get_by_title("of-mine.json")).to_be_visible()
    page.get_by_role("button", name="Check and keep").click()
    mine = page.locator(".st-key-kept_saved_vae_of_mine")
    expect(mine).to_be_visible(timeout=CHECKED)

    page.keyboard.press("Escape")
    find = page.get_by_label("Find")
    find.fill("of-mine")
    find.press("Enter")
    expect(page.get_by_text(re.compile(r"^1 of \d+$"))).to_be_visible()
    expect(mine).to_be_visible()

    compare = page.get_by_role("combobox", name="Compare two cards")
    for name in ("vae/digits", "of-mine"):
        compare.fill(name)  # the list holds only what fits its window
        page.get_by_role("option").filter(has_text=re.compile(f"^{name}")).click()
    page.keyboard.press("Escape")
    row = page.locator(".st-key-library_compared tr").filter(has_text="Setting width")
    expect(row.get_by_role("cell")).to_have_text(["Setting width", "≠", "200", "8"])

    mine.get_by_role("link", name=re.compile("^Continue: VAE · Latent plane")).click()
    live = LivePage(page)
    live.wait_for_picture()
    assert live.query()["open"] == "saved/vae/of-mine"
    run = live.run()
    live.play()
    live.wait_beyond(live.step + 2)
    stop(server, run)

    page.goto(f"{server.url}/checkpoints")
    mine.get_by_role("button", name="Card").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("cell", name="a test", exact=True)).to_be_visible()
    expect(dialog.get_by_role("button", name="Delete for good")).to_be_disabled()
    dialog.get_by_text("I want to delete it").click()
    dialog.get_by_role("button", name="Delete for good").click()
    expect(mine).to_have_count(0)
    assert not list((server.home / "checkpoints" / "vae").iterdir())


def test_a_damaged_recording_is_said_and_a_whole_one_opens(
    server: AppServer, visitor: Callable[..., object], tmp_path: Path
) -> None:
    page = visitor().new_page()
    page.goto(f"{server.url}/checkpoints")
    page.get_by_role("button", name="Import").click()
    whole = SHIPPED / "recordings" / "critic-surfaces-8gaussians.zip"
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole.read_bytes()[:-100])
    for path in (cut, whole):
        page.locator("input[type=file]").set_input_files([path])
        expect(page.get_by_title(path.name)).to_be_visible()
        page.get_by_role("button", name="Check and keep").click()
        if path == cut:
            expect(page.get_by_text("Expected a zip file, got 'cut.zip'")).to_be_visible()
    mine = page.locator("[class*=st-key-kept_recorded]").filter(has_text="Optimal critics")
    expect(mine).to_be_visible(timeout=CHECKED)
    page.keyboard.press("Escape")
    mine.get_by_role("link", name=re.compile("^Open: Optimal critics")).click()
    live = LivePage(page)
    live.wait_for_picture()
    assert live.query()["open"].startswith("recorded/")
    live.play()
    live.wait_beyond(0)
    stop(server, live.run())
    shutil.rmtree(server.home / "recordings" / live.query()["open"].removeprefix("recorded/"))
