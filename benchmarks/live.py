"""The live path at the critic page's defaults: picture, response, cost of watching, in one run."""

import json
import statistics
import subprocess
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path

import psutil
from playwright.sync_api import Page

from benchmarks.watching import instrumented, launched, open_critic
from tests.browser.app_server import ROOT, AppServer
from tests.browser.watcher import Watcher

__all__ = ["measure"]

CLIPS = (0.02, 0.01)


def measure(seconds: float = 20, edits: int = 24, turns: int = 3) -> dict[str, object]:
    """Measure the three rows on one server and one run.

    Args:
        seconds: Length of each stretch.
        edits: Hot edits whose way into the picture is timed.
        turns: How often watching and the bare loop take turns.
    """
    with tempfile.TemporaryDirectory() as folder, AppServer(Path(folder)) as server:
        with launched() as browser:
            page = instrumented(browser)
            run = open_critic(page, server)
            page.wait_for_timeout(3000)
            picture = _picture(page, server, seconds)
            response = _response(page, edits)
            page.context.close()
        with Watcher(server, run) as watcher:
            cost = _cost(watcher, seconds, turns)
    return {"live_picture": picture, "response": response, "cost_of_watching": cost}


def _picture(page: Page, server: AppServer, seconds: float) -> dict[str, float]:
    watched = psutil.Process(server.process.pid)
    watched.cpu_percent()
    before = page.evaluate("({now: performance.now(), head: genLabNotes.frames.at(-1).round})")
    page.wait_for_timeout(seconds * 1000)
    after = page.evaluate(
        """since => {
            const late = list => list.filter(each => (each.at ?? each) >= since);
            const frames = late(genLabNotes.frames);
            return {now: performance.now(), paints: late(genLabNotes.paints).length,
                    steps: late(genLabNotes.steps).length, frames: frames.length,
                    head: frames.at(-1).round, bytes: frames.at(-1).bytes};
        }""",
        before["now"],
    )
    passed = (after["now"] - before["now"]) / 1000
    return {
        "painted_frames_per_second": after["paints"] / passed,
        "real_updates_per_second": after["steps"] / passed,
        "frames_received_per_second": after["frames"] / passed,
        "rounds_per_second": (after["head"] - before["head"]) / passed,
        "frame_kilobytes": after["bytes"] / 1000,
        "server_cpu_percent_of_a_core": watched.cpu_percent(),
        "seconds": passed,
    }


def _response(page: Page, edits: int) -> dict[str, float]:
    """Time from the change of the clip value's own field to a canvas that shows its effect."""
    field = page.get_by_label("Clip value", exact=False).first
    for index, value in enumerate(islice(cycle(CLIPS), edits)):
        field.evaluate(
            """(field, value) => {
                const notes = genLabNotes;
                notes.edit = {at: performance.now(), marks: notes.marks ?? 0};
                field.value = value;
                field.dispatchEvent(new Event("input", {bubbles: true}));
                field.dispatchEvent(new Event("change", {bubbles: true}));
            }""",
            str(value),
        )
        page.wait_for_function("count => genLabNotes.answers.length >= count", arg=index + 1)
        page.wait_for_timeout(300)
    answers = sorted(page.evaluate("genLabNotes.answers"))
    return {
        "median_ms": statistics.median(answers),
        "p90_ms": answers[int(0.9 * (len(answers) - 1))],
        "worst_ms": answers[-1],
        "edits": len(answers),
    }


def _cost(watcher: Watcher, seconds: float, turns: int) -> dict[str, float]:
    watcher.say("play")
    frame = watcher.frame()
    spec = {
        "seed": 7,
        "device": "cpu",
        "lanes": [
            {"stem": lane["stem"], "variant": lane["variant"], "overrides": {}}
            for lane in frame["lanes"]
        ],
    }
    threads = frame["performance"]["threads"]
    watched, frames, bare = [], [], []
    for _ in range(turns):
        watcher.say("play")
        watcher.watch(2)
        seen = watcher.watch(seconds)
        watched.append(seen["rounds_per_second"])
        frames.append(seen["frames_per_second"])
        watcher.say("pause")
        watcher.until("paused")
        bare.append(_bare(seconds, threads, spec))
    return {
        "watched_rounds_per_second": statistics.median(watched),
        "headless_rounds_per_second": statistics.median(bare),
        "frames_per_second": statistics.median(frames),
        "share_kept": statistics.median(watched) / statistics.median(bare),
        "threads": threads,
        "turns": turns,
    }


def _bare(seconds: float, threads: int, spec: dict) -> float:
    arguments = [str(seconds), str(threads), json.dumps(spec)]
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.headless", *arguments],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(answer.stdout)
