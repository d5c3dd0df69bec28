"""The tours from start to end, by the keyboard alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from app.tour import Step, tour_of
from tests.browser.live_page import PATIENCE, LivePage

Lab = Callable[..., LivePage]

SMALL = "?seed=7&width=16&batch=32"  # many rounds a second, also on a slow machine
FOCUS = """() => {
    let node = document.activeElement;
    while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    return node;
}"""


def focused(page: Page) -> str:
    """The text of the element that has the focus, through shadow roots."""
    return str(page.evaluate(f"({FOCUS})()?.textContent.trim() ?? ''"))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until a button of the card has the focus."""
    for _ in range(8):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}, it stops at {focused(page)!r}")


def predict(page: Page, card: Locator, step: Step) -> None:
    """Choose the right answer with the arrows, ask for it, and wait for the run."""
    question = step.question
    assert question is not None
    expect(card).to_contain_text(question.asks)
    assert question.reason not in card.inner_text(), "the prediction comes first"
    page.keyboard.press("Tab")
    if step.look:  # first comes the button that scrolls to what is ringed
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(question.right):
        page.keyboard.press("ArrowDown")
    expect(card.get_by_role("radio", checked=True)).to_have_value(str(question.right))
    tab_to(page, "Reveal")
    page.keyboard.press("Enter")
    expect(card).to_have_attribute("data-phase", "answer", timeout=4 * PATIENCE)
    expect(card).to_contain_text(question.reason)
    expect(card).to_contain_text("Right.")
    assert focused(page) == "Next", "the focus does not fall back to the page"


def walk(live: LivePage, name: str) -> list[tuple[str, str]]:
    """Take a page's tour from its first step to its last; return the values that it set."""
    tour, page = tour_of(name), live.page
    assert tour is not None
    before = focused(page)
    page.keyboard.press("t")
    card = page.get_by_role("dialog", name="Guided tour")
    expect(card).to_be_visible()
    expect(live.button("Play")).to_be_visible()

    edits: list[tuple[str, str]] = []
    for number, step in enumerate(tour.steps, 1):
        expect(card).to_contain_text(f"{number} of {len(tour.steps)}")
        expect(card).to_contain_text(step.title)
        if step.look:
            expect(page.locator(".gl-tour-ring").first).to_be_attached()
        if step.question is not None:
            predict(page, card, step)
        for action in (*step.actions, *step.reveal):
            if action["do"] == "set":
                edits.append((action["name"], f"{action['value']:g}"))
                expect(live.number(action["name"])).to_have_value(edits[-1][1])
            elif action["do"] == "seek":
                early = "(canvas, round) => Number(canvas.dataset.round) <= round"
                live.wait(early, action["round"])
                expect(page.get_by_text(re.compile(r"round \d+ of \d+"))).to_be_visible()
        tab_to(page, "Next" if number < len(tour.steps) else "Finish")
        page.keyboard.press("Enter")

    expect(card).to_be_hidden()
    assert focused(page) in (before, "Tour")
    return edits


@pytest.mark.timeout(600)
def test_the_critics_tour_by_keyboard_alone(lab: Lab) -> None:
    live = lab(f"/critic{SMALL}")
    edits = walk(live, "critic")
    set_to = [("clip", "0.01"), ("clip", "0.1"), ("clip", "0.01")]
    assert edits == [*set_to, ("n_critic", "1"), ("n_critic", "5")]
    # The first edit changes nothing and leaves no mark; n_critic is edited in both lanes.
    names = live.marks.evaluate_all("marks => marks.map((mark) => mark.dataset.name)")
    assert sorted(names) == ["clip"] * 2 + ["n_critic"] * 4
    live.wait_beyond(live.step)


@pytest.mark.timeout(600)
def test_the_gan_pages_tour_by_keyboard_alone(lab: Lab) -> None:
    live = lab(f"/gan{SMALL}")
    assert walk(live, "gan") == [], "it looks and plays, and sets nothing"
    live.wait_beyond(live.step)


def test_a_link_opens_the_tour_at_its_step_and_escape_closes_it(lab: Lab) -> None:
    live = lab(f"/critic{SMALL}&tour=5")
    card = live.page.get_by_role("dialog", name="Guided tour")
    expect(card).to_contain_text("5 of 9")
    assert live.query()["tour"] == "5"
    live.page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    assert focused(live.page) == "Tour"
