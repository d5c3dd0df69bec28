"""Clouds of posteriors: their steps are walked by slider and button, their truth is outlined."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stillness import wait_until_still
from tests.browser.viewer.client import ROOT, colours

pytestmark = pytest.mark.browser

CANVAS = ".gl-posterior-clouds[data-lane={}] canvas"
MEAN = """label => {
    const panel = window.viewer().panels.find(({spec}) => spec.lane === "gp");
    const own = panel.table().rows.filter(([each]) => each === label);
    return own.reduce((sum, [, x]) => sum + x, 0) / own.length;
}"""


def settled(page: Page) -> None:
    wait_until_still(page.locator(ROOT))


def test_a_chain_opens_at_its_end_and_is_walked_step_by_step(visit):
    page = visit("layout=clouds")
    canvas, slider = page.locator(CANVAS.format("gp")), page.get_by_label("Step, Chain")
    expect(canvas).to_have_attribute("data-stage", "2")
    expect(canvas).to_have_attribute("aria-label", re.compile("step 2 of 2: 64 samples"))
    assert colours(canvas) > 10
    ends = [page.evaluate(MEAN, label) for label in (0, 1)]
    slider.focus()
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "step 1 of 2")
    settled(page)
    moved = [page.evaluate(MEAN, label) for label in (0, 1)]
    assert [b - a for a, b in zip(ends, moved, strict=True)] == pytest.approx([1, -1], abs=1e-4)
    slider.press("ArrowLeft")
    expect(canvas).to_have_attribute("aria-label", re.compile("step 0 of 2, a Gaussian"))
    page.get_by_role("button", name="To the posterior", exact=True).last.click()
    expect(canvas).to_have_attribute("data-stage", "2")
    settled(page)
    assert [page.evaluate(MEAN, label) for label in (0, 1)] == pytest.approx(ends)


def test_a_gaussian_has_no_steps_and_no_slider(visit):
    page = visit("layout=clouds")
    alone = page.locator(".gl-posterior-clouds[data-lane=clip]")
    expect(alone.get_by_text("one Gaussian a point: no steps")).to_be_visible()
    expect(alone.locator("input[type=range]")).to_be_hidden()
    name = re.compile("a Gaussian without further steps")
    expect(alone.locator("canvas")).to_have_attribute("aria-label", name)


def test_the_gap_to_the_true_posteriors_is_said_and_the_prior_can_be_left_out(visit):
    page = visit("layout=clouds")
    panel = page.locator(".gl-posterior-clouds[data-lane=gp]")
    expect(panel.get_by_text("gap 0.500 nats")).to_be_visible()
    shot = "canvas => canvas.toDataURL()"
    settled(page)
    before = panel.locator("canvas").evaluate(shot)
    panel.get_by_role("button", name="prior", exact=True).click()
    settled(page)
    assert panel.locator("canvas").evaluate(shot) != before
