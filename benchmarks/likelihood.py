"""Memory of an importance-weighted likelihood: the peak must not depend on the samples.

Each number comes from a process of its own, because a peak never falls again.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

from gen_core.evaluation.likelihood import LIVE, importance_weighted
from gen_core.models.vae import Vae

__all__ = ["measure"]

ROOT = Path(__file__).resolve().parents[1]
PICTURES = 8
REPEATS = 5
SHAPE = (1, 28, 28)


def measure(samples: int = 5000) -> dict[str, object]:
    """Peak memory of as many samples as are decoded at once, of many more, and without bound."""
    few, many = _median(LIVE), _median(samples)
    rows = PICTURES * samples
    return {
        "live": LIVE,
        "pictures": PICTURES,
        "few": few,
        "many": many,
        "all_at_once": _median(samples, live=samples),
        "growth_mb": many["peak_mb"] - few["peak_mb"],
        "decoded_per_second": rows / many["seconds"],
    }


def _median(samples: int, live: int = LIVE) -> dict[str, float]:
    # what an allocator keeps differs by some megabytes from one process to the next
    found = [_apart(samples, live) for _ in range(REPEATS)]
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def _apart(samples: int, live: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.likelihood", str(samples), str(live)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def _peak(samples: int, live: int) -> dict[str, float]:
    """Megabytes that this process took at most, above what one sample takes, and seconds."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    vae = Vae(SHAPE, latent_dim=2, width=500, levels=1)
    x = torch.rand(PICTURES, *SHAPE).round()
    list(importance_weighted(vae, x, 1))
    before, begun = _most(), time.perf_counter()
    list(importance_weighted(vae, x, samples, live=live))
    return {"peak_mb": _most() - before, "seconds": time.perf_counter() - begun}


def _most() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    print(json.dumps(_peak(*map(int, sys.argv[1:]))))
