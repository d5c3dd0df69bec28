"""What the canvases show, how it moves, and where it fits."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.stillness import wait_until_still
from tests.browser.viewer.client import FIELDS, ROOT, colours, press, wait_round

pytestmark = pytest.mark.browser


def test_a_picture_stands_before_anything_is_pressed(visit):
    page = visit()
    fields = page.locator(FIELDS)
    assert fields.count() == 2
    for index in range(2):
        assert colours(fields.nth(index)) > 100
    root = page.locator(ROOT)
    expect(root).to_have_attribute("data-role", "control")
    expect(root).to_have_attribute("data-state", "paused")
    expect(fields.first).to_have_attribute("data-run", "run")
    expect(page.get_by_role("img", name="Weight clipping: step 0")).to_be_visible()


def test_more_pictures_are_painted_than_frames_come(visit):
    page = visit()
    # Half a second between two frames: also a machine that paints slowly finds time in between.
    page.evaluate("window.viewer().send({do: 'speed', rounds_per_second: 2})")
    press(page, "Play")
    wait_round(page, 2)
    painted, frames = page.evaluate("""async () => {
        const {counts} = window.viewer();
        const before = {...counts};
        while (counts.frames < before.frames + 6) await new Promise(requestAnimationFrame);
        return [counts.painted - before.painted, counts.frames - before.frames];
    }""")
    assert painted > 1.5 * frames


def test_tweened_numbers_never_reach_the_step_of_a_canvas(visit, served):
    page = visit()
    # the test before may have left a frame of its own on the way
    expect(page.locator(FIELDS).first).to_have_attribute("data-step", "0")
    seen = page.evaluate("""async () => {
        const canvas = window.viewer().panels[0].canvas;
        const seen = new Set();
        window.viewer().send({do: "step", n: 3, player: "round"});
        for (let i = 0; i < 90; i += 1) {
            seen.add(canvas.dataset.step);
            await new Promise(requestAnimationFrame);
        }
        return [...seen].map(Number);
    }""")
    assert set(seen) <= {0, 6, 12, 18}


def test_an_array_that_comes_again_sets_nothing_moving(visit):
    page = visit()
    moved = page.evaluate("""async () => {
        const {Tween} = await import("/live/viewer/tween.js");
        const tween = new Tween();
        const take = (...data) => {
            tween.accept({data: Float32Array.from(data), shape: [2]}, 0, 90);
            return [tween.settled, tween.version];
        };
        return [take(1, NaN), take(1, NaN), take(2, NaN), take(2, NaN)];
    }""")
    # The first stands at once; one under way goes on, also where its target comes again.
    assert moved == [[True, 1], [True, 1], [False, 2], [False, 3]]


def test_a_metric_that_real_samples_cannot_score_has_an_empty_cell(visit):
    page = visit()
    press(page, "Step")
    wait_round(page, 1)
    row = page.locator(".gl-metrics tr[data-metric=nll]")
    expect(row.locator("td").first).to_have_text("81.3")
    expect(row.locator("td.gl-floor")).to_have_text("")
    expect(page.locator(".gl-metrics tr[data-metric=modes] td.gl-floor")).to_have_text("8")


def test_one_pointer_reads_every_lane(visit):
    page = visit()
    first = page.locator(FIELDS).first
    first.scroll_into_view_if_needed()
    first.hover(position={"x": 200, "y": 150})
    values = "window.viewer().panels.filter(p => p.pointed).map(p => p.pointed())"
    page.wait_for_function(f"({values}).every((value) => value !== null)")
    one, two = page.evaluate(values)
    inside = page.evaluate("""() => {
        const [panel] = window.viewer().panels;
        const {place} = window.viewer().pointing;
        const {target, shape} = panel.values();
        const [x0, x1, y0, y1] = panel.extent;
        const j = Math.round((place.x - x0) / (x1 - x0) * (shape[1] - 1));
        const i = Math.round((place.y - y0) / (y1 - y0) * (shape[0] - 1));
        const round = [0, 1, -1];
        const near = round.flatMap(a => round.map(b => target[(i + a) * shape[1] + j + b]));
        return [Math.min(...near), Math.max(...near)];
    }""")
    assert inside[0] <= one <= inside[1]
    first.click(position={"x": 200, "y": 150})
    page.mouse.move(5, 5)
    assert page.evaluate(values) == [one, two]


def test_comparable_lanes_share_one_scale_until_asked_otherwise(visit):
    page = visit()
    press(page, "Step")
    wait_round(page, 1)
    ranges = "window.viewer().panels.slice(0, 2).map(p => p.glide.range)"
    wait_until_still(page.locator(ROOT))
    shared = page.evaluate(ranges)
    assert shared[0] == pytest.approx(shared[1])
    page.get_by_role("button", name="same scale").first.click()
    wait_until_still(page.locator(ROOT))
    own = page.evaluate(ranges)
    assert own[0] != pytest.approx(own[1])


def test_every_kind_of_panel_paints_and_says_what_it_shows(visit):
    page = visit("layout=kinds")
    press(page, "Step")
    wait_round(page, 1)
    for kind in ("lines", "histogram", "atlas", "curves", "stack"):
        canvas = page.locator(f".gl-{kind} canvas").first
        expect(canvas).to_have_attribute("data-round", "1")
        assert colours(canvas) > 4
        assert canvas.get_attribute("aria-label")
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)


def test_stacked_areas_add_up_share_their_scale_and_are_told_in_words(visit):
    page = visit("layout=kinds")
    for round in (1, 2):
        press(page, "Step")
        wait_round(page, round)
    clip, gp = (page.locator(f".gl-stack[data-lane={lane}]") for lane in ("clip", "gp"))
    canvas = gp.locator("canvas")
    expect(canvas).to_have_attribute("data-parts", "2")
    expect(canvas).to_have_attribute(
        "aria-label", re.compile(r"Norms · gp, round 2: 2 of 2 above")
    )
    expect(canvas).to_have_attribute("aria-label", re.compile(r"Layer 2 [\d.]+, Layer 3 [\d.]+$"))
    expect(gp.locator(".gl-legend")).to_contain_text("Layer 3")
    read = """() => {
        const stacks = window.viewer().panels.filter(({spec}) => spec.kind === "stack");
        return stacks.map((panel) => ({
            top: panel.ranges().y[1],
            table: panel.table(),
            edges: panel.edges().map(({below, above}) => [below.at(-1), above.at(-1)]),
            drawn: panel.parts().map((one) => panel.drawn(one).at(-1)),
        }));
    }"""
    one, other = page.evaluate(read)
    assert one["top"] == other["top"] >= max(one["edges"][-1][1], other["edges"][-1][1])
    assert other["table"]["columns"] == ["round", "norm_1", "norm_2", "norm_3"]
    assert [row[0] for row in other["table"]["rows"]] == [1, 2]
    (low, middle), (again, high) = other["edges"]
    assert low == 0 and middle == again == pytest.approx(other["drawn"][0], rel=1e-5)
    assert high == pytest.approx(sum(other["drawn"]), rel=1e-5)
    gp.get_by_role("button", name="base").click()
    whole = page.evaluate(read)
    assert len(whole[1]["edges"]) == 3 and whole[1]["top"] > whole[0]["top"]
    assert whole[0]["top"] <= one["top"], "a panel with the band does not stretch one without"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_main_act_fits_without_scrolling(visit, theme):
    page = visit(f"theme={theme}", width=1400, height=900)
    boxes = page.evaluate("""() => {
        const root = document.querySelector("#host").shadowRoot.querySelector(".gl-root");
        return [root.getBoundingClientRect().bottom, root.scrollWidth - root.clientWidth,
                root.classList.contains("gl-dark")];
    }""")
    assert boxes[0] <= 900 and boxes[1] <= 0 and boxes[2] == (theme == "dark")


def test_a_phone_shows_all_without_sideways_scrolling(visit):
    page = visit(width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_in_viewport()


def test_an_axis_magnifies_no_rounding(visit):
    """Nine equal steps of length 2.653288, as float32 has them, are a flat line."""
    across = "async (range) => (await import('/live/viewer/chart.js')).rounded(range)"
    page = visit()
    low, high = page.evaluate(across, [2.6532874, 2.6532884])
    assert high - low > 0.1 and low < 2.653288 < high
    assert page.evaluate(across, [2.65, 2.66]) == pytest.approx([2.65, 2.66])
    assert page.evaluate(across, [0, 1e-9]) == pytest.approx([0, 1e-9])
