"""A distribution drawn by hand, from the canvas to the points that a run trains on."""

import re
from collections.abc import Callable

import numpy as np
from playwright.sync_api import expect

from app.live.frames import decode as arrays_of
from gen_core.data.drawing import STEP, decode
from tests.browser.app_server import AppServer
from tests.browser.live_page import LivePage
from tests.browser.stillness import settle
from tests.browser.watcher import Watcher

Lab = Callable[..., LivePage]
RADIUS = 0.08  # of the brush, as it comes
MARGIN = {"left": 34, "top": 14, "across": 44, "down": 44}  # px around the plot


class Board:
    """The canvas of a page, in plot units.

    Args:
        live: The tab; its run is paused, and its form for drawing opened.
    """

    def __init__(self, live: LivePage) -> None:
        self.page = page = live.page
        live.pause()  # the mouse's events shall not wait for pictures
        self.button("Draw").click()
        self.canvas = page.locator(".gl-draw-canvas")
        expect(self.canvas).to_have_attribute("data-strokes", re.compile(r"\d"))
        settle(page)  # the popover has unfolded

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        frame = self.canvas.bounding_box()
        across = (x + 2) / 4 * (frame["width"] - MARGIN["across"])
        down = (2 - y) / 4 * (frame["height"] - MARGIN["down"])
        return frame["x"] + MARGIN["left"] + across, frame["y"] + MARGIN["top"] + down

    def line(self, start: tuple[float, float], end: tuple[float, float], events: int) -> None:
        """Drag the mouse; few events are a fast hand, many a slow one."""
        self.page.mouse.move(*self.pixel(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.pixel(*end), steps=events)
        self.page.mouse.up()

    def expect_strokes(self, count: int) -> None:
        expect(self.canvas).to_have_attribute("data-strokes", str(count))

    def train(self) -> str:
        """Begin the run; return the drawing that the address then carries."""
        self.button("Train on this drawing").click()
        self.page.wait_for_function("new URLSearchParams(location.search).has('drawing')")
        return self.page.evaluate("new URLSearchParams(location.search).get('drawing')")


def real_points(server: AppServer, run: str) -> np.ndarray:
    """The real points of a run's frame, ``(N, 2)``."""
    with Watcher(server, run) as watcher:
        watcher.say("pause")
        while True:
            arrays, _ = arrays_of(watcher.bytes())
            found = [array for name, array in arrays.items() if name.endswith("real")]
            if found:
                return found[0].reshape(-1, 2)


def subset(points: np.ndarray, of: np.ndarray) -> bool:
    """Whether every point is one of some others, bit for bit."""
    held = {point.tobytes() for point in of}
    return all(point.tobytes() in held for point in points.astype(np.float32))


def test_a_fast_and_a_slow_stroke_are_equally_dense_and_a_link_repeats_them(
    server: AppServer, lab: Lab
) -> None:
    live = lab("/critic?seed=7&width=16")
    first_run = live.run()
    board = Board(live)
    board.line((-1.5, 1.0), (1.5, 1.0), events=2)
    board.line((-1.5, -1.0), (1.5, -1.0), events=50)
    board.expect_strokes(2)

    # What is undone comes back, and goes again.
    board.line((-1.0, 0.0), (1.0, 0.5), events=5)
    board.expect_strokes(3)
    board.button("Undo").click()
    board.expect_strokes(2)
    board.button("Redo").click()
    board.expect_strokes(3)

    # The eraser parts a stroke where it passes, also where the hand was fast.
    board.button("Eraser").click()
    board.line((0.0, 0.6), (0.0, -0.2), events=2)
    board.expect_strokes(4)
    board.line((1.8, 1.8), (1.9, 1.9), events=2)  # nothing lies there: nothing to undo
    board.button("Undo").click()
    board.expect_strokes(3)
    board.button("Undo").click()
    board.expect_strokes(2)

    text = board.train()
    drawn = decode(text)
    fast, slow = drawn[drawn[:, 1] > 0], drawn[drawn[:, 1] < 0]
    assert abs(len(fast) - len(slow)) <= 8, "as many points on either line"
    for row, points in ((1.0, fast), (-1.0, slow)):
        assert np.abs(points[:, 1] - row).max() <= RADIUS + 0.02, "a pixel is 0.01"
        along, _ = np.histogram(points[:, 0], np.linspace(-1.4, 1.4, 8))
        assert np.ptp(along) <= 0.25 * along.mean(), along

    # The run's real points are those, and a link opens elsewhere with the same.
    real = real_points(server, live.leave(first_run))
    assert subset(real, drawn)
    assert len(live.page.url) < 8192
    link = live.page.evaluate("location.pathname + location.search").replace(live.run(), "")
    again = lab(link)
    assert again.query()["drawing"] == text and again.run() != live.run()
    assert real_points(server, again.run()).tobytes() == real.tobytes()


def test_flows_train_on_a_drawing_too(server: AppServer, lab: Lab) -> None:
    live = lab("/realnvp?preset=bend&seed=7&width=16")
    first_run = live.run()
    board = Board(live)
    board.line((-1.5, 0.0), (1.5, 0.5), events=5)
    drawn = decode(board.train())
    run = live.leave(first_run)
    assert subset(real_points(server, run), drawn)
    live.wait_for_picture()
    live.play()
    live.wait_beyond(live.step + 5)


def test_keys_draw_too_and_what_is_no_drawing_is_said(lab: Lab) -> None:
    live = lab("/critic?seed=7&width=16")
    board, page = Board(live), live.page
    board.button("Train on this drawing").click()
    expect(page.get_by_text("Nothing is drawn yet.")).to_be_visible()

    page.mouse.click(*board.pixel(0.5, 0.5))
    board.expect_strokes(1)
    board.button("Train on this drawing").click()
    expect(page.get_by_text("A single tap is not enough.")).to_be_visible()

    board.canvas.focus()
    page.mouse.move(5, 5)
    for key in ("ArrowLeft", "ArrowLeft", "Space", "ArrowUp", "ArrowUp", "Shift+ArrowUp"):
        page.keyboard.press(key)
    expect(page.get_by_text("Brush down at −0.20, 0.22.")).to_be_visible()
    page.keyboard.press("Space")
    board.expect_strokes(2)
    page.keyboard.press("Control+z")
    board.expect_strokes(1)
    page.keyboard.press("Control+y")
    expect(live.button("Play")).to_be_visible()  # the space bar was the canvas's
    drawn = decode(board.train())
    tap = np.hypot(*(drawn - (0.5, 0.5)).T) <= RADIUS + 0.02
    assert 0.2 < tap.mean() < 0.6 and drawn[~tap, 1].max() <= 0.22 + RADIUS + STEP


def test_a_finger_draws_and_the_page_stays_where_it_is(lab: Lab) -> None:
    live = lab("/critic?seed=7&width=16", width=390, height=844, dark=True)
    board = Board(live)
    touch = live.page.context.new_cdp_session(live.page)

    def finger(kind: str, *places: tuple[float, float]) -> None:
        at = [dict(zip("xy", board.pixel(*place), strict=True)) for place in places]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    before = board.canvas.bounding_box()
    finger("touchStart", (0.0, 1.5))
    for y in (1.0, 0.0, -1.5):
        finger("touchMove", (0.0, y))
    finger("touchEnd")
    board.expect_strokes(1)
    assert board.canvas.bounding_box() == before
    board.button("Clear").click()
    board.expect_strokes(0)
