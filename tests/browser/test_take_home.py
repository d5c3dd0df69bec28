"""Taking things home from a live page: pictures, numbers, scripts and recordings, as files."""

import csv
import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Download, Locator, expect

from tests.browser.live_page import LivePage

Lab = Callable[..., LivePage]
SMALL = "width=16&depth=1&batch=32"


@pytest.fixture
def paused(lab: Lab) -> LivePage:
    """A small critic run that stands still after some rounds."""
    live = lab(f"/critic?seed=7&{SMALL}")
    live.wait_beyond(120)
    live.pause()
    live.wait_until_still()
    return live


def saved(live: LivePage, panel: Locator, kind: str) -> Download:
    """What a panel saves, chosen by the keyboard alone."""
    panel.get_by_role("button", name=re.compile("^Save ")).focus()
    live.page.keyboard.press("Enter")
    choice = panel.get_by_role("button", name=re.compile(f"^{kind} of "))
    expect(choice).to_be_visible()
    while choice.evaluate("node => node.getRootNode().activeElement !== node"):
        live.page.keyboard.press("Tab")
    with live.page.expect_download() as caught:
        live.page.keyboard.press("Enter")
    expect(choice).to_be_hidden()
    return caught.value


def test_a_panel_saves_its_picture_as_it_stands(paused: LivePage) -> None:
    panel = paused.page.locator(".gl-panel.gl-field").first
    before = paused.picture()
    download = saved(paused, panel, "PNG")
    assert re.fullmatch(
        rf"[a-z0-9-]+-weight-clipping-round-{paused.round}\.png", download.suggested_filename
    )
    assert paused.picture() == before, "the canvas on the page is as it was"
    with Image.open(download.path()) as file:
        image = file.convert("RGB")
    width, height, pixels = panel.locator("canvas").evaluate(
        """canvas => {
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.clientWidth, canvas.clientHeight, Array.from(data)];
        }"""
    )
    assert image.width == 2 * (width + 28) and image.height > 2 * height + 40
    rgba = np.array(pixels, np.uint8).reshape(-1, 4)
    colours, counts = np.unique(rgba[rgba[:, 3] == 255][:, :3], axis=0, return_counts=True)
    common = {tuple(each) for each in colours[np.argsort(-counts)[:24]].tolist()}
    saved_pixels = np.array(image).reshape(-1, 3)
    found = {tuple(each) for each in np.unique(saved_pixels, axis=0).tolist()}
    assert len(common & found) >= 20, "the colours of the canvas"
    assert (0xE6, 0x9F, 0x00) in found, "the legend's orange of real points"
    ground = panel.evaluate("node => getComputedStyle(node).backgroundColor")
    corner = image.getpixel((3, 3))
    assert np.allclose(corner, rgb(ground), atol=1), "the theme's ground"


def rgb(css: str) -> list[float]:
    """The bytes of `rgb(…)` or `color(srgb …)`."""
    numbers = [float(word) for word in re.findall(r"[\d.]+", css)][:3]
    return [255 * value for value in numbers] if css.startswith("color(") else numbers


def test_a_chart_saves_the_numbers_that_it_shows(paused: LivePage) -> None:
    panel = paused.page.locator(".gl-panel.gl-curves").first
    download = saved(paused, panel, "CSV")
    names, *rows = csv.reader(io.StringIO(download.path().read_text()))
    assert names == ["round", "lane", "metric", "value"]
    assert {row[1] for row in rows} == {"clip", "gp"}
    assert int(rows[-1][0]) == paused.round
    values = [float(row[3]) for row in rows if row[3]]
    assert len(values) > 20 and all(np.float32(value) == value for value in values), "all digits"
    last = panel.locator("canvas").get_attribute("aria-label")
    assert re.search(rf"round {paused.round:,}".replace(",", ".?"), last)


def test_the_page_gives_script_curves_and_recording(paused: LivePage) -> None:
    page = paused.page
    page.get_by_role("button", name="Take home").click()
    with page.expect_download() as caught:
        page.get_by_role("button", name="PyTorch script").click()
    script = caught.value.path().read_text(encoding="utf-8")
    assert re.fullmatch(r"live_clip_round_\d+\.py", caught.value.suggested_filename)
    shown = page.get_by_test_id("stCode").locator("code").inner_text()
    assert script.split() == shown.split(), "what is shown is what is saved"
    compile(script, "script", "exec")
    assert "import gen_core" not in script and "SEED = 7\n" in script

    with page.expect_download() as caught:
        page.get_by_role("button", name="Curves (CSV)").click()
    names, *rows = csv.reader(io.StringIO(caught.value.path().read_text()))
    assert names == ["round", "lane", "metric", "value"]
    last = [max(int(row[0]) for row in rows if row[1] == lane) for lane in ("clip", "gp")]
    assert min(last) == paused.round, "a pause may fall when one lane is a round ahead"

    with page.expect_download() as caught:
        page.get_by_role("button", name="Recording (GIF)").click()
    with Image.open(caught.value.path()) as image:
        assert image.format == "GIF" and image.n_frames > 2
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="PyTorch script")).to_be_hidden()
