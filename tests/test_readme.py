"""What the documents promise is there: commands, targets, files, links, pages."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.run import RESULTS, app
from benchmarks.table import render
from gen_core.command_line.main import app as core

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "benchmarks" / "README.md",
    ROOT / "checkpoints" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^```(?:sh|bat)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:make|python|\.venv/bin/\w+|pip) [^`]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def commands() -> list[str]:
    """Every command of every document, without the remarks behind it."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text()
        lines = [line for block in FENCE.findall(text) for line in block.splitlines()]
        found += [*lines, *INLINE.findall(text)]
    cut = [re.split(r"\s#\s", line)[0].strip() for line in found]
    return sorted({line for line in cut if line and not line.startswith("#")})


def names(command: str) -> list[str]:
    """The words of a command, without variables set before it and with a plain `python`."""
    words = shlex.split(command.replace("\\", "/"))
    while words and "=" in words[0]:
        words = words[1:]
    program = Path(words[0]).stem if words else ""
    return ["python" if program in ("python", "python3", "py") else program, *words[1:]]


@pytest.mark.parametrize("command", commands())
def test_a_command_names_what_exists(command: str) -> None:
    program, *rest = names(command)
    if program == "make":
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {word for word in rest if "=" not in word} <= set(targets)
    for word in rest:
        if re.fullmatch(r"[\w./-]+\.(py|txt|toml)", word) or word.startswith("tests/"):
            assert (ROOT / word).exists(), word
    if program == "python" and rest[:1] == ["-m"]:
        assert importlib.util.find_spec(rest[1]), rest[1]
    if program == "python" and rest[:1] == ["-m"] and rest[1].startswith("benchmarks."):
        assert_known_to_the_benchmarks(rest[2:])
    if program == "python" and rest[:2] == ["-m", "gen_core"]:
        assert_known_to_the_core(rest[2:])


def assert_known_to_the_benchmarks(words: list[str]) -> None:
    shown = CliRunner().invoke(app, [*words[:1], "--help"] if words[:1] != ["--help"] else words)
    assert shown.exit_code == 0, shown.output
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown.output)
    for option in (word for word in words if word.startswith("--")):
        assert option in plain


def assert_known_to_the_core(words: list[str]) -> None:
    subcommand = [word for word in words[:1] if not word.startswith("-")]
    environment = {"COLUMNS": "200", "NO_COLOR": "1"}
    shown = CliRunner().invoke(core, [*subcommand, "--help"], env=environment)
    assert shown.exit_code == 0, shown.output
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown.output)
    for option in (word for word in words if word.startswith("--")):
        assert option.partition("=")[0] in plain


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    inside = [link for link in LINK.findall(path.read_text()) if "://" not in link]
    assert [link for link in inside if not (path.parent / link).exists()] == []


def test_the_map_of_folders_is_true() -> None:
    text = (ROOT / "README.md").read_text()
    block = re.search(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert block, "the map of folders"
    for line in block[1].splitlines():
        place = line.split()[0]
        assert (ROOT / place).exists(), place


def test_the_table_of_pages_is_whole() -> None:
    text = (ROOT / "README.md").read_text()
    pages = {path.stem for path in (ROOT / "app" / "pages").glob("*.py")}
    assert pages == set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def test_the_measured_numbers_are_the_kept_ones() -> None:
    assert render(RESULTS) in (ROOT / "benchmarks" / "README.md").read_text()


def test_documents_hold_no_path_of_one_machine() -> None:
    for path in DOCUMENTS:
        assert not re.search(r"(?<![\w.])/(home|root|work|tmp|Users)/", path.read_text()), path
