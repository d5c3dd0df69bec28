"""The command line as a person calls it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gen_core import checkpoint
from gen_core.command_line.main import app, main
from gen_core.data.images import source
from gen_core.errors import GenLabError
from gen_core.recipes.base import make, recipes
from gen_core.training.loop import TrainingState
from gen_core.training.snapshot import take
from tests.data.image_files import colours, file, unpacked

ROOT = Path(__file__).parents[1]


def run(*arguments):
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "160"})


def test_list_names_every_recipe_and_a_recipes_settings():
    listed = run("list")
    assert listed.exit_code == 0
    assert all(stem in listed.stdout for stem in recipes())
    shown = run("list", "wgan", "--variant", "clip").stdout
    assert "λ" in shown and "rmsprop" in shown and "points" in shown, "symbol, default, unit"


def test_list_names_the_checkpoints_that_ship_and_those_that_were_saved(tmp_path, monkeypatch):
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path))
    path = str(tmp_path / "checkpoints" / "planar" / "mine.safetensors")
    assert run("train", "planar", "--rounds", "1", "--save", path).exit_code == 0
    rows = run("list", "--checkpoints").stdout.splitlines()
    assert any("vae/digits " in row and "4000" in row and "ships" in row for row in rows)
    assert any("planar/mine" in row and "saved" in row for row in rows)
    assert any("hierarchical_pixelvae/rooms-32 " in row for row in rows), "a name is whole"
    assert "vae/digits " not in run("list", "planar", "--checkpoints").stdout


def test_list_passes_over_what_a_page_had_not_yet_measured(tmp_path, monkeypatch):
    """Its card says null there."""
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path))
    path = tmp_path / "checkpoints" / "planar" / "mine.safetensors"
    state = TrainingState.start(make("planar"), 1)
    measured = {"modes": {"label": "M", "value": None}, "w1": {"label": "W1", "value": 3}}
    checkpoint.save(path, take(state), checkpoint.card_of(state, "none", measured))
    (row,) = [row for row in run("list", "--checkpoints").stdout.splitlines() if "mine" in row]
    assert "W1 3" in row and "M " not in row.split("mine")[1]


@pytest.mark.parametrize("stem", ["wgan", "vae"])
def test_train_prints_metrics_and_saves_what_load_continues(stem, tmp_path):
    path = tmp_path / "tiny.safetensors"
    tiny = ["--set", "width=8"] if stem == "wgan" else []
    done = run("train", stem, "--rounds", "2", "--seed", "3", *tiny, "--save", str(path))
    assert done.exit_code == 0, done.output
    found = checkpoint.load(path, stem=stem)
    assert found.state.round == 2 and found.state.seed == 3
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["command"].startswith(f"python -m gen_core train {stem}")


def test_a_long_training_saves_on_its_way(tmp_path, monkeypatch):
    saved = []
    write = checkpoint.save

    def note(path, data, card):
        saved.append(card["round"])
        return write(path, data, card)

    monkeypatch.setattr(checkpoint, "save", note)
    path = str(tmp_path / "way.safetensors")
    tiny = ["--set", "width=8", "--set", "batch=16", "--rounds", "5"]
    done = run("train", "wgan", *tiny, "--save-every", "2", "--save", path)
    assert done.exit_code == 0, done.output
    assert saved == [2, 4, 5, 5], "the last before it is measured, and with what was measured"


def test_a_resumed_training_equals_the_unbroken_one_bit_for_bit(tmp_path):
    whole, half, rest = (
        str(tmp_path / f"{name}.safetensors") for name in ("whole", "half", "rest")
    )
    tiny = ["train", "wgan", "--set", "width=8", "--set", "batch=16"]
    assert run(*tiny, "--rounds", "4", "--save", whole).exit_code == 0
    assert run(*tiny, "--rounds", "2", "--save", half).exit_code == 0
    resumed = run("train", "wgan", "--resume", half, "--rounds", "4", "--save", rest)
    assert resumed.exit_code == 0, resumed.output
    assert Path(rest).read_bytes() == Path(whole).read_bytes()


def test_own_pictures_are_kept_under_the_name_that_train_takes(tmp_path, monkeypatch):
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path / "home"))
    members = {f"{salt:02}.png": file(colours(salt)) for salt in range(23)}
    folder = str(unpacked({**members, "[b]notes[/b].txt": b"text"}, tmp_path / "pictures"))
    kept = run("keep", folder, "--size", "8", "--levels", "2", "--colour")
    assert kept.exit_code == 0, kept.output
    read, skipped, place, last = kept.stdout.splitlines()
    assert read == "23 pictures of 8 × 8 pixels, 2 levels, colour; 3 of them held out."
    assert skipped == "Skipped 1: [b]notes[/b].txt is bytes that are none, not a picture."
    assert Path(place.removeprefix("They lie in ").removesuffix(".")).is_file()
    setting = last.removeprefix("Train on them with --set ")
    data = source(setting.removeprefix("data="))
    assert data.image_shape == (3, 8, 8) and data.top_level == 1 and data.n_train == 20
    tiny = ["--set", "width=6", "--set", "depth=1", "--rounds", "1"]
    trained = run("train", "pixelcnn", "--set", setting, *tiny)
    assert trained.exit_code == 0, trained.output
    assert run("keep", folder, "--size", "8").stdout.startswith("23 pictures of 8 × 8 pixels, 16")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "nothing"], "Expected a stem"),
        (["train", "wgan", "--set", "clip=7"], "from 0.0001 to 1 for clip, got '7'"),
        (["train", "wgan", "--set", "clip"], "Expected name=value"),
        (["train", "wgan", "--set", "penalti=1"], "got 'penalti'. Did you mean penalty?"),
        (["train", "wgam"], "got 'wgam'. Did you mean wgan?"),
        (["train", "wgan", "--variant", "gpp"], "got 'gpp'. Did you mean gp?"),
        (["list", "--variant", "gp"], "Expected a paper before its variant"),
        (["train", "wgan", "--device", "abacus"], "Expected a device of this machine"),
        (["keep", "no/such/place"], "Expected a folder or a zip of pictures, got no/such/place"),
        (["keep", ".", "--size", "3"], "Expected a size from 4 to 64 and 2 to 256 levels"),
        (["fetch", "cifar"], "Expected a data set that is fetched (mnist), got 'cifar'"),
    ],
)
def test_bad_input_is_one_sentence(arguments, sentence):
    refused = run(*arguments)
    assert isinstance(refused.exception, GenLabError)
    assert sentence in str(refused.exception)


def test_a_shell_sees_the_sentence_and_exit_code_2():
    command = [sys.executable, "-m", "gen_core", "train", "wgan", "--set", "clip=7"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 2
    assert refused.stdout == "" and refused.stderr.startswith("Expected ")
    assert "from 0.0001 to 1 for clip" in refused.stderr and refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code"), [(["list"], 0), (["list", "wgam"], 2), (["list", "--no-such"], 2)]
)
def test_results_and_complaints_never_share_a_stream(arguments, code, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["gen_core", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == code
    assert (bool(said.out), bool(said.err)) == (code == 0, code != 0)
