"""Two parallel lines in a real browser: theta moves the line, the mark and what is found."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.live_page import PATIENCE, LivePage

Lab = Callable[..., LivePage]


def test_moving_theta_moves_the_line_and_the_mark_and_training_follows(lab: Lab) -> None:
    live = lab("/gan?preset=lines&seed=7")
    expect(live.fields).to_have_count(2)  # a critic beside a discriminator
    chart = live.page.locator(".gl-function canvas")
    expect(chart).to_have_attribute("aria-label", re.compile("at θ 0.500: W₁ .*; JS "))

    # Paused: the line and the mark move at once, without a step.
    live.pause()
    live.wait_until_still()
    step, before = live.step, live.picture()
    live.edit("theta", "-0.8")
    moved = re.compile("at θ −0.800: W₁ .length. 0.800, .*; JS .nats. 0.693, ")
    expect(chart).to_have_attribute("aria-label", moved)
    live.wait_until_still()
    assert live.picture() != before and live.step == step
    expect(live.marks).not_to_have_count(0)

    # Playing: critic and discriminator find the new distances.
    live.play()
    found = re.compile(r"found by training 0\.8\d*; .*found by training 0\.6[89]")
    expect(chart).to_have_attribute("aria-label", found, timeout=3 * PATIENCE)

    # On top of each other the lines have no distance.
    live.edit("theta", "0")
    expect(chart).to_have_attribute("aria-label", re.compile("at θ 0: .*JS .nats. 0, "))
