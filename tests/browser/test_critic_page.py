"""The critic page in a real browser, as the person at it sees it."""

import re
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlparse

import psutil
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.presets import CRITIC
from tests.browser.app_server import AppServer
from tests.browser.live_page import LivePage
from tests.browser.watcher import Watcher

Lab = Callable[..., LivePage]


def test_the_first_request_may_be_a_deep_link(page: Page, tmp_path: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with AppServer(tmp_path) as fresh:
        live = LivePage(page).open(f"{fresh.url}/critic?seed=7")
        navigation = page.get_by_test_id("stSidebarNav")
        for name in ("Home", "Critic"):
            expect(navigation.get_by_role("link", name=name)).to_be_visible()
        expect(live.fields).to_have_count(2)  # clipping beside penalty
        step, before = live.step, [live.picture(0), live.picture(1)]
        live.wait_beyond(step + 60)
        for index in (0, 1):
            after = live.wait_for_another(before[index], index)
            assert after[1] > 8, "a surface that moves has many colours"
        assert live.query()["seed"] == "7"
        hosts = {urlparse(url).netloc for url in asked if url.startswith("http")}
        assert hosts == {urlparse(fresh.url).netloc}, "nothing is fetched from elsewhere"
        page.goto("about:blank")
    assert "Traceback" not in fresh.text(), fresh.text()
    left = [each for each in psutil.process_iter(["environ"]) if of_home(each, tmp_path)]
    assert not psutil.wait_procs(left, timeout=10)[1], "a worker ends with its channel"


def of_home(process: psutil.Process, home: Path) -> bool:
    """Whether a process belongs to the server with this home."""
    return (process.info["environ"] or {}).get("GEN_LAB_HOME") == str(home)


def test_play_edit_pause_scrub_fork_reload(lab: Lab) -> None:
    live = lab("/critic?seed=7")
    first_run = live.run()
    live.wait_beyond(live.step + 30)

    # A hot edit while running: the mark, the value and a new picture.
    assert live.marks.count() == 0
    live.edit("clip", "0.05")
    expect(live.marks).to_have_count(1)
    expect(live.marks.first).to_have_attribute("title", re.compile(r"clip = 0\.05"))
    before, step = live.picture(), live.step
    live.wait_beyond(step + 60)
    live.wait_for_another(before)

    # Pause, after a hundred rounds: the step counter stands still for two seconds.
    live.wait_beyond(600)
    live.pause()
    still = live.step
    live.page.wait_for_timeout(2000)
    assert live.step == still
    live.wait_until_still()

    # Scrub back: an earlier round, an earlier picture, and the head is kept.
    head, at_head = live.round, live.picture()
    live.scrub(0.2)
    live.wait("(canvas, head) => Number(canvas.dataset.round) < head / 2", head)
    back, back_step, shown = live.round, live.step, live.canvas.get_attribute("data-run")
    live.wait_until_still()
    assert live.picture() != at_head

    # Continue from there: another run, which starts at that round and goes on.
    live.note_rounds()
    live.button("Continue from here").click()
    second_run = live.leave(first_run)
    expect(live.canvas).not_to_have_attribute("data-run", shown)
    expect(live.button("Pause")).to_be_visible()
    live.wait_beyond(back_step)
    noted = live.rounds_noted(live.canvas.get_attribute("data-run"))
    first = next(round for round in noted if round >= back)
    assert first < head, "it goes on from the earlier round, not from the head"

    # A second edit, then reload by the address alone: same run, seed and settings.
    live.edit("clip", "0.02")
    expect(live.marks.last).to_have_attribute("title", re.compile(r"clip = 0\.02"))
    live.pause()
    step = live.step
    live.page.reload()
    live.wait_for_picture()
    assert live.run() == second_run
    assert live.query()["seed"] == "7"
    expect(live.number("clip")).to_have_value("0.02")
    assert live.query()["edits"].split(",")[-1].endswith("clip:0.02")
    assert live.step >= step


def test_an_address_alone_repeats_the_experiment(lab: Lab) -> None:
    live = lab("/critic?seed=11&clip=0.03")
    assert live.query()["seed"] == "11"
    expect(live.number("clip")).to_have_value("0.03")


def test_a_follower_sees_the_same_step_and_cannot_pause(server: AppServer, lab: Lab) -> None:
    owner = lab("/critic?seed=7")
    run = owner.run()
    link = owner.follow_link()
    assert run not in link
    follower = lab(link)
    follower.wait_beyond(follower.step)
    expect(follower.button("Pause")).to_be_disabled()
    expect(follower.page.get_by_text("You are following. Whoever owns this run")).to_be_visible()

    # Not by a hand-made message either.
    with Watcher(server, re.search(r"follow=([\w-]+)", link)[1]) as intruder:
        intruder.say("pause")
        assert "follow" in intruder.event("error")["message"].lower()
    owner.wait_beyond(owner.step)

    owner.pause()
    step = owner.step
    follower.wait("(canvas, step) => Number(canvas.dataset.step) === step", step)
    expect(follower.page.get_by_text("Paused", exact=True)).to_be_visible()

    owner.scrub(0.3)
    owner.wait("(canvas, step) => Number(canvas.dataset.step) < step", step)
    follower.wait("(canvas, step) => Number(canvas.dataset.step) === step", owner.step)


def test_the_picture_comes_back_after_the_network_was_gone(lab: Lab) -> None:
    live = lab("/critic?seed=7")
    live.wait_beyond(live.step)
    live.page.context.set_offline(True)
    expect(live.page.get_by_text(re.compile("offline|Connection lost"))).to_be_visible()
    live.wait_until_still()
    step = live.step
    live.page.wait_for_timeout(1500)
    assert live.step == step, "no frame comes without a network"
    live.page.context.set_offline(False)
    live.wait_beyond(step)
    expect(live.page.get_by_text(re.compile("offline|Connection lost"))).to_be_hidden()


def test_a_killed_worker_is_reported_and_costs_only_its_own_run(
    visitor: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    with AppServer(tmp_path) as fresh:
        worker = fresh.spare()  # the first run takes it
        doomed = LivePage(visitor().new_page()).open(f"{fresh.url}/critic?seed=7")
        other = LivePage(visitor().new_page()).open(f"{fresh.url}/critic?seed=8")
        other.pause()
        doomed.wait_beyond(120)
        worker.send_signal(signal.SIGKILL)
        gone = doomed.page.get_by_text("The worker of this run ended").first
        expect(gone).to_be_visible()

        # Its recording still opens, and the other run goes on.
        end = doomed.round
        doomed.scrub(0.3)
        doomed.wait("(canvas, end) => Number(canvas.dataset.round) < end", end)
        step = other.step
        other.play()
        other.wait_beyond(step + 30)

        # From there a new run goes on.
        run = doomed.run()
        doomed.button("Continue from here").click()
        doomed.leave(run)
        expect(doomed.button("Pause")).to_be_visible()
    assert "Traceback" not in fresh.text(), fresh.text()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "seed=-3&clip=NaN&width=1e9&preset=../../etc",
            ["seed=-3", "clip=NaN", "width=1e9", "preset=../../etc"],
        ),
        ("x" * 9000, ["characters, more than 8192"]),
    ],
    ids=["values", "length"],
)
def test_a_bad_address_is_reported_and_the_page_still_opens(
    lab: Lab, query: str, said: list[str]
) -> None:
    live = lab(f"/critic?{query}")
    for each in said:
        expect(live.page.get_by_test_id("stAlert").first).to_contain_text(each)
    live.wait_beyond(live.step)


def test_a_digit_chooses_a_preset(lab: Lab) -> None:
    live = lab("/critic?seed=7")
    live.page.keyboard.press(str(list(CRITIC).index("layers") + 1))
    expect(live.page.locator(".gl-lines canvas[data-step]")).to_be_visible()
    live.expect_query("preset", "layers")
