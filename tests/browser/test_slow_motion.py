"""Slow motion in a real browser: one round of algorithm 1, walked by keyboard alone."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.live_page import LivePage

Lab = Callable[..., LivePage]
CRITIC = ["sample", "generate", "score", "interpolate", "slope", "loss", "step"]
GENERATOR = ["sample", "generate", "score", "loss", "backward", "step"]
SHOWN = """root => {
    const panel = root.querySelector(".gl-slow-panel");
    const lit = (where) => [...root.querySelectorAll(`${where} [data-lit]`)];
    return {
        stage: panel.dataset.stage,
        player: panel.dataset.player,
        caption: panel.querySelector(".gl-captions").textContent,
        said: panel.querySelector(".gl-captions").dataset.stage,
        current: panel.querySelector("[aria-current=step]").textContent,
        terms: lit(".gl-equation").map((term) => term.dataset.stages.split(" ")),
        signs: lit(".gl-equation").map((term) => term.textContent).join(" "),
        lines: lit(".gl-code").map((line) => line.dataset.stages),
        code: lit(".gl-code").map((line) => line.textContent).join("\\n"),
    };
}"""


def shown(page: Page, stage: str = "sample") -> dict:
    """What the panel says and lights, once it walks and stands at a stage."""
    root = page.locator(".gl-root")
    expect(root).to_have_attribute("data-slow", "walking")
    expect(page.locator(".gl-slow-panel")).to_have_attribute("data-stage", stage)
    return root.evaluate(SHOWN)


def begin(live: LivePage) -> None:
    """Stand at the beginning of a round, paused, and open slow motion by its key."""
    live.wait_beyond(30)
    live.pause()
    step, round = live.step, live.round
    live.page.keyboard.press("ArrowRight")  # the round that was begun ends
    live.wait("(canvas, round) => Number(canvas.dataset.round) > round", round)
    assert live.step >= step, "this lane may have ended the round before the other"
    expect(live.button("Play")).to_be_visible()
    live.page.keyboard.press("m")


def test_one_round_is_walked_by_keyboard(lab: Lab) -> None:
    live = lab("/critic?seed=7")
    page = live.page
    begin(live)
    first = shown(page)
    assert first["player"] == "critic"
    step, round = live.step, live.round
    for players, stages in ((5, CRITIC), (1, GENERATOR)):
        for _ in range(players):
            t, seen, pictures = live.step, [], set()
            for stage in stages:
                seen.append(now := shown(page, stage))
                assert now["said"] == stage
                assert now["terms"] and all(stage in stages for stages in now["terms"])
                assert now["lines"] and set(now["lines"]) == {stage}
                assert live.step == t, "looking trains nothing"
                live.wait_until_still()
                pictures.add(live.picture(1))
                page.keyboard.press("ArrowRight")
            assert len(pictures) >= len(stages) - 1, "each stage but the last draws"
            for what in ("caption", "signs", "code", "current"):
                assert len({each[what] for each in seen}) == len(stages), what
            live.wait_beyond(t)
            assert live.step == t + 1
    assert shown(page)["player"] == "critic"
    assert (live.step, live.round) == (step + 6, round + 1)
    page.keyboard.press("Escape")
    expect(page.locator(".gl-slow-panel")).to_have_count(0)
    expect(page.get_by_label("What one step is")).to_be_visible()


def test_a_clipped_lane_rests_where_the_penalty_acts(lab: Lab) -> None:
    live = lab("/critic?seed=7")
    begin(live)
    for stage in CRITIC[:4]:
        shown(live.page, stage)
        live.page.keyboard.press("ArrowRight")
    now = shown(live.page, "slope")
    assert "No penalty here" in now["caption"]
    assert "‖∇f‖" in now["caption"]
    live.page.keyboard.press("ArrowLeft")
    shown(live.page, "interpolate")
    group = live.page.get_by_role("group", name="Lane of the equation and the code")
    group.get_by_role("button", name="Weight clipping").click()
    expect(live.page.locator(".gl-equation")).not_to_contain_text("λ")


def test_playing_closes_it_and_a_follower_has_none(lab: Lab) -> None:
    owner = lab("/critic?seed=7")
    link = owner.follow_link()
    begin(owner)
    shown(owner.page)
    follower = lab(link)
    expect(follower.button("Slow motion")).to_be_hidden()
    follower.page.keyboard.press("m")
    expect(follower.page.locator(".gl-slow-panel")).to_have_count(0)
    owner.page.keyboard.press("a")  # by itself, to the next stage
    owner.page.get_by_label("Speed of walking").select_option("400")
    panel = owner.page.locator(".gl-slow-panel")
    expect(panel).not_to_have_attribute("data-stage", "sample")
    owner.play()
    expect(owner.page.locator(".gl-slow-panel")).to_have_count(0)
    owner.wait_beyond(owner.step + 10)


def test_a_lesson_hides_slow_motion_and_its_key(lab: Lab) -> None:
    live = lab("/critic?seed=7&width=16&batch=32&lesson=slow")
    expect(live.button("Play").or_(live.button("Pause"))).to_be_visible()
    expect(live.button("Slow motion")).to_have_count(0)
    live.page.keyboard.press("m")
    live.wait_beyond(live.step + 30)
    expect(live.page.locator(".gl-slow-panel")).to_have_count(0)
