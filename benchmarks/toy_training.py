"""Training speed of the toy WGAN-GP: its update against its reference update, in one run.

Both do the same arithmetic from the same data with the same threads. They take turns round by
round, so that a busy moment of the machine falls on both, and the median round counts.
"""

import statistics
import time

import torch

from benchmarks.machine import device_named
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

__all__ = ["measure"]


def measure(
    rounds: int = 100, warm_up: int = 10, widths: tuple[int, ...] = (128, 512), device: str = "cpu"
) -> dict[str, object]:
    """Time whole rounds (five critic updates, one of the generator) of either path."""
    return {str(width): _compare(width, rounds, warm_up, device) for width in widths}


def _compare(width: int, rounds: int, warm_up: int, device: str) -> dict[str, float]:
    where = device_named(device)
    recipe = make("wgan", "gp", {"width": width})
    fast = TrainingState.start(recipe, 0, where)
    plain = TrainingState.start(recipe, 0, where)
    times: dict[str, list[float]] = {"update": [], "reference": []}
    for index in range(warm_up + rounds):
        for name, state in (("update", fast), ("reference", plain)):
            begun = time.perf_counter()
            (_fast_round if name == "update" else _plain_round)(state)
            if where.type == "cuda":
                torch.cuda.synchronize(where)
            if index >= warm_up:
                times[name].append(time.perf_counter() - begun)
    median = {name: statistics.median(values) for name, values in times.items()}
    return {
        "update_ms_per_round": median["update"] * 1e3,
        "reference_ms_per_round": median["reference"] * 1e3,
        "updates_per_second": len(recipe.schedule(0)) / median["update"],
        "ratio": median["reference"] / median["update"],
        "rounds": rounds,
        "batch": recipe.batch,
    }


def _fast_round(state: TrainingState) -> None:
    for step in train(state):
        if step.round_done:
            return


def _plain_round(state: TrainingState) -> None:
    for player in state.recipe.schedule(state.round):
        for _ in state.recipe.reference_update(player, state):
            pass
        state.t += 1
    state.round += 1
