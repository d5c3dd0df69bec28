"""The code that slow motion lights: all lines of a reference update, each with its stage."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

from gen_core.errors import SettingError
from gen_core.recipes import listing as listing_module
from gen_core.recipes.base import make, recipes
from gen_core.recipes.listing import PLAYERS, listing, parse
from gen_core.training.loop import TrainingState

UPDATES = [(stem, player) for stem, players in PLAYERS.items() for player in players]
WALKS = [
    (stem, variant, player)
    for stem in PLAYERS
    for variant in recipes()[stem].variants
    for player in PLAYERS[stem]
]
TINY = '''
def update(
    x, *, kind, first
):
    """Say nothing."""
    y = x
    yield "a", {}
    if kind == "p" and not first:
        y = 1
    elif kind != "q":
        y = 2
    else:
        yield "b", {
            "y": y,
        }
    if y:
        y = 3
    yield "c", {}
'''
P, NOT_P, Q, NOT_Q = (("kind", how, name) for name in "pq" for how in ("==", "!="))


def test_a_small_update_by_hand():
    lines = parse(TINY, "update")
    assert [(line.text.strip(), line.stage, line.tests) for line in lines] == [
        ("def update(", "", ()),
        ("x, *, kind, first", "", ()),
        ("):", "", ()),
        ("y = x", "a", ()),
        ('yield "a", {}', "a", ()),
        ('if kind == "p" and not first:', "b", ()),
        ("y = 1", "b", (P, ("first", "==", False))),
        ('elif kind != "q":', "b", ()),
        ("y = 2", "b", (NOT_Q,)),
        ("else:", "b", (Q,)),
        ('yield "b", {', "b", (Q,)),
        ('"y": y,', "b", (Q,)),
        ("}", "b", (Q,)),
        ("if y:", "c", ()),
        ("y = 3", "c", ()),
        ('yield "c", {}', "c", ()),
    ]


@pytest.mark.parametrize(("stem", "player"), UPDATES)
def test_every_line_and_every_stage_is_there(stem, player):
    source = Path(listing_module.__file__).with_name(f"{stem}_reference.py").read_text()
    functions = {each.name: each for each in ast.parse(source).body if hasattr(each, "name")}
    found = functions[PLAYERS[stem][player]]
    lines = source.splitlines()[found.lineno - 1 : found.end_lineno]
    docstring = found.body[0]
    length = docstring.end_lineno - docstring.lineno + 1
    start = docstring.lineno - found.lineno
    assert [line.text for line in listing(stem, player)] == (
        lines[:start] + lines[start + length :]
    )
    yields = [node for node in ast.walk(found) if isinstance(node, ast.Yield)]
    named = {node.value.elts[0].value for node in yields}
    assert {line.stage for line in listing(stem, player)} == {"", *named}
    for node in yields:
        (line,) = [each for each in listing(stem, player) if each.text == lines_of(source, node)]
        assert line.stage == node.value.elts[0].value


def lines_of(source, node):
    return source.splitlines()[node.lineno - 1]


@pytest.mark.parametrize(("stem", "variant", "player"), WALKS)
def test_the_lines_that_run_are_those_whose_tests_hold(stem, variant, player):
    """Traced line by line: nothing that is lit is skipped, nothing dimmed runs."""
    recipe = make(stem, variant, {"width": 4, "depth": 1, "batch": 4, "fixed_generator": False})
    state = TrainingState.start(recipe, 0)
    module = importlib.import_module(f"gen_core.recipes.{stem}_reference")
    source = Path(module.__file__).read_text().splitlines()
    run: dict[str, set[str]] = {}

    def trace(frame, event, _):
        if frame.f_code.co_name != PLAYERS[stem][player]:
            return None
        if event == "line":
            text = source[frame.f_lineno - 1]
            run.setdefault(text, set())
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        stages = [stage.name for stage in state.recipe.reference_update(player, state)]
    finally:
        sys.settrace(before)
    lines = [line for line in listing(stem, player) if line.stage]
    acting = [line for line in lines if all(holds(recipe, test) for test in line.tests)]
    silent = {"else:"}  # a keyword that no trace sees
    assert {line.text for line in acting if line.text.strip() not in silent} == run.keys()
    asked = [line for line in acting if line.text.lstrip().startswith("yield")]
    assert [line.stage for line in asked] == stages


def holds(recipe, test):
    name, how, value = test
    return (getattr(recipe, name) == value) == (how == "==")


def test_a_player_without_a_listing_is_refused():
    with pytest.raises(SettingError, match="wgan critic"):
        listing("vae", "vae")
