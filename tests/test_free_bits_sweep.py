"""The sweep over lambda: pairs of runs from equal weights, and what it says of them."""

import json
from pathlib import Path
from statistics import median

from gen_core import free_bits_sweep
from gen_core.free_bits_sweep import sweep
from gen_core.recipes.resnet_vae import ALIVE

SMALL = {"width": 4, "blocks": 3, "z_channels": 2, "batch": 4}


def test_runs_of_one_seed_differ_in_lambda_alone():
    points = list(sweep("digits", [0.0, 1.0], 0, SMALL, seed=3, runs=2))
    assert [(p["lambda"], p["seed"]) for p in points] == [(0, 3), (1, 3), (0, 4), (1, 4)]
    first, second, third, _ = points
    assert first["nats"] == second["nats"] != third["nats"], "no update yet: lambda acts nowhere"
    assert len(first["nats"]) == 3 and first["alive"] == sum(n > 0.5 for n in first["nats"])
    assert first["elbo"] < 0


def test_the_table_is_printed_with_medians_over_runs_and_its_points_are_kept(capsys, tmp_path):
    small = [f"{name}={value}" for name, value in SMALL.items()]
    path = tmp_path / "sweep.json"
    free_bits_sweep.main("digits", [0.0, 2.0], 2, small, runs=1, seed=0, threads=1, save=path)
    said = capsys.readouterr().out
    assert "of 3" in said and "lambda=2" in said and "nats:" in said
    kept = json.loads(path.read_text())
    assert kept["command"] == (
        "python -m gen_core.free_bits_sweep --variant digits --lambda 0 --lambda 2"
        " --rounds 2 --runs 1 --seed 0 --threads 1"
        " --set width=4 --set blocks=3 --set z_channels=2 --set batch=4"
    )
    assert [point["lambda"] for point in kept["points"]] == [0, 2]
    assert kept["data"] == "digits" and kept["rounds"] == 2


def test_the_shipped_sweep_has_the_medians_that_the_readme_quotes():
    root = Path(__file__).parents[1]
    kept = json.loads((root / "checkpoints" / "resnet_vae" / "free-bits-digits.json").read_text())
    assert "--rounds 150 --runs 3" in kept["command"]
    points = kept["points"]
    assert len(points) == 6 and {len(point["nats"]) for point in points} == {8}
    alive = {
        free: median(
            sum(n > ALIVE for n in point["nats"]) for point in points if free == point["lambda"]
        )
        for free in (0, 0.25)
    }
    assert alive == {0: 5, 0.25: 8}
    quoted = "8 of 8 layers above half a nat with λ = 0.25, 5 of 8 without"
    assert quoted in (root / "README.md").read_text()
