"""What a module offers exists, is documented, and says which paper it comes from."""

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAPER = re.compile(r"\b(19|20)\d\d\b")
SOURCE = re.compile(r"arXiv|doi\.org|ICLR|ICML|NeurIPS|NIPS|CVPR|thesis", re.IGNORECASE)


def modules(pattern: str) -> list[str]:
    """Importable modules, without the scripts that streamlit runs."""
    found = []
    for path in sorted(ROOT.glob(pattern)):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] in ("__init__", "__main__") or parts[1] in ("pages", "shell"):
            continue
        found.append(".".join(parts))
    return found


CORE = modules("gen_core/**/*.py")
APP = modules("app/**/*.py")


def undocumented(module: ModuleType) -> list[str]:
    """Offered functions and classes, and the public methods of classes, without a docstring."""
    silent = []
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isroutine(value):
            if not inspect.getdoc(value):
                silent.append(name)
        if inspect.isclass(value):
            own = {key: item for key, item in vars(value).items() if not key.startswith("_")}
            silent += [
                f"{name}.{key}"
                for key, item in own.items()
                if inspect.isroutine(item) and not inspect.getdoc(getattr(value, key))
            ]
    return silent


@pytest.mark.parametrize("name", [*CORE, *APP])
def test_every_offered_name_exists_and_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} does not say what it is for"
    assert len(set(module.__all__)) == len(module.__all__), "a name is offered twice"
    assert [offer for offer in module.__all__ if not hasattr(module, offer)] == []
    assert undocumented(module) == []


@pytest.mark.parametrize("name", [name for name in CORE if name.startswith("gen_core.models.")])
def test_models_carry_their_paper(name: str) -> None:
    card = importlib.import_module(name).__doc__ or ""
    assert PAPER.search(card) and SOURCE.search(card), f"{name}: who published this, and where?"


def test_recipes_carry_their_paper_and_a_reason_for_every_number() -> None:
    from gen_core.recipes.base import recipes
    from gen_core.recipes.settings import settings_of

    for stem, recipe in recipes().items():
        assert PAPER.search(recipe.paper), f"{stem}: {recipe.paper}"
        for name, setting in settings_of(recipe).items():
            assert setting.hint, f"{stem}.{name} has no hint"
            assert setting.source, f"{stem}.{name} does not say where its default comes from"


def test_an_undocumented_offer_is_seen() -> None:
    module = ModuleType("sample")
    exec("def bare(): pass\n__all__ = ['bare']", module.__dict__)
    assert undocumented(module) == ["bare"]
