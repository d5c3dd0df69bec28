"""Lost connections, troubles of a run, broken frames, and Streamlit's reruns."""

import pytest
from playwright.sync_api import expect

from tests.browser.viewer.client import ROOT, press, wait_round

pytestmark = pytest.mark.browser


def test_a_lost_connection_is_said_and_mended(visit, served):
    page = visit()
    served.force(accepting=False, cut=True)
    expect(page.get_by_text("Connection lost.")).to_be_visible()
    expect(page.locator(ROOT)).to_have_attribute("data-connected", "false")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_disabled()
    served.force(accepting=True)
    expect(page.locator(ROOT)).to_have_attribute("data-connected", "true")
    expect(page.locator(".gl-connection")).to_be_hidden()
    press(page, "Step")
    wait_round(page, 1)


def test_offline_and_online_again(visit):
    page = visit()
    page.context.set_offline(True)
    expect(page.get_by_text("This computer is offline.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(ROOT)).to_have_attribute("data-connected", "true")
    press(page, "Step")
    wait_round(page, 1)


@pytest.mark.parametrize(
    ("state", "title", "action", "sent"),
    [
        ("diverged", "Gradient penalty is no longer finite", "Go on without it",
         {"do": "recover", "lane": "gp", "how": "freeze"}),
        ("diverged", "Gradient penalty is no longer finite", "Go back to the last good snapshot",
         {"do": "recover", "lane": "gp", "how": "back"}),
        ("asleep", "Asleep", "Wake it", {"do": "play"}),
        ("lost", "The worker of this run ended", "Start again", {"do": "reset"}),
    ],
)  # fmt: skip
def test_each_trouble_has_its_card_and_its_way_out(visit, served, state, title, action, sent):
    page = visit()
    served.force(state=state)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    served.log()
    press(page, action)
    expect(page.get_by_role("heading", name=title)).to_be_hidden()
    assert {"role": "control", **sent} in served.log()


def test_a_wrong_link_is_not_tried_for_ever(visit):
    page = visit("id=nobody", picture=False)
    expect(page.get_by_text("This link opens no run")).to_be_visible()
    expect(page.get_by_text("No run has this id.")).to_be_visible()


def test_running_the_shim_again_keeps_the_viewer_and_its_socket(visit, served):
    page = visit()
    again = page.evaluate("""() => {
        const before = window.viewer();
        const old = window.cleanup;
        window.mountAgain();
        old();
        return new Promise(done => setTimeout(() => done(
            before === window.viewer() && !before.destroyed && before.socket.open), 100));
    }""")
    assert again
    page.evaluate("""() => {
        window.left = window.viewer();
        document.getElementById("host").remove();
        window.cleanup();
    }""")
    page.wait_for_function("window.left.destroyed")
    page.wait_for_function("fetch('/log').then(r => r.json()).then(j => j.sockets === 0)")


def test_a_broken_frame_is_reported_and_the_next_one_is_painted(visit):
    page = visit()
    page.evaluate("window.viewer().receive(new Uint8Array([255, 0, 0, 0, 0, 0, 0, 0]).buffer)")
    expect(page.get_by_text("A picture could not be read")).to_be_visible()
    press(page, "Step")
    wait_round(page, 1)


def test_memory_holds_two_frames_whatever_came(visit):
    page = visit()
    press(page, "Play")
    wait_round(page, 20)
    kept = page.evaluate("""() => {
        const seen = new Set();
        for (const panel of window.viewer().panels)
            for (const tween of panel.arrays?.values() ?? [])
                for (const array of [tween.from, tween.target, tween.values])
                    if (array) seen.add(array.buffer);
        return seen.size;
    }""")
    assert kept <= 2 * 5 * 3
