"""The Real NVP page's pictures in a real browser: four anchors, compression, larger sheets."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.live_page import LivePage

Lab = Callable[..., LivePage]


def test_a_person_chooses_four_anchors_and_walks_between_them(lab: Lab) -> None:
    live = lab("/realnvp?preset=manifold&seed=7")
    pictures = live.page.locator(".gl-anchors canvas")
    expect(pictures).to_have_attribute("data-anchors", "0,1,2,3")
    sheet = live.page.locator(".gl-angles canvas")
    expect(sheet).to_have_attribute("aria-label", re.compile("64 pictures .* φ = 45°, φ′ = 45°"))
    live.wait_until_still()
    before = live.sum_of(sheet)

    pictures.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "Enter"):
        pictures.press(key)
    expect(pictures).to_have_attribute("data-anchors", "7,1,2,3")
    expect(pictures).to_have_attribute("aria-label", re.compile("Enter makes a picture z₂"))
    live.wait_for_sum_beside(sheet, before)

    point = live.page.locator(".gl-angles-point canvas")
    sheet.focus()
    for key in ("ArrowRight", "Shift+ArrowUp"):
        sheet.press(key)
    expect(sheet).to_have_attribute("data-point", "50,44")
    expect(point).to_have_attribute("aria-label", re.compile("z = 0.46 z₁ "))

    live.page.get_by_label("Angles", exact=True).select_option("true")
    sheet.press("ArrowRight")
    expect(sheet).to_have_attribute("data-point", "55,44")

    live.expect_query("walk.anchor_1", "7")
    live.expect_query("walk.a", "55")
    live.page.reload()  # all of it stands in the link
    live.wait_for_picture()
    expect(pictures).to_have_attribute("data-anchors", "7,1,2,3")
    expect(sheet).to_have_attribute("data-point", "55,44")
    expect(live.page.get_by_label("Angles", exact=True)).to_have_value("true")


def test_columns_say_what_is_kept_and_other_noise_changes_what_is_not(lab: Lab) -> None:
    live = lab("/realnvp?preset=compression&seed=7")
    sheet = live.page.locator(".gl-main .gl-atlas canvas")
    named = re.compile("columns: 100 %, 50 %, 25 %, 12.5 %, 6.25 %")
    expect(sheet).to_have_attribute("aria-label", named)
    live.wait_until_still()
    before = live.sum_of(sheet)
    live.page.get_by_label("Noise", exact=True).first.select_option("1")
    live.wait_for_sum_beside(sheet, before)


def test_training_goes_on_beside_sheets_of_both_sizes(lab: Lab) -> None:
    live = lab("/realnvp?preset=larger-digits&seed=7")
    live.wait_beyond(live.step + 3)
    small, large = (live.page.locator(".gl-atlas canvas").nth(k) for k in (0, 1))
    expect(small).to_have_attribute("aria-label", re.compile("16 images of 8 by 8"))
    expect(large).to_have_attribute("aria-label", re.compile("4 images of 16 by 16"))
    live.pause()


def test_samples_and_what_is_kept_change_as_the_flow_learns(lab: Lab) -> None:
    live = lab("/realnvp?preset=pictures&seed=7")
    samples, kept = (live.page.locator(".gl-atlas canvas").nth(k) for k in (0, 1))
    expect(kept).to_have_attribute("aria-label", re.compile("columns: 100 %, 50 %, .* 6.25 %"))
    before = live.picture(0), live.picture(1)
    live.wait_beyond(live.step + 3)
    for at in (0, 1):
        live.wait_for_another(before[at], at)

    live.pause()
    live.wait_until_still()
    drawn = live.sum_of(samples)
    live.page.get_by_label("Temperature", exact=True).select_option("0.5")
    live.wait_for_sum_beside(samples, drawn)
