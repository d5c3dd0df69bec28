"""Source text of this project's own functions and classes, as it stands in their files.

An exported script is composed of it: what a reader of the script sees is what ran, comments
included, and it changes when the project changes.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Collection, Iterator, Sequence
from types import ModuleType

__all__ = [
    "assigned",
    "below_imports",
    "class_text",
    "import_lines",
    "method_text",
    "text",
    "without",
    "without_branch",
]

_EXAMPLE = re.compile(r"\n\n( +)Example:\n(?:\1 +.*\n|\n)*(?=\1\"\"\")")
_ONE_LINE = re.compile(r'("""[^"\n]+)\n +"""')
_FOR_CHECKERS = re.compile(r"  # (?:type: ignore|noqa)\S*(?:  \(.*\))?$", re.MULTILINE)

_ORIGINS = {
    "collections.abc": ("Callable", "Iterable", "Iterator", "Mapping", "Sequence"),
    "dataclasses": ("dataclass",),
    "typing": ("cast",),
    "torch": ("Tensor", "nn"),
    "torch.nn.functional": ("softplus",),
    "torch.optim": ("Adam", "Optimizer", "RMSprop"),
}
_STANDARD = ("hashlib", "math")


def text(thing: type | Callable[..., object]) -> str:
    """Return the source of a function or class, without doctests and remarks for checkers.

    Args:
        thing: A function or class that is defined in a file.

    Example:
        >>> print(text(text).splitlines()[0])
        def text(thing: type | Callable[..., object]) -> str:
    """
    return _tidy(textwrap.dedent(inspect.getsource(thing)).rstrip())


def method_text(owner: type, name: str) -> str:
    """Return the source of a method or property, wherever a class inherited it from."""
    found = next(vars(each)[name] for each in owner.__mro__ if name in vars(each))
    return text(getattr(found, "fget", found))  # a property's own function


def class_text(cls: type, members: Collection[str]) -> str:
    """Return a class with its docstring and the named members alone.

    Bases of this project's own are left out; those of torch stay.

    Args:
        cls: The class.
        members: Names of annotated fields and methods to keep, in the file's order.
    """
    source = text(cls)
    (tree,) = ast.parse(source).body
    assert isinstance(tree, ast.ClassDef)
    bases = [name for each in tree.bases if (name := ast.unparse(each)).startswith("nn.")]
    head = [
        *(f"@{ast.unparse(each)}" for each in tree.decorator_list),
        f"class {tree.name}({', '.join(bases)}):" if bases else f"class {tree.name}:",
        _lines(source, tree.body[0]),
    ]
    fields = [each for each in tree.body if isinstance(each, ast.AnnAssign)]
    kept = [_lines(source, each) for each in fields if ast.unparse(each.target) in members]
    methods = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    parts = ["\n".join(head), "\n".join(kept)]
    parts += [_lines(source, each) for each in methods if each.name in members]
    return "\n\n".join(part for part in parts if part)


def assigned(module: ModuleType, name: str) -> str:
    """Return the statement that gives a module's constant its value."""
    source = inspect.getsource(module)
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return _lines(source, node)
    raise KeyError(f"{module.__name__} assigns no {name}")


def below_imports(module: ModuleType) -> str:
    """Return a module's text below its docstring, imports and list of offers."""
    source = inspect.getsource(module)
    nodes = ast.parse(source).body
    last = max(
        place
        for place, node in enumerate(nodes)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or ast.unparse(node)[:7] == "__all__"
    )
    return _tidy("\n".join(source.splitlines()[nodes[last].end_lineno :]).strip())


def without(source: str, doomed: Sequence[ast.AST]) -> str:
    """Return a source without the lines on which some of its nodes stand.

    Args:
        source: Python source.
        doomed: Nodes of its tree, each alone on its lines.
    """
    gone = {n for node in doomed for n in range(*_span(node))}
    kept = [line for n, line in enumerate(source.splitlines(), 1) if n not in gone]
    return "\n".join(kept)


def without_branch(source: str, word: str) -> str:
    """Return a function without its ``if`` statements that speak of a word."""
    branches = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.If)]
    return without(source, [node for node in branches if word in ast.unparse(node)])


def import_lines(code: str) -> list[str]:
    """Return the import statements that a code needs, among those that a script may have."""
    used = set(_names(ast.parse(code)))
    lines = [f"import {name}" for name in _STANDARD if name in used]
    torch_lines = ["import torch"]
    for origin, offers in _ORIGINS.items():
        wanted = [name for name in offers if name in used]
        if wanted:
            where = torch_lines if origin.startswith("torch") else lines
            where.append(f"from {origin} import {', '.join(wanted)}")
    return [*lines, "", *torch_lines]


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id


def _span(node: ast.AST) -> tuple[int, int]:
    """First line of a node, and the line after its last; both counted from 1."""
    assert isinstance(node, (ast.stmt, ast.expr, ast.keyword))
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(each.lineno for each in decorators)])
    return first, (node.end_lineno or first) + 1


def _lines(source: str, node: ast.AST) -> str:
    first, after = _span(node)
    return "\n".join(source.splitlines()[first - 1 : after - 1])


def _tidy(source: str) -> str:
    source = _FOR_CHECKERS.sub("", _EXAMPLE.sub("\n", source))
    return _ONE_LINE.sub(r'\1"""', source)
