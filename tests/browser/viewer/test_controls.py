"""Transport, keys, hot edits, sharing: what a person does to a run."""

import pytest
from playwright.sync_api import expect

from tests.browser.viewer.client import FIELDS, ROOT, press, steps, wait_round

pytestmark = pytest.mark.browser


def test_play_moves_the_picture_and_pause_stops_it(visit):
    page = visit()
    press(page, "Play")
    wait_round(page, 3)
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    press(page, "Pause")
    expect(page.locator(ROOT)).to_have_attribute("data-state", "paused")
    before = steps(page)
    assert before > 0
    page.wait_for_timeout(500)
    assert steps(page) == before


def test_keys_play_step_reset_and_choose_presets_but_not_in_text_fields(visit, served):
    page = visit()
    expect(page.get_by_label("What one step is")).to_have_value("round")
    served.log()
    page.locator("#text").focus()
    page.keyboard.type(" r3")
    page.get_by_label("Timeline").focus()
    page.keyboard.press("ArrowRight")  # to the second round's place: the first is the nearest
    served.await_orders("seek")
    expect(page.locator("#text")).to_have_value(" r3")
    page.locator("h1").click()
    page.evaluate("document.querySelector('#host').shadowRoot.activeElement?.blur()")
    page.keyboard.press("ArrowRight")
    wait_round(page, 1)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator(ROOT)).to_have_attribute("data-round", "0")
    page.keyboard.press("4")
    assert page.evaluate("window.presets") == [4]
    served.await_orders("step", "play", "reset")


def test_a_hot_edit_is_sent_once_shown_by_the_frame_and_marked(visit, served):
    page = visit()
    other = visit("id=follower-of-the-run")
    press(page, "Step")
    wait_round(page, 1)
    served.log()
    box = page.get_by_label("Clip value, Weight clipping, as a number")
    box.fill("0.02")
    box.press("Enter")
    expect(page.locator(".gl-mark[data-name='clip']")).to_have_count(1)
    orders = [order for order in served.log() if order["do"] == "set"]
    assert [(o["lane"], o["name"], o["value"]) for o in orders] == [("clip", "clip", 0.02)]
    followed = other.get_by_label("Clip value, Weight clipping, as a number")
    expect(followed).to_have_value("0.02")
    expect(followed).to_be_disabled()


def test_a_drag_of_a_slider_is_one_edit(visit, served):
    page = visit()
    served.log()
    slider = page.get_by_label("Penalty, Gradient penalty", exact=True)
    place = slider.bounding_box()
    middle = place["y"] + place["height"] / 2
    page.mouse.move(place["x"] + place["width"] / 2, middle)
    page.mouse.down()
    for step in range(20):
        page.mouse.move(place["x"] + place["width"] * (0.5 + step / 50), middle)
    page.mouse.up()
    expect(page.locator(".gl-mark[data-name='penalty']")).to_have_count(1)
    served.await_orders("set")


def test_a_value_out_of_range_is_refused_in_words(visit, served):
    page = visit()
    served.log()
    box = page.get_by_label("Critic updates, as a number")
    box.fill("2.5")
    box.press("Enter")
    expect(page.get_by_text("Expected a whole number from 1 to 20.")).to_be_visible()
    assert served.log() == []


def test_scrubbing_seeks_and_a_fork_takes_over_the_address(visit, served):
    page = visit("v=1&seed=7&run=owner-of-the-run")
    for _ in range(3):
        press(page, "Step")
    wait_round(page, 3)
    length = page.evaluate("history.length")
    page.get_by_label("Timeline").evaluate(
        "input => { input.value = 1; input.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    expect(page.locator(ROOT)).to_have_attribute("data-round", "1")
    expect(page.locator(FIELDS).first).to_have_attribute("data-round", "1")
    served.log()
    press(page, "Continue from here")
    expect(page.locator(FIELDS).first).to_have_attribute("data-run", "branch")
    assert {"role": "control", "do": "fork", "round": 1} in served.log()
    assert page.evaluate("location.search") == "?v=1&seed=7&run=a-forked-run"
    assert page.evaluate("history.length") == length


def test_a_follower_sees_all_and_is_told_why_it_cannot_control(visit, served):
    page = visit("id=follower-of-the-run")
    served.log()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_disabled()
    for name in ("Step", "Reset", "Save", "Share", "Continue from here"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
    expect(page.get_by_text("You are following.")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    assert served.log() == []


def test_share_offers_the_follow_link_and_save_names_a_checkpoint(visit, served):
    page = visit("v=1&seed=9&run=owner-of-the-run")
    press(page, "Share")
    link = page.get_by_label("Link for followers").input_value()
    assert "follow=follower-of-the-run" in link and "seed=9" in link and "run=owner" not in link
    page.keyboard.press("Escape")
    expect(page.get_by_label("Link for followers")).to_be_hidden()
    press(page, "Save")
    page.get_by_label("Name of the checkpoint").fill("good-one")
    press(page, "Save checkpoint")
    expect(page.get_by_text("Saved as good-one.")).to_be_visible()
