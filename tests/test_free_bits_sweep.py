"""The sweep over lambda: pairs of runs from equal weights, and what it says of them."""

from gen_core import free_bits_sweep
from gen_core.free_bits_sweep import sweep

SMALL = {"width": 4, "blocks": 3, "z_channels": 2, "batch": 4}


def test_runs_of_one_seed_differ_in_lambda_alone():
    points = list(sweep("digits", [0.0, 1.0], 0, SMALL, seed=3, runs=2))
    assert [(p["lambda"], p["seed"]) for p in points] == [(0, 3), (1, 3), (0, 4), (1, 4)]
    first, second, third, _ = points
    assert first["nats"] == second["nats"] != third["nats"], "no update yet: lambda acts nowhere"
    assert len(first["nats"]) == 3 and first["alive"] == sum(n > 0.5 for n in first["nats"])
    assert first["elbo"] < 0


def test_the_table_is_printed_with_medians_over_runs(capsys):
    small = [f"{name}={value}" for name, value in SMALL.items()]
    free_bits_sweep.main("digits", [0.0, 2.0], 2, small, runs=1, seed=0, threads=1)
    said = capsys.readouterr().out
    assert "of 3" in said and "lambda=2" in said and "nats:" in said
