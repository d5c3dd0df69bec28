"""``train`` that is stopped, killed and resumed: nothing is lost, and nothing is there twice."""

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gen_core import checkpoint
from gen_core.command_line import training
from gen_core.command_line.main import app
from gen_core.errors import CommandError
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train
from gen_core.training.snapshot import header, take

ROOT = Path(__file__).parents[1]
TINY = ["train", "wgan", "--variant", "gp", "--set", "width=8", "--set", "batch=16", "--seed", "5"]


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """A home of its own: what is saved without a place lies there."""
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path / "home"))


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "80"})


def trained(*arguments):
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def command(text):
    """The words of a printed command behind ``python -m gen_core``."""
    (line,) = [line for line in text.splitlines() if line.startswith("python -m gen_core train")]
    return shlex.split(line)[3:]


def interrupt_at(monkeypatch, *updates):
    """Let Ctrl-C come in the middle of these updates."""

    def interrupted(state):
        for step in train(state):
            if step.t in updates:
                signal.raise_signal(signal.SIGINT)
            yield step

    monkeypatch.setattr(training, "train", interrupted)


def wait_for(condition, process):
    while not condition():
        assert process.poll() is None, "it ended too early"
        time.sleep(0.01)


def test_a_training_that_is_killed_goes_on_as_if_never_stopped(tmp_path):
    """kill -9 amid rounds: weights, card and CSV are those of an unbroken run, bit for bit."""
    path, table = tmp_path / "killed.safetensors", tmp_path / "killed.csv"
    options = ["--save-every", "5", "--save", str(path), "--csv", str(table), "--csv-every", "3"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gen_core", *TINY, *options, "--rounds", "1000000"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(path.exists, process)
        first = path.stat().st_mtime_ns
        wait_for(lambda: path.stat().st_mtime_ns != first, process)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    done = header(path.read_bytes())["round"]
    assert done >= 10 and done % 5 == 0
    ends = ["--rounds", done + 4]
    trained("train", "wgan", "--resume", path, *options, *ends)
    whole, rows = tmp_path / "whole.safetensors", tmp_path / "whole.csv"
    trained(*TINY, *ends, "--save", whole, "--csv", rows, "--csv-every", "3")
    assert path.read_bytes() == whole.read_bytes()
    assert table.read_bytes() == rows.read_bytes()
    assert path.with_suffix(".json").read_bytes() == whole.with_suffix(".json").read_bytes()


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path, monkeypatch):
    table = tmp_path / "metrics.csv"
    options = ["--rounds", "7", "--csv", table, "--csv-every", "2"]
    interrupt_at(monkeypatch, 15)  # the third of the six updates of round 3
    stopped = run(*TINY, *options)
    assert stopped.exit_code == 130, stopped.output
    path = tmp_path / "home" / "checkpoints" / "wgan" / "gp-seed-5.safetensors"
    assert f"Saved round 3 as {path}" in stopped.stdout
    assert checkpoint.load(path).state.position == 0, "the round was ended"
    monkeypatch.undo()
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path / "home"))
    trained(*command(stopped.stdout))
    whole, rows = tmp_path / "whole.safetensors", tmp_path / "whole.csv"
    trained(*TINY, "--rounds", "7", "--csv-every", "2", "--save", whole, "--csv", rows)
    assert path.read_bytes() == whole.read_bytes()
    assert table.read_bytes() == rows.read_bytes()


def test_a_second_ctrl_c_stops_at_once(tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    interrupt_at(monkeypatch, 15, 16)
    stopped = run(*TINY, "--rounds", "7")
    assert stopped.exit_code == 130
    assert "Saved" not in stopped.stdout and not (tmp_path / "home").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_what_is_trained_is_kept_though_measuring_is_stopped(tmp_path, monkeypatch):
    def stopped(view, round):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "_measure", stopped)
    path = tmp_path / "a.safetensors"
    assert run(*TINY, "--rounds", 3, "--save", path).exit_code == 130
    assert checkpoint.load(path).state.round == 3


def test_each_saved_round_is_said_once(tmp_path):
    path = tmp_path / "a.safetensors"
    run_out = run(*TINY, "--rounds", 4, "--save", path, "--save-every", 2)
    assert run_out.exit_code == 0
    said = [line.split()[2] for line in run_out.output.splitlines() if line.startswith("Saved")]
    assert said == ["2", "4"]
    assert checkpoint.card_beside(path)["metrics"], "the last has what was measured"


def test_what_nobody_placed_never_replaces_another(tmp_path):
    for _ in range(2):
        trained(*TINY, "--rounds", "1", "--save-every", "1")
    found = sorted(path.name for path in tmp_path.rglob("*.safetensors"))
    assert found == ["gp-seed-5-2.safetensors", "gp-seed-5.safetensors"]


def test_the_csv_has_units_and_a_row_each_so_many_rounds(tmp_path):
    table = tmp_path / "metrics.csv"
    trained("train", "planar", "--rounds", "7", "--csv", table, "--csv-every", "3")
    first, *rows = list(csv.reader(table.read_text().splitlines()))
    assert first == ["round", "t (updates)", "nll (nats)", "log_det (nats)", "gradient_norm"]
    assert [row[:2] for row in rows] == [["3", "3"], ["6", "6"]]
    state = TrainingState.start(make("planar"), 0)
    *_, third = (step for step, _ in zip(train(state), range(3), strict=False))
    assert float(rows[0][2]) == pytest.approx(float(third.metrics["nll"]), rel=1e-7)


def test_a_csv_of_another_training_is_refused_and_stays(tmp_path):
    path, table = tmp_path / "planar.safetensors", tmp_path / "metrics.csv"
    trained("train", "planar", "--rounds", "6", "--save", path)
    again = ["train", "planar", "--resume", path, "--rounds", "8", "--csv", table]
    for text, sentence in (
        ("a,b\n1,2\n", "Expected a CSV file with the columns round, t (updates), nll (nats)"),
        (
            "round,t (updates),nll (nats),log_det (nats),gradient_norm\n2,2,1,1,1\n",
            "Expected rows each 2 rounds up to 6 in metrics.csv, got the last at round 2.",
        ),
    ):
        table.write_text(text)
        refused = run(*again, "--csv-every", "2")
        assert isinstance(refused.exception, CommandError)
        assert sentence in str(refused.exception)
        assert table.read_text() == text


def test_a_resumed_training_is_the_checkpoints_own(tmp_path):
    path = tmp_path / "half.safetensors"
    trained(*TINY, "--rounds", "1", "--save", path)
    trained(*TINY, "--rounds", "2", "--resume", path)  # the same again is no contradiction
    for other in (["--set", "width=9"], ["--seed", "6"], ["--variant", "clip"]):
        refused = run("train", "wgan", "--resume", path, *other)
        assert isinstance(refused.exception, CommandError)
        assert "With --resume leave out --variant" in str(refused.exception)


def test_a_cards_command_makes_the_same_weights_and_names_no_path(tmp_path):
    half, path = tmp_path / "half.safetensors", tmp_path / "rest.safetensors"
    trained(*TINY, "--rounds", "1", "--save", half)
    trained("train", "wgan", "--resume", half, "--rounds", "3", "--save", path)
    told = json.loads(path.with_suffix(".json").read_text())["command"]
    assert str(tmp_path) not in told
    again = tmp_path / "again.safetensors"
    trained(*command(told), "--save", again)
    assert again.read_bytes() == path.read_bytes()


def test_what_a_page_saved_amid_a_round_goes_on(tmp_path):
    state = TrainingState.start(make("wgan", "gp", {"width": 8, "batch": 16}), 5)
    steps = train(state)
    for _ in range(8):
        next(steps)
    path = tmp_path / "home" / "checkpoints" / "wgan" / "lesson-gp.safetensors"
    checkpoint.save(path, take(state), checkpoint.card_of(state, "saved from its page"))
    rest, whole = tmp_path / "rest.safetensors", tmp_path / "whole.safetensors"
    trained("train", "wgan", "--resume", "wgan/lesson-gp", "--rounds", "3", "--save", rest)
    trained(*TINY, "--rounds", "3", "--save", whole)
    assert rest.read_bytes() == whole.read_bytes()


def test_weights_are_saved_under_their_own_ending(tmp_path):
    refused = run(*TINY, "--rounds", "1", "--save", tmp_path / "weights.json")
    assert isinstance(refused.exception, CommandError)
    assert "a file ending in .safetensors" in str(refused.exception)
