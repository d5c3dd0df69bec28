"""The IAF page in a real browser: clouds bend as training goes on, and are walked step by step."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.live_page import LivePage

Lab = Callable[..., LivePage]


def test_the_steps_of_the_chain_are_walked_one_by_one(lab: Lab) -> None:
    live = lab("/iaf?preset=toy&seed=7")
    step, before = live.step, live.picture(1)
    live.wait_beyond(step + 5)
    live.wait_for_another(before, 1)

    live.pause()
    live.wait_until_still()
    clouds = live.fields.nth(1)
    slider = live.page.get_by_label("Step, IAF", exact=True)
    expect(clouds).to_have_attribute("aria-label", re.compile("step 4 of 4: 256 samples"))
    bent = live.picture(1)
    slider.focus()
    slider.press("Home")
    expect(clouds).to_have_attribute("aria-label", re.compile("step 0 of 4, a Gaussian"))
    live.wait_until_still()
    start = live.wait_for_another(bent, 1)
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "step 1 of 4")
    live.wait_until_still()
    live.wait_for_another(start, 1)
    slider.press("End")
    expect(clouds).to_have_attribute("data-stage", "4")
    live.wait_until_still()
    assert live.picture(1) == bent, "what is walked back and forth is where it was"


def test_linear_iaf_closes_the_gap_that_a_diagonal_posterior_keeps(lab: Lab) -> None:
    live = lab("/iaf?preset=linear&seed=7")
    diagonal, linear = live.fields.nth(0), live.fields.nth(1)
    live.page.wait_for_function(
        "canvas => Number(canvas.dataset.gap) < 0.1", arg=linear.element_handle()
    )
    assert float(diagonal.get_attribute("data-gap") or 0) > 0.55


def test_free_bits_keep_layers_alive_that_starve_without(lab: Lab) -> None:
    live = lab("/iaf?preset=free-bits&seed=7")
    stacks = live.page.locator(".gl-stack canvas")
    expect(stacks).to_have_count(2)
    live.wait_beyond(live.step + 5)
    live.pause()
    alive = []
    for stack, label in zip(stacks.all(), ("λ = 0", "λ = 0.25"), strict=True):
        expect(stack).to_have_attribute("data-parts", "8")
        told = stack.get_attribute("aria-label") or ""
        counted = re.search(
            rf"Nats of each layer · {re.escape(label)}, round \d+: (\d) of 8", told
        )
        nats = [float(each) for each in re.findall(r"KL of layer \d ([\d.e−-]+)", told)]
        assert counted and len(nats) == 8 and min(nats) > 0, told
        alive.append(int(counted[1]))
    assert alive[0] < alive[1], "of layers on the plain bound fewer have more than half a nat"
