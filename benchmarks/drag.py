"""Dragging over a VAE's latent plane on the walk page: pictures painted, which one stays."""

import math
import statistics
import tempfile
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import torch
from playwright.sync_api import Browser, Locator, Page

from app.preset import SHIPPED
from app.presets import WALKS
from benchmarks.watching import instrumented, launched, run_of
from gen_core.checkpoint import load
from gen_core.exploration.base import run_probe
from gen_core.exploration.registry import View
from tests.browser.app_server import AppServer
from tests.browser.watcher import Watcher

__all__ = ["PRESETS", "measure"]

PRESETS = ("plane", "plane-mnist")
"""Presets of the walk page with the latent plane of a VAE: pictures of 8 x 8 and of 28 x 28."""

INSTRUMENTS = "dragging.js"
MOVES_PER_SECOND = 60  # as a mouse tells them
REST = 1.5  # seconds after the last move: longer than an answer stays in the frames
PLANE = ".gl-walk-plane canvas"


def measure(seconds: float = 10) -> dict[str, object]:
    """Drag over the plane of each preset, on one server; the worst of each bar stands first.

    Args:
        seconds: How long each is dragged.
    """
    with tempfile.TemporaryDirectory() as folder, AppServer(Path(folder)) as server:
        with launched() as browser:
            found = {name: _dragged(browser, server, name, seconds) for name in PRESETS}
    every = list(found.values())
    return {
        "pictures_per_second": min(each["pictures_per_second"] for each in every),
        "most_looks_unanswered": max(each["most_looks_unanswered"] for each in every),
        "last_move_to_last_picture_ms": max(
            each["last_move_to_last_picture_ms"] for each in every
        ),
        "share_where_the_last_stays": statistics.mean(each["last_stays"] for each in every),
        **found,
    }


def _dragged(browser: Browser, server: AppServer, preset: str, seconds: float) -> dict[str, float]:
    page = instrumented(browser, INSTRUMENTS)
    page.goto(f"{server.url}/walk?preset={preset}&seed=7")
    plane = page.locator(PLANE)
    plane.and_(page.locator("[aria-label*='test pictures by class']")).wait_for()
    page.locator(".gl-walk canvas[data-painted='1']").wait_for()
    _drag(page, plane, 1)  # what is made once, at the first look
    begun = page.evaluate("performance.now()")
    _drag(page, plane, seconds)
    page.wait_for_timeout(1000 * REST)
    notes = page.evaluate("genLabDrag")
    with Watcher(server, run_of(page)) as watcher:
        watcher.say("stop")
        watcher.until("ended")
    page.context.close()
    return _summary(notes, begun, preset)


def _drag(page: Page, plane: Locator, seconds: float) -> None:
    """Move the pointer along a figure of Lissajous, at the pace of a mouse."""
    box = plane.bounding_box()
    assert box is not None
    begun = time.perf_counter()
    for move in count(1):
        angle = 2 * math.pi * move / (4 * MOVES_PER_SECOND)
        x, y = 0.5 + 0.4 * math.sin(2 * angle), 0.5 + 0.4 * math.cos(3 * angle)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        now, due = time.perf_counter(), begun + move / MOVES_PER_SECOND
        if now > begun + seconds:
            return
        time.sleep(max(0.0, due - now))


def _summary(notes: Mapping[str, Any], begun: float, preset: str) -> dict[str, float]:
    moves = [at for at in notes["moves"] if at >= begun]
    pictures = [each for each in notes["pictures"] if each["at"] >= begun]
    behind = [each["behind"] for each in notes["answers"] if each["at"] >= begun]
    asked = {each["request"]: each["at"] for each in notes["looks"]}
    waits = [each["at"] - asked[each["request"]] for each in pictures]
    passed = (moves[-1] - moves[0]) / 1000
    last = notes["looks"][-1]
    of_last_place = last["at"] >= moves[-1] and pictures[-1]["request"] == last["request"]
    levels = _levels_off(preset, last["settings"], notes["pixels"])
    return {
        "pictures_per_second": sum(each["at"] <= moves[-1] for each in pictures) / passed,
        "pointer_moves_per_second": len(moves) / passed,
        "looks_per_second": sum(at >= begun for at in asked.values()) / passed,
        "look_to_picture_median_ms": statistics.median(waits),
        "look_to_picture_worst_ms": max(waits),
        "most_looks_unanswered": 1 + max(behind),
        "last_move_to_last_picture_ms": pictures[-1]["at"] - moves[-1],
        "last_picture_levels_off": levels,
        "last_stays": float(of_last_place and levels <= 1),
        "seconds": passed,
    }


def _levels_off(preset: str, settings: Mapping[str, Any], pixels: list[int]) -> float:
    """Return by how much painted pixels differ most from the place decoded here, of 255."""
    (checkpoint,) = WALKS[preset].checkpoints.values()
    view = View.of(load(SHIPPED / checkpoint).state)
    decoded = torch.from_numpy(run_probe(view, "decode", settings)["images"]).flatten().int()
    return float((torch.tensor(pixels) - decoded).abs().max())
