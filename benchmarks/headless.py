"""The lanes of the critic page in a bare loop: no engine, no probe, no viewer.

`python -m benchmarks.headless SECONDS THREADS SPEC` prints rounds per second; `SPEC` is the run
specification as JSON.
"""

import json
import sys
import time

import torch

from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

__all__ = ["rounds_per_second"]


def rounds_per_second(spec: dict, seconds: float, warm_up: float = 2) -> float:
    """Train every lane of a run specification in turn, a round each, for a while."""
    steps = [
        train(
            TrainingState.start(
                make(lane["stem"], lane["variant"], lane.get("overrides")),
                spec["seed"],
                spec.get("device", "auto"),
            )
        )
        for lane in spec["lanes"]
    ]
    begun = time.perf_counter()
    while time.perf_counter() - begun < warm_up:
        _round(steps)
    rounds, begun = 0, time.perf_counter()
    while (passed := time.perf_counter() - begun) < seconds:
        _round(steps)
        rounds += 1
    return rounds / passed


def _round(steps: list) -> None:
    for lane in steps:
        while not next(lane).round_done:
            pass


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    print(rounds_per_second(json.loads(sys.argv[3]), float(sys.argv[1])))
