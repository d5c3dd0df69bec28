"""The command that measures a checkpoint again: its figures, its card, its exit codes."""

import json
import math
import re

import pytest
import torch
from typer.testing import CliRunner

from gen_core import checkpoint, evaluate
from gen_core.command_line.main import app
from gen_core.errors import CheckpointError, CommandError
from gen_core.evaluation.figures import Estimate, Figure, Scope
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState

SCOPE = ["--samples", "20", "--pictures", "60"]


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], env={"COLUMNS": "160"})


@pytest.fixture
def vae(tmp_path):
    """A VAE of a few updates, saved by the command line itself."""
    path = tmp_path / "vae.safetensors"
    trained = ["train", "vae", "--rounds", "20", "--set", "width=16", "--save", str(path)]
    assert CliRunner().invoke(app, trained).exit_code == 0
    return path


def card_of(path):
    return json.loads(path.with_suffix(".json").read_text())


def test_written_figures_are_found_again_and_the_weights_stay(vae):
    weights = vae.read_bytes()
    written = run(vae, *SCOPE, "--write")
    assert written.exit_code == 0, written.output
    assert vae.read_bytes() == weights
    card = card_of(vae)
    names = {"elbo", "reconstruction", "kl", "nll", "bits_per_dim", "knn_error"}
    assert card["metrics"].keys() == names
    for name in names:
        entry = card["metrics"][name]
        assert math.isfinite(entry["value"]) and entry["error"] > 0 and entry["pictures"] == 60
    assert card["metrics"]["nll"]["scope"] == "60 test pictures, N = 20"
    assert card["evaluated"]["command"].endswith(
        " --samples 20 --pictures 60 --seed 0 --device auto --threads 1"
    )
    again = run(vae)  # as much as the card says
    assert again.exit_code == 0, again.output
    assert len(re.findall("agrees", again.output)) == len(names)
    assert checkpoint.load(vae).state.round == 20, "the card still belongs to the weights"


def test_a_card_that_says_otherwise_is_exit_code_1_and_names_the_figure(vae):
    assert run(vae, *SCOPE, "--write").exit_code == 0
    card = card_of(vae)
    card["metrics"]["nll"]["value"] -= 11 * card["metrics"]["nll"]["error"]
    vae.with_suffix(".json").write_text(json.dumps(card))
    refused = run(vae)
    assert refused.exit_code == 1
    [line] = [line for line in refused.output.splitlines() if "differs" in line]
    assert "log p(x)" in line and "by more than 5 standard errors" in refused.output
    fewer = run(vae, "--samples", "3")
    assert fewer.exit_code == 0, "another N bounds another number"
    assert "another N" in fewer.output


def test_the_figures_are_those_of_the_models_parts(vae):
    state = checkpoint.load(vae).state
    figures = {}
    for _, step in evaluate.evaluate(state, Scope(pictures=40, samples=200)):
        if step.share == 1:
            figures |= step.result.figures()
    x = state.recipe.dataset().pictures("test", 0, 40)
    with torch.no_grad():
        kl = state.models["vae"].encode(x).kl_to_standard()
    found = figures["kl"].estimate
    assert found.value == pytest.approx(kl.mean().item(), abs=5 * found.error / math.sqrt(200))
    nll, elbo = figures["nll"].estimate.value, figures["elbo"].estimate.value
    assert -nll > elbo
    assert figures["bits_per_dim"].estimate.value == pytest.approx(nll / 64 / math.log(2))
    parts = -figures["reconstruction"].estimate.value - found.value
    assert elbo == pytest.approx(parts, abs=1e-4)


def test_bernoulli_pixels_are_asked_for_bits():
    state = TrainingState.start(make("vae", "bernoulli", {"width": 8}), 0, "cpu")
    last_layer = state.models["vae"].decoder[-1]
    with torch.no_grad():
        last_layer.weight.zero_()
        last_layer.bias.fill_(30)  # a pixel that is off costs 30 nats, one that is on nothing
    steps = [step for label, step in evaluate.evaluate(state, Scope(20, 2)) if "Like" in label]
    off = 20 * steps[-1].result.reconstruction.value / 30
    assert off == pytest.approx(round(off), abs=1e-4), "grey pictures were scored"
    assert 0 < off < 20 * 64


def test_five_standard_errors_are_the_line():
    def compared(value, error, samples=0):
        figure = Figure("NLL", "nats", Estimate(10.0, 0.3), 50, samples=7)
        card = {"metrics": {"nll": {"value": value, "error": error, "samples": samples}}}
        return evaluate.compare({"nll": figure}, card)["nll"]

    assert compared(12.49, 0.4, 7).agrees  # hypot(0.3, 0.4) = 0.5
    assert not compared(12.51, 0.4, 7).agrees
    assert not compared(math.nan, 0.4, 7).agrees
    assert compared(99.0, 0.4, samples=8).agrees and not compared(99.0, 0.4, 8).same_samples
    nothing = evaluate.compare({"nll": Figure("", "", Estimate(1.0, 0.1), 2)}, {})["nll"]
    assert nothing.agrees and nothing.card is None


def test_scope_is_what_is_asked_for_then_the_cards_then_the_default():
    card = {"metrics": {"nll": {"samples": 5000, "pictures": 1000}, "knn_error": {"value": 3}}}
    assert evaluate.scope_of(card, None, None) == Scope(1000, 5000)
    assert evaluate.scope_of(card, 10, 0, seed=4) == Scope(0, 10, 4)
    assert evaluate.scope_of({}, None, None) == Scope()


def test_what_cannot_be_evaluated_is_one_sentence(tmp_path, vae):
    for name in ("vae/never-trained", tmp_path / "nothing"):
        refused = run(name)
        assert isinstance(refused.exception, CheckpointError)
        assert "Expected a checkpoint" in str(refused.exception)
    wgan = tmp_path / "wgan.safetensors"
    tiny = ["train", "wgan", "--rounds", "0", "--set", "width=8", "--save", str(wgan)]
    assert CliRunner().invoke(app, tiny).exit_code == 0
    refused = run(wgan)
    assert isinstance(refused.exception, CommandError)
    assert re.search(
        r"Expected a model with test figures \(.*vae.*\), got wgan", str(refused.exception)
    )
    vae.with_suffix(".json").unlink()
    refused = run(vae, *SCOPE, "--write")
    assert isinstance(refused.exception, CheckpointError)
    assert "Expected a card, got none beside vae.safetensors" in str(refused.exception)
