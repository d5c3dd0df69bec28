"""The Real NVP page in a real browser: training moves the plane, the slider and the walk too."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.live_page import LivePage

Lab = Callable[..., LivePage]


def test_the_slider_bends_the_plane_layer_by_layer(lab: Lab) -> None:
    live = lab("/realnvp?preset=bend&seed=7")
    step, before = live.step, live.picture()
    live.wait_beyond(step + 5)
    live.wait_for_another(before)

    live.pause()
    live.wait_until_still()
    plane = live.page.locator(".gl-flow-stages canvas")
    slider = live.page.get_by_label("Layer, Layers · Real NVP", exact=True)
    expect(plane).to_have_attribute("aria-label", re.compile("layer 0 of 16, among the data"))
    start = live.picture()
    plane.evaluate(
        """canvas => {
            const told = window.stagesTold = [canvas.dataset.stage];
            const note = () => {
                if (told.at(-1) !== canvas.dataset.stage) told.push(canvas.dataset.stage);
            };
            new MutationObserver(note).observe(canvas, {attributeFilter: ["data-stage"]});
        }"""
    )
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(plane).to_have_attribute("aria-label", re.compile("layer 2 of 16; 128 data points"))
    expect(slider).to_have_attribute("aria-valuetext", "layer 2 of 16")
    live.wait_until_still()
    bent = live.wait_for_another(start)
    told = live.page.evaluate("window.stagesTold")
    assert told == ["0", "1", "2"], "a glide says where it leads: the next key goes on from there"

    live.button("To the latents").click()
    expect(plane).to_have_attribute("aria-label", re.compile("layer 16 of 16, among the latents"))
    live.wait_until_still()
    live.wait_for_another(bent)
    live.button("Back to the data").click()
    live.wait_until_still()
    expect(plane).to_have_attribute("data-stage", "0")
    assert live.picture() == start, "what is walked forth and back is where it was"

    live.page.get_by_role("button", name="3-D of this moment").click()
    scenes = live.page.locator(".js-plotly-plot")
    expect(scenes).to_be_visible()
    heights = scenes.evaluate(
        "plot => plot.data.filter(trace => trace.type === 'surface').map(trace => trace.cmax)"
    )
    assert len(heights) == 2 and min(heights) > 0, "the densities of both flows, no logarithms"


def test_planar_and_radial_flows_are_walked_map_by_map(lab: Lab) -> None:
    live = lab("/realnvp?preset=planar&seed=7")
    step, before = live.step, live.picture()
    live.wait_beyond(step + 5)
    live.wait_for_another(before)

    live.pause()
    live.wait_until_still()
    for at, label in enumerate(("Planar flow", "Radial flow")):
        plane = live.page.locator(".gl-flow-stages canvas").nth(at)
        slider = live.page.get_by_label(f"Layer, Layers · {label}", exact=True)
        expect(plane).to_have_attribute("aria-label", re.compile("layer 0 of 32, among the data"))
        start = live.sum_of(plane)
        slider.focus()
        slider.press("ArrowRight")
        expect(plane).to_have_attribute("data-stage", "2")
        slider.press("End")
        expect(plane).to_have_attribute("aria-label", re.compile("layer 32 of 32, among the lat"))
        live.wait_until_still()
        live.wait_for_sum_beside(plane, start)


def test_the_volume_is_that_of_the_layers_so_far(lab: Lab) -> None:
    live = lab("/realnvp?preset=bent-moons&seed=7")
    volume = live.page.locator(".gl-field canvas[aria-label^=Volume]")
    slider = live.page.get_by_label("Layer, Layers · Real NVP", exact=True)
    expect(volume).to_have_attribute("aria-label", re.compile("^Volume · Real NVP: step"))
    live.wait_until_still()
    whole = live.sum_of(volume)
    slider.focus()
    slider.press("ArrowRight")
    expect(volume).to_have_attribute("aria-label", re.compile("Real NVP, up to layer 1: step"))
    live.wait_for_sum_beside(volume, whole)

    first = live.sum_of(volume)
    slider.press("End")
    expect(volume).to_have_attribute("aria-label", re.compile("Real NVP, up to layer 16: step"))
    live.wait_for_sum_beside(volume, first)
    live.wait_until_still()
    assert live.sum_of(volume) == whole, "up to the last layer is the whole flow"
