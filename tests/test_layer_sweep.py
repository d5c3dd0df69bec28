"""The sweep of figure 4: its points, its file, and the shipped numbers that the page shows."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from gen_core.evaluation.figures import Estimate, Figure, Scope
from gen_core.layer_sweep import main, point_of, sweep

SHIPPED = Path(__file__).parents[1] / "checkpoints" / "pixelvae" / "layers-digits.json"
TINY = {"width": 4, "batch": 8, "latent_dim": 2}


def figure(value: float) -> Figure:
    return Figure("", "nats", Estimate(value, 0.5), 10)


def test_a_bound_is_turned_into_an_upper_bound_of_the_nll():
    parts = {"elbo": figure(-90.0), "kl": figure(7.0), "reconstruction": figure(83.0)}
    point = point_of("pixelvae", 1, {**parts, "nll": figure(88.0)})
    assert point["nll"] == 90.0 == point["kl"] + point["reconstruction"]
    exact = point_of("pixelcnn", 1, {"nll": figure(94.0)})
    assert (exact["nll"], exact["kl"], exact["error"]) == (94.0, None, 0.5)


def test_every_depth_has_a_pixelvae_and_from_one_on_a_pixelcnn_beside_it():
    points = list(sweep(1, 2, TINY, Scope(pictures=8, samples=1, seed=0)))
    assert [(point["stem"], point["layers"]) for point in points] == [
        ("pixelvae", 0),
        ("pixelvae", 1),
        ("pixelcnn", 1),
    ]
    for point in points[:2]:
        assert point["nll"] == pytest.approx(point["kl"] + point["reconstruction"], abs=1e-3)


def test_the_command_keeps_its_points(tmp_path):
    app, path = Typer(), tmp_path / "sweep.json"
    app.command()(main)
    words = ["--layers", "0", "--rounds", "1", "--pictures", "4", "--samples", "1"]
    done = CliRunner().invoke(app, [*words, "--set", "width=4", "--save", str(path)])
    assert done.exit_code == 0, done.output
    kept = json.loads(path.read_text())
    assert kept["command"].endswith("--seed 0 --threads 1 --set width=4")
    assert [point["layers"] for point in kept["points"]] == [0]


def test_the_shipped_sweep_shows_the_kl_fall_with_the_first_layer():
    """Gulrajani et al. 2017, figure 4b: from none to one layer the KL drops sharply."""
    points = json.loads(SHIPPED.read_text())["points"]
    kl = {point["layers"]: point["kl"] for point in points if point["stem"] == "pixelvae"}
    assert kl[1] < 0.7 * kl[0] and kl[2] < kl[1]
