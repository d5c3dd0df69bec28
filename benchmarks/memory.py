"""Memory of server and worker while the critic page's run plays and somebody takes every frame."""

import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks.watching import launched, open_critic
from tests.browser.app_server import AppServer
from tests.browser.watcher import Watcher

__all__ = ["measure"]

MEGABYTE = 2**20


def measure(minutes: float = 10, every: float = 5, settle: float = 60) -> dict[str, object]:
    """Sample resident memory; growth is that of a straight line after the first `settle` s."""
    with tempfile.TemporaryDirectory() as folder, AppServer(Path(folder)) as server:
        with launched() as browser:
            run = open_critic(browser.new_page(), server)
        with Watcher(server, run) as watcher:
            watcher.say("play")
            samples = _sample(server, watcher, minutes * 60, every)
            last = watcher.frame()
        recorded = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    late = samples[samples[:, 0] >= min(settle, samples[-1, 0] / 2)]
    hours = late[:, 0] / 3600
    return {
        "minutes": minutes,
        "rounds": last["head"],
        "recording_mb": recorded / MEGABYTE,
        **{
            f"{name}_{key}": float(value)
            for index, name in ((1, "server"), (2, "worker"))
            for key, value in (
                ("mb_after_settling", late[0, index]),
                ("mb_at_end", late[-1, index]),
                ("mb_highest", late[:, index].max()),
                ("growth_mb_per_hour", np.polyfit(hours, late[:, index], 1)[0]),
            )
        },
        "samples": [[round(value, 1) for value in row] for row in samples.tolist()][::6],
    }


def _sample(server: AppServer, watcher: Watcher, seconds: float, every: float) -> np.ndarray:
    """Rows of (seconds, server MB, worker MB); the worker is the busiest of the server's."""
    begun = time.perf_counter()
    owner = psutil.Process(server.process.pid)
    worker = max(server.workers(), key=lambda process: sum(process.cpu_times()[:2]))
    rows = []
    while (passed := time.perf_counter() - begun) < seconds:
        if passed >= every * len(rows):
            resident = [process.memory_info().rss / MEGABYTE for process in (owner, worker)]
            rows.append([passed, *resident])
        watcher.frame()
    return np.array(rows)
