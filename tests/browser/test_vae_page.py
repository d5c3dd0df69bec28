"""The VAE in a real browser: pointing decodes, by mouse and by keys, and dimensions die."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.live_page import CHECKSUM, PATIENCE, LivePage

Lab = Callable[..., LivePage]


def test_pointing_at_the_latent_plane_decodes_the_place(lab: Lab) -> None:
    live = lab("/vae?preset=plane&seed=7")
    plane = live.page.locator(".gl-latent canvas")
    expect(plane).to_have_attribute("aria-label", re.compile("codes of 360 test pictures"))
    live.pause()
    before = plane.evaluate(CHECKSUM)
    plane.hover(position={"x": 200, "y": 150})
    expect(plane).to_have_attribute("data-decoded", re.compile("[1-9]"), timeout=PATIENCE)
    expect(plane).to_have_attribute("aria-label", re.compile("the picture of .* is shown"))
    assert plane.evaluate(CHECKSUM) != before, "the decoded picture stands beside the pointer"

    # By keys: from the pointer's place to the right, and away with Escape.
    live.page.mouse.move(5, 5)
    plane.focus()
    decoded = int(plane.get_attribute("data-decoded") or 0)
    plane.press("ArrowRight")
    expect(plane).to_have_attribute("aria-label", re.compile(r"the picture of \(0.250, 0\)"))
    expect(plane).not_to_have_attribute("data-decoded", str(decoded), timeout=PATIENCE)
    plane.press("Escape")
    expect(plane).not_to_have_attribute("aria-label", re.compile("is shown"))


def test_a_dimension_dies_under_a_heavy_kl(lab: Lab) -> None:
    live = lab("/vae?preset=collapse&seed=7")
    deep = live.page.locator(".gl-dimensions[data-lane=deep] canvas")
    expect(deep).to_have_attribute("data-dimensions", "16", timeout=PATIENCE)
    live.edit("beta", "100")
    expect(deep).to_have_attribute("data-live", "0", timeout=2 * PATIENCE)
    expect(deep).to_have_attribute("aria-label", re.compile("0 of 16 dimensions live"))


def test_the_plane_of_mnist_is_whole_without_mnist(lab: Lab) -> None:
    live = lab("/vae?preset=plane-mnist")
    plane = live.page.locator(".gl-latent canvas")
    of_all = re.compile("codes of 10000 test pictures")
    expect(plane).to_have_attribute("aria-label", of_all, timeout=PATIENCE)
    plane.hover(position={"x": 200, "y": 150})
    expect(plane).to_have_attribute("data-decoded", re.compile("[1-9]"), timeout=PATIENCE)
    error = live.page.locator(".gl-metrics tr[data-metric=knn_error] td").first
    expect(error).to_have_text(re.compile(r"\d"), timeout=PATIENCE)
