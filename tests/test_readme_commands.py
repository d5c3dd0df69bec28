"""Each command of the README's section on the command line runs, in tiny form."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gen_core.command_line.main import app

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
SECTION = re.search(r"^## Command line\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)[1]
BLOCK = re.search(r"^```sh\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)[1]
COMMANDS = [re.split(r"\s#\s", line)[0].strip() for line in BLOCK.splitlines()]

# What makes a command tiny: options that replace its own, and words that replace words.
TINY = {
    "list": {},
    "list wgan": {},
    "list --checkpoints": {},
    "train wgan --variant": {"--rounds": "2", "--save-every": "1", "width=64": "width=8"},
    "train wgan --resume": {"--rounds": "3"},
    "sample pixelcnn/digits": {"--count": "2"},
    "sample gp.safetensors": {"--count": "3"},
    "walk vae/digits": {"--steps": "4"},
    "levels hierarchical_pixelvae/rooms-16": {
        "hierarchical_pixelvae/rooms-16": "hierarchical_pixelvae/digits",
        "--count": "1",
        "--rows": "1",
        "--tops": "2",
    },
    "evaluate vae/digits": {"--pictures": "4", "--samples": "2"},
}


def tiny(command: str) -> list[str]:
    """A command's words behind ``python -m gen_core``, with what makes it tiny in their place."""
    assert command.startswith("python -m gen_core "), command
    words = shlex.split(command)[3:]
    fits = [start for start in TINY if words[: len(shlex.split(start))] == shlex.split(start)]
    assert fits, f"{command} has no tiny form: add one to TINY"
    for name, value in TINY[max(fits, key=len)].items():
        if not name.startswith("--"):
            words = [value if word == name else word for word in words]
        elif name in words:
            words[words.index(name) + 1] = value
        else:
            words += [name, value]
    return words


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Commands run one after the other in one folder: a later one reads an earlier one's files."""
    return tmp_path_factory.mktemp("commands")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(command, place, monkeypatch):
    monkeypatch.chdir(place)
    words = tiny(command)
    done = CliRunner().invoke(app, words, env={"COLUMNS": "160"})
    assert done.exit_code == 0, (done.output, done.exception)
    written = [
        words[at + 1] for at, word in enumerate(words) if word in ("--out", "--save", "--csv")
    ]
    assert all((place / name).stat().st_size for name in written)


def test_every_tiny_form_is_of_a_command_that_is_shown():
    shown = [" ".join(shlex.split(command)[3:]) for command in COMMANDS]
    assert [start for start in TINY if not any(each.startswith(start) for each in shown)] == []


def test_every_command_of_the_core_is_shown():
    named = {command.name for command in app.registered_commands}
    shown = {shlex.split(command)[3] for command in COMMANDS}
    others = set(re.findall(r"python -m gen_core (\w+)", README + _checkpoints_page()))
    assert named <= shown | others


def test_a_new_command_without_a_tiny_form_fails():
    with pytest.raises(AssertionError, match="has no tiny form"):
        tiny("python -m gen_core train vae --rounds 100000")


def _checkpoints_page() -> str:
    return (Path(__file__).resolve().parents[1] / "checkpoints" / "README.md").read_text()
