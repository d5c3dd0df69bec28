"""The house keeps its order: read from the syntax trees, so nothing has to be imported for it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Lowest first; a room may import its own floor and those below.
CORE_FLOORS = (
    ("gen_core.errors",),
    ("gen_core.data", "gen_core.distributions", "gen_core.nn", "gen_core.training"),
    ("gen_core.objectives", "gen_core.bijections"),
    ("gen_core.models",),
    ("gen_core.evaluation",),
    ("gen_core.recipes",),
    ("gen_core.exporting", "gen_core.sampling"),
    ("gen_core.checkpoint", "gen_core.codes_file", "gen_core.shelves"),
    ("gen_core.exploration",),
    ("gen_core.evaluate",),
    ("gen_core.sweeping", "gen_core.walking"),
    ("gen_core.free_bits_sweep", "gen_core.layer_sweep", "gen_core.posterior_sweep"),
    ("gen_core.printing",),
    ("gen_core.command_line",),
    ("gen_core.__main__",),
)
FLOORS = (
    *CORE_FLOORS,
    ("app.live",),
    ("app.captions", "app.colormap", "app.equations", "app.figures", "app.kept", "app.tables"),
    ("app.recording_import", "app.zipped"),
    ("app.preset", "app.stills"),
    ("app.layer_chart", "app.posterior_chart"),
    ("app.presets", "app.state", "app.tour"),
    ("app.address",),
    ("app.cards", "app.exchange", "app.library", "app.layout", "app.suiting"),
    ("app.attach", "app.controls", "app.moment", "app.opening"),
    ("app.own_data", "app.own_pictures", "app.walk_pictures"),
    ("app.record", "app.thumbnail_codes", "app.thumbnails"),
    ("app.animation", "app.exports"),
    ("app.kept_pictures", "app.take_home", "app.walk_export"),
    ("app.library_card",),
    ("app.library_page", "app.live_page"),
    ("app.document", "app.pages", "app.shell"),
    ("streamlit_app",),
)
SCREEN = {"streamlit", "plotly", "altair"}
# The only files that may draw on the screen; the rest of the app is testable without it.
STREAMLIT_FILES = {
    "app/controls.py",
    "app/layout.py",
    "app/library.py",
    "app/library_card.py",
    "app/library_page.py",
    "app/live_page.py",
    "app/moment.py",
    "app/opening.py",
    "app/own_data.py",
    "app/own_pictures.py",
    "app/take_home.py",
    "app/walk_export.py",
    "app/walk_pictures.py",
    "streamlit_app.py",
}
STREAMLIT_FOLDERS = ("app/pages/", "app/shell/")
UNSAFE = {"pickle", "cloudpickle", "dill", "shelve", "marshal"}


def sources() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    files = [*ROOT.glob("gen_core/**/*.py"), *ROOT.glob("app/**/*.py")]
    found = {}
    for path in [*files, ROOT / "streamlit_app.py"]:
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that a file imports when it runs, wherever the statement stands."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the floor they come from"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from imports(node)


def floor(module: str) -> int | None:
    """The floor of a module, or None for the bare packages and what is not ours."""
    for height, rooms in enumerate(FLOORS):
        if any(module == room or module.startswith(f"{room}.") for room in rooms):
            return height
    return None


def upward(module: str, source: str) -> list[str]:
    """Imports of a module that point to a floor above its own."""
    own = floor(module)
    found = set(imports(ast.parse(source)))
    return sorted(other for other in found if own is not None and (floor(other) or 0) > own)


def screen(module: str, source: str) -> set[str]:
    """The screen libraries that a module imports."""
    return {name.partition(".")[0] for name in imports(ast.parse(source))} & SCREEN


def text(module: str) -> str:
    return sources()[module].read_text()


@pytest.mark.parametrize("module", sources())
def test_imports_point_downward(module: str) -> None:
    assert upward(module, text(module)) == []


def test_every_room_has_a_floor() -> None:
    packages = {"gen_core", "app", "app.__init__"}
    assert [name for name in sources() if floor(name) is None and name not in packages] == []


@pytest.mark.parametrize("module", [name for name in sources() if name.startswith("gen_core")])
def test_the_core_knows_no_screen(module: str) -> None:
    tops = {name.partition(".")[0] for name in imports(ast.parse(text(module)))}
    assert tops & {*SCREEN, "app", "starlette", "uvicorn"} == set()


@pytest.mark.parametrize("module", [name for name in sources() if name.startswith("app.live.")])
def test_the_engine_knows_no_screen(module: str) -> None:
    assert screen(module, text(module)) == set()


def test_only_named_files_import_streamlit() -> None:
    found = {
        str(path.relative_to(ROOT))
        for name, path in sources().items()
        if "streamlit" in screen(name, path.read_text())
    }
    assert {path for path in found if not path.startswith(STREAMLIT_FOLDERS)} <= STREAMLIT_FILES


@pytest.mark.parametrize("module", sources())
def test_nothing_that_can_run_code_is_unpickled(module: str) -> None:
    tree = ast.parse(text(module))
    assert {name.partition(".")[0] for name in imports(tree)} & UNSAFE == set()
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert calls & {"torch.load", "torch.save", "eval", "exec"} == set()


def test_no_import_cycles() -> None:
    modules = sources()
    edges = {
        name: {other for other in imports(ast.parse(path.read_text())) if other in modules}
        - {name}
        for name, path in modules.items()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name in done:
            return
        for other in sorted(edges[name]):
            visit(other, (*path, name))
        done.add(name)

    for name in modules:
        visit(name, ())


def test_files_stay_short_and_have_names() -> None:
    kinds = ("*.py", "*.js", "*.css")
    folders = ("gen_core", "app", "tests", "benchmarks")
    files = [path for top in folders for kind in kinds for path in (ROOT / top).rglob(kind)]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in files
        if (lines := len(path.read_text().splitlines())) > 300
    }
    assert long == {}
    assert [path for path in files if path.stem in ("utils", "helpers", "misc", "common")] == []


def test_the_entry_holds_no_logic() -> None:
    entry = text("streamlit_app")
    assert len(entry.splitlines()) < 40
    kinds = {type(node).__name__ for node in ast.walk(ast.parse(entry))}
    assert kinds & {"If", "For", "While", "FunctionDef", "ClassDef", "Try"} == set()


def test_scripts_run_only_when_a_person_acts() -> None:
    assert [name for name, path in sources().items() if "run_every" in path.read_text()] == []


def test_one_home_for_shared_resources() -> None:
    users = {name for name, path in sources().items() if "cache_resource" in path.read_text()}
    assert users <= {"app.library"}


def test_the_viewer_needs_no_other_server() -> None:
    for path in (ROOT / "app").rglob("*.js"):
        code = [line for line in path.read_text().splitlines() if "import" in line]
        assert not [line for line in code if "://" in line], path


@pytest.mark.parametrize(
    ("module", "source", "bad"),
    [
        ("gen_core.models.wgan", "from gen_core.recipes import base", True),
        ("gen_core.models.wgan", "def f():\n    import gen_core.recipes.base", True),
        ("gen_core.models.wgan", "from gen_core import recipes", True),
        ("gen_core.models.wgan", "from gen_core.nn import mlp", False),
        ("gen_core.training.loop", "import app.live.worker", True),
        ("app.live.worker", "from app.layout import live_view", True),
        ("app.pages.critic", "from app.layout import live_view", False),
        (
            "gen_core.training.updates",
            "if TYPE_CHECKING:\n    from gen_core.recipes.base import Recipe",
            False,
        ),
    ],
)
def test_the_reader_of_imports_sees_an_arrow_that_points_up(
    module: str, source: str, bad: bool
) -> None:
    assert bool(upward(module, source)) == bad
