"""The exported script, alone in a folder with torch, prints the reference update's numbers."""

import ast
import csv
import importlib.metadata
import math
import re
import subprocess
import sys

import numpy as np
import pytest

from gen_core.data.drawing import drawing, encode
from gen_core.data.points_csv import read_points
from gen_core.data.stored import keep
from gen_core.errors import DataError, SettingError
from gen_core.exporting.script import script
from gen_core.recipes.base import make
from gen_core.training.loop import Edit, TrainingState, train

SMALL = {"width": 6, "depth": 2, "batch": 16}
ROUNDS = 4
GAMES = [
    ("wgan", "gp", {"data": "8gaussians"}, [Edit(7, "penalty", 1.0), Edit(9, "n_critic", 2)]),
    ("wgan", "gp-one-sided", {"data": "25gaussians", "penalty": 3.5}, [Edit(0, "n_critic", 3)]),
    ("wgan", "clip", {"data": "moons", "clip": 0.1}, [Edit(6, "critic_lr", 0.01)]),
    ("wgan", "clip-code", {"data": "rings", "warm_up": False}, []),
    ("wgan", "clip-tensorflow", {"data": "checkerboard"}, [Edit(3, "clip", 0.2)]),
    ("wgan", "clip-figure", {"data": "swissroll", "n_critic": 3, "data_repeat": 3}, []),
    ("gan", "non-saturating", {"data": "swissroll"}, [Edit(4, "generator_lr", 0.1)]),
    ("gan", "minimax", {"data": "checkerboard"}, [Edit(2, "n_discriminator", 2)]),
    ("gan", "least-squares-rmsprop", {"data": "rings"}, []),
    ("wgan", "gp", {"data": "own"}, []),
    ("wgan", "gp-lines", {"theta": -0.25}, [Edit(5, "theta", 0.75)]),
    ("gan", "minimax-lines", {}, []),
    ("wgan", "gp", {"data": "drawn"}, []),
]

# Alone means: of all that is installed here, nothing but torch and what its package requires.
ALONE = """
import importlib.machinery, runpy, sys
class Alone(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        known = name.partition(".")[0] not in {absent!r}
        return super().find_spec(name, path, target) if known else None
sys.meta_path[:] = [*sys.meta_path[:2], Alone]  # behind built-in and frozen modules
for path in sys.argv[1:]:
    print("script", path)
    runpy.run_path(path, run_name="__main__")
"""


def absent() -> set[str]:
    """Importable names that an environment with torch alone would not have."""
    wanted, seen = ["torch"], set()
    while wanted:
        name = re.match(r"[\w.-]+", wanted.pop())[0].lower().replace("_", "-")
        if name not in seen:
            seen.add(name)
            try:
                needs = importlib.metadata.requires(name) or []
            except importlib.metadata.PackageNotFoundError:
                continue
            wanted += [each for each in needs if "extra ==" not in each]
    owners = importlib.metadata.packages_distributions()
    assert {"numpy", "streamlit"} <= set(owners), "this environment has more than torch"
    return {"gen_core", "app"} | {
        module
        for module, names in owners.items()
        if not {name.lower().replace("_", "-") for name in names} & seen
    }


def run_alone(scripts, folder):
    """What scripts print in a folder of their own, each as rows of words."""
    paths = []
    for number, text in enumerate(scripts):
        paths.append(folder / f"taken_home_{number}.py")
        paths[-1].write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE.format(absent=absent()), *map(str, paths)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    _, *printed = re.split(r"^script .*\n", done.stdout, flags=re.MULTILINE)
    return [list(csv.reader(each.splitlines())) for each in printed]


def reference(recipe, seed, rounds, edits, monkeypatch):
    """The same training in this process: the loop, with every update done by the reference."""

    def update(self, player, state):
        *_, last = self.reference_update(player, state)
        return {f"{player}_{name}": value for name, value in last.tensors.items()}

    monkeypatch.setattr(type(recipe), "update", update)
    state, found, numbers = TrainingState.start(recipe, seed), [], {}
    waiting, steps = list(edits), train(state)
    while state.round < rounds:
        while waiting and waiting[0].t <= state.t:
            state.edit(waiting[0].name, waiting.pop(0).value)
        step = next(steps)
        numbers |= {name: value.item() for name, value in step.metrics.items()}
        if step.round_done:
            found.append(numbers)
            numbers = {}
    return found


def own_points():
    """Four points of a person's own, by the name that a recipe knows them under."""
    return keep(read_points(b"0.1,2\n3,4\n5,0.7\n-1,2.3\n"))


def drawn_points():
    """A drawing of three points."""
    return keep(drawing(encode(np.array([[1.0, 0.0], [-1.0, 0.5], [0.25, -1.5]]))))


def recipe_of(stem, variant, overrides):
    made = {"own": own_points, "drawn": drawn_points}.get(overrides.get("data"))
    data = {"data": made()} if made else {}
    return make(stem, variant, SMALL | overrides | data)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What every game's script prints; one process runs them all, since torch loads slowly."""
    scripts = [
        script(recipe_of(stem, variant, overrides), 11, ROUNDS, edits)
        for stem, variant, overrides, edits in GAMES
    ]
    return run_alone(scripts, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("number", range(len(GAMES)), ids=[f"{g[0]}-{g[1]}" for g in GAMES])
def test_alone_it_prints_the_numbers_of_the_reference(number, printed, monkeypatch):
    stem, variant, overrides, edits = GAMES[number]
    expected = reference(recipe_of(stem, variant, overrides), 11, ROUNDS, edits, monkeypatch)
    names, *rows = printed[number]
    assert names == ["round", *expected[0]]
    assert [[int(row[0]), *map(float, row[1:])] for row in rows] == [
        [round, *numbers.values()] for round, numbers in enumerate(expected, start=1)
    ]
    assert all(math.isfinite(value) for numbers in expected for value in numbers.values())


def test_many_points_are_refused_in_a_sentence():
    name = keep(read_points("\n".join(f"{n},{n * n}" for n in range(1025)).encode()))
    with pytest.raises(DataError, match="at most 1024 points inside a script, got 1025"):
        script(make("wgan", "gp", {"data": name}), 0, 1)


def test_a_recipe_that_has_no_plain_script_is_refused():
    with pytest.raises(SettingError, match="a recipe of wgan, gan"):
        script(make("vae"), 0, 1)


@pytest.mark.parametrize(("stem", "variant"), [("wgan", "clip-tensorflow"), ("gan", "minimax")])
def test_it_imports_nothing_but_torch_and_reads_well(stem, variant, tmp_path):
    text = script(make(stem, variant, {"width": 12}), 7, 100, [Edit(3, "generator_lr", 0.5)])
    tree = ast.parse(text)
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert imported <= sys.stdlib_module_names | {"torch"}
    assert "gen_core" not in text and "SEED = 7\nROUNDS = 100\n" in text
    assert '(3, "generator_lr", 0.5),' in text
    assert "set for this run; 128" in text and "width: int = 12" in text
    path = tmp_path / "script.py"
    path.write_text(text, encoding="utf-8")
    rules = ["--isolated", "--select", "E,F,W,I,B,D,UP", "--ignore", "D105,D107"]
    rules += ["--config", 'lint.pydocstyle.convention="google"', "--line-length", "99"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *rules, str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
