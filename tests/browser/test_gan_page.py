"""The GAN page in a real browser: fields that move, a probability as the surface, its failures."""

from collections.abc import Callable

import numpy as np
from playwright.sync_api import expect

from app.live.frames import decode
from tests.browser.app_server import AppServer
from tests.browser.live_page import LivePage
from tests.browser.watcher import Watcher

Lab = Callable[..., LivePage]


def test_a_deep_link_shows_three_games_whose_discriminators_say_what_they_mean(
    server: AppServer, lab: Lab
) -> None:
    live = lab("/gan?seed=7")
    navigation = live.page.get_by_test_id("stSidebarNav")
    for name in ("Home", "Critic", "GAN"):
        expect(navigation.get_by_role("link", name=name, exact=True)).to_be_visible()
    expect(live.fields).to_have_count(3)
    assert live.query()["seed"] == "7"
    step, before = live.step, [live.picture(index) for index in range(3)]
    live.wait_beyond(step + 60)
    for index in range(3):
        assert live.wait_for_another(before[index], index)[1] > 8, "the field moves, in colours"

    live.pause()
    with Watcher(server, live.run()) as watcher:
        arrays = decode(watcher.bytes())[0]
    said = arrays["ns/surface/values"]
    assert 0 <= said.min() < 0.5 < said.max() <= 1, "a probability"
    assert np.ptp(arrays["ls/surface/values"]) > 0 and np.ptp(arrays["gp/surface/values"]) > 0

    # None of the three means the same as another.
    expect(live.page.get_by_role("button", name="same scale")).to_have_count(0)


def test_the_failures_open_from_the_page_and_draw_their_arrows(
    server: AppServer, lab: Lab
) -> None:
    live = lab("/gan?seed=7")
    first_run = live.run()
    live.page.get_by_text("Fails, and why", exact=True).click()
    minimax = live.page.locator(".gl-field canvas[aria-label^='Minimax']")
    expect(minimax).to_be_visible()
    live.expect_query("preset", "fails-gradient")
    live.leave(first_run)
    live.wait_for_picture()
    live.wait_beyond(live.step)
    live.pause()
    with Watcher(server, live.run()) as watcher:
        arrays = decode(watcher.bytes())[0]
    for lane in ("mm", "ns"):
        pushes = arrays[f"{lane}/gradient_arrows/arrows"]
        assert np.isfinite(pushes).all() and pushes.shape == (64, 2)
