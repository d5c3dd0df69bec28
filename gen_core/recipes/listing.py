"""The text of a reference update, line by line, with the stage that each line leads to.

Read from the syntax tree of the module's source, so that a page can show the code without
importing it (and torch with it). A line belongs to the first ``yield "stage", ...`` at or below
it; the signature belongs to none.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gen_core.errors import SettingError

__all__ = ["PLAYERS", "Line", "Test", "listing", "parse"]

Test = tuple[str, str, str | bool]
Tests = tuple[Test, ...]
PLAYERS: Mapping[str, Mapping[str, str]] = {
    "wgan": {"critic": "critic_update", "generator": "generator_update"},
    "gan": {"discriminator": "discriminator_update", "generator": "generator_update"},
}


@dataclass(frozen=True)
class Line:
    """One line of code.

    Attributes:
        text: The line, without its end.
        stage: The stage that it leads to; empty in the signature.
        tests: What must hold of the recipe's settings for the line to run, each
            ``(setting, "==" or "!=", value)``; none where it always runs.
    """

    text: str
    stage: str
    tests: Tests = ()


@cache
def listing(stem: str, player: str) -> tuple[Line, ...]:
    """Return the lines of a player's reference update, without its docstring.

    Args:
        stem: The paper, such as ``"wgan"``.
        player: Whose update, such as ``"critic"``.

    Raises:
        SettingError: The paper has no reference update of this player.

    Example:
        >>> listing("wgan", "generator")[-1].text.strip()[:12]
        'yield "step"'
    """
    function = PLAYERS.get(stem, {}).get(player)
    if function is None:
        known = ", ".join(f"{stem} {each}" for stem in PLAYERS for each in PLAYERS[stem])
        got = f"{stem} {player}"
        raise SettingError(f"an update with a listing ({known})", got, "Choose one of these.")
    source = Path(__file__).with_name(f"{stem}_reference.py").read_text(encoding="utf-8")
    return parse(source, function)


def parse(source: str, function: str) -> tuple[Line, ...]:
    r"""Return the lines of a function in a module's source; see :func:`listing`.

    Args:
        source: The module.
        function: A generator of ``yield "stage", tensors``, its settings keyword-only.

    Example:
        >>> code = 'def f(x):\n    y = x\n    yield "a", {}\n    y = 0\n    yield "b", {}'
        >>> [line.stage for line in parse(code, "f")]
        ['', 'a', 'a', 'b', 'b']
    """
    tree = ast.parse(source)
    named = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    found = next(node for node in named if node.name == function)
    texts = source.splitlines()
    body = found.body[1:] if ast.get_docstring(found) else found.body
    yields = dict(_yields(found))
    tests = dict(_tests(body, (), {each.arg for each in found.args.kwonlyargs}))
    signature = range(found.lineno, found.body[0].lineno)
    lines = [Line(texts[number - 1], "") for number in signature]
    for number in range(body[0].lineno, (found.end_lineno or 0) + 1):
        stage = next(yields[end] for end in sorted(yields) if end >= number)
        lines.append(Line(texts[number - 1], stage, tests.get(number, ())))
    return tuple(lines)


def _yields(found: ast.FunctionDef) -> Iterator[tuple[int, str]]:
    """Give the last line of each yield, and the stage that it names."""
    for node in ast.walk(found):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            yield node.end_lineno or node.lineno, ast.literal_eval(node.value.elts[0])


def _tests(body: list[ast.stmt], above: Tests, settings: set[str]) -> Iterator[tuple[int, Tests]]:
    """Give every line inside an ``if`` that asks for settings, with all that it asks for."""
    for node in body:
        inside = _asked(node.test, settings) if isinstance(node, ast.If) else ()
        if not isinstance(node, ast.If) or not inside:
            last = node.end_lineno or node.lineno
            yield from ((number, above) for number in range(node.lineno, last + 1))
            continue
        yield node.lineno, above
        yield from _tests(node.body, above + inside, settings)
        if node.orelse:
            start = node.body[-1].end_lineno or 0
            other = above + _opposite(inside)
            yield from ((number, other) for number in range(start + 1, node.orelse[0].lineno))
            yield from _tests(node.orelse, other, settings)


def _asked(test: ast.expr, settings: set[str]) -> Tests:
    """Return what a condition asks of the settings; nothing where it is of another form."""
    match test:
        case ast.BoolOp(ast.And(), parts):
            every = [_asked(part, settings) for part in parts]
            return tuple(each for asked in every for each in asked) if all(every) else ()
        case ast.UnaryOp(ast.Not(), ast.Name(name)):
            asked: Test = (name, "==", False)
        case ast.Name(name):
            asked = (name, "==", True)
        case ast.Compare(ast.Name(name), [ast.Eq()], [ast.Constant(str(value))]):
            asked = (name, "==", value)
        case ast.Compare(ast.Name(name), [ast.NotEq()], [ast.Constant(str(value))]):
            asked = (name, "!=", value)
        case _:
            return ()
    return (asked,) if name in settings else ()


def _opposite(asked: Tests) -> Tests:
    """Return what the other branch asks for; of several tests it is not known which failed."""
    if len(asked) != 1:
        return ()
    ((name, how, value),) = asked
    return ((name, "!=" if how == "==" else "==", value),)
