"""The guided tour's card: what it sends, what it shows, and where the focus is."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stillness import settle
from tests.browser.viewer.client import FIELDS, ROOT, press, wait_round

pytestmark = pytest.mark.browser

FOCUSED = "document.querySelector('#host').shadowRoot.activeElement"


def card(page: Page):
    return page.get_by_role("dialog", name="Guided tour")


def test_without_a_tour_there_is_no_button(visit):
    page = visit()
    expect(page.locator(".gl-tour-switch")).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("t")
    expect(card(page)).to_be_hidden()


def test_a_prediction_comes_before_its_answer_and_each_step_acts_once(visit, served):
    page = visit("tour=0")
    expect(page.locator(ROOT)).to_have_attribute("data-state", "paused")
    served.log()
    press(page, "Tour")
    expect(card(page)).to_contain_text("1 of 3")
    served.await_orders("pause")

    press(page, "Next")
    expect(card(page)).to_contain_text("The clip value grows.")
    served.await_orders()  # the penalty is 10 already: an edit would leave a mark
    assert "The room grows." not in card(page).inner_text()
    page.get_by_role("button", name="Reveal").press("Enter")
    expect(card(page)).to_contain_text("Choose an answer first.")
    served.await_orders()
    page.get_by_label("Nothing").check()
    press(page, "Reveal")
    expect(card(page)).to_contain_text("It is: It steepens. The room grows.")
    wait_round(page, 3)
    served.await_orders("set", "step")
    expect(page.locator(".gl-mark[data-name='clip']")).to_have_count(1)
    expect(page.get_by_label("It steepens")).to_be_disabled()
    expect(card(page)).to_contain_text("✓ right")

    press(page, "Back")
    expect(card(page)).to_contain_text("1 of 3")
    press(page, "Next")
    expect(card(page)).to_contain_text("The room grows.")
    served.await_orders()  # going back and on again only reads

    press(page, "Next")
    press(page, "Finish")
    expect(card(page)).to_be_hidden()
    served.await_orders("play")


def test_what_it_speaks_of_has_a_ring(visit):
    page = visit("tour=1")
    ringed = page.locator(".gl-tour-ring")
    expect(ringed).to_have_count(2)
    expect(page.get_by_role("button", name="Look at: Weight clipping")).to_be_visible()
    style = ringed.first.evaluate("node => getComputedStyle(node).outline")
    assert "solid 3px" in style
    press(page, "Next")
    expect(ringed).to_have_count(1)
    expect(ringed).to_have_attribute("data-name", "clip")
    press(page, "Close")
    expect(ringed).to_have_count(0)


def test_escape_and_t_close_it_and_give_the_focus_back(visit):
    page = visit("tour=0")
    page.get_by_label("Speed").focus()
    page.get_by_role("button", name="Share", exact=True).focus()
    page.keyboard.press("t")
    expect(card(page)).to_be_visible()
    assert page.evaluate(f"{FOCUSED}.closest('.gl-tour') !== null")
    page.keyboard.press("Escape")
    expect(card(page)).to_be_hidden()
    assert page.evaluate(f"{FOCUSED}.textContent") == "Share"

    page.locator("h1").click()
    page.evaluate(f"{FOCUSED}?.blur()")
    page.keyboard.press("T")
    page.keyboard.press("PageDown")
    expect(card(page)).to_contain_text("2 of 3")
    page.keyboard.press("t")
    expect(card(page)).to_be_hidden()
    assert page.evaluate(f"{FOCUSED}.textContent") == "Tour", "nothing had the focus before"
    expect(page.get_by_role("button", name="Tour")).to_have_attribute("aria-expanded", "false")


def test_a_follower_reads_it_and_sends_nothing(visit, served):
    page = visit("id=follower-of-the-run&tour=2")
    expect(card(page)).to_contain_text("You are following")
    served.log()
    page.get_by_label("It steepens").check()
    page.keyboard.press("PageDown")
    expect(card(page)).to_contain_text("Right. The room grows.")
    assert page.evaluate(f"{FOCUSED}.textContent") == "Next", "the choices are switched off"
    page.keyboard.press("PageDown")
    expect(card(page)).to_contain_text("3 of 3")
    served.await_orders()


@pytest.mark.parametrize("width", [1400, 390])
def test_it_covers_no_picture(visit, width):
    page = visit("tour=2", width=width)
    expect(card(page)).to_be_visible()
    settle(page)
    place = card(page).bounding_box()
    for index in range(2):
        picture = page.locator(FIELDS).nth(index).bounding_box()
        assert picture["y"] + picture["height"] <= place["y"]
    bar = page.get_by_label("Transport").bounding_box()
    if width == 1400:
        assert place["y"] + place["height"] <= bar["y"]
        assert page.get_by_label("Live settings").evaluate(
            "node => node.getBoundingClientRect().bottom <= innerHeight"
        ), "everything still fits"
    else:
        assert place["x"] >= 0 and place["x"] + place["width"] <= width
        page.get_by_label("It steepens").check()
        page.keyboard.press("PageDown")
        expect(card(page)).to_have_attribute("data-phase", "answer")
        settle(page)
        seen = page.get_by_role("button", name="Next", exact=True).bounding_box()
        over = page.get_by_label("Transport").bounding_box()
        assert seen["y"] + seen["height"] <= min(over["y"], 900), "no bar lies over the card"


def test_whoever_answers_at_the_windows_edge_sees_the_answer_and_its_button(visit):
    page = visit("tour=2", width=390)
    choice = page.get_by_label("It steepens")
    choice.check()
    choice.evaluate("node => node.scrollIntoView({block: 'end'})")
    page.keyboard.press("PageDown")
    expect(card(page)).to_have_attribute("data-phase", "answer")
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_in_viewport(ratio=1)


def test_buttons_in_sight_stay_in_sight_while_the_card_grows(visit):
    page = visit("tour=2", width=390)
    page.get_by_label("It steepens").check()
    said, below = page.evaluate("""() => {
        const row = document.querySelector("#host").shadowRoot.querySelector(".gl-tour-row");
        row.scrollIntoView({block: "end"});
        row.firstElementChild.click();
        return [row.previousElementSibling.textContent,
                row.getBoundingClientRect().bottom - innerHeight];
    }""")
    assert said == "Watch the picture: the answer follows." and below <= 1


def test_a_link_to_a_step_takes_the_focus_though_the_styles_come_late(visit):
    late = []

    def hold(page: Page) -> None:
        page.route("**/*.css", lambda route: late.append(route))

    page = visit("tour=2", picture=False, before=hold)
    page.wait_for_function("window.viewer?.().counts.frames > 0")
    for each in late:
        each.continue_()
    expect(card(page)).to_be_visible()
    page.wait_for_function(f"{FOCUSED}?.closest('.gl-tour')")
    expect(card(page)).to_be_in_viewport()
