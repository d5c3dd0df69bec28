"""What a measurement ran on: part of every result, since a number without it says nothing."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

import torch

from gen_core.training.devices import choose, describe

__all__ = ["describe_machine", "device_named"]

ROOT = Path(__file__).resolve().parents[1]


def device_named(name: str) -> torch.device:
    """The device of a name such as `auto`, `cpu` or `cuda`."""
    return choose(name)


def describe_machine(device: str = "cpu") -> dict[str, object]:
    """Processor, cores, threads, versions and date, as plain values."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": describe(torch.device("cpu")).partition("· ")[2],
        "device": describe(choose(device)),
        "cores": cores,
        "torch_threads": torch.get_num_threads(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "commit": _commit(),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load_before": [round(value, 2) for value in os.getloadavg()]
        if hasattr(os, "getloadavg")
        else None,
    }


def _commit() -> str:
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
        )
    except FileNotFoundError:
        return "unknown"
    return answer.stdout.strip() or "unknown"
