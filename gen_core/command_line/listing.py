"""``list``: the recipes, the settings of one, and the checkpoints."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from gen_core.command_line.terminal import console
from gen_core.errors import CommandError
from gen_core.recipes.base import make, recipes
from gen_core.recipes.settings import settings_of
from gen_core.shelves import shelved

__all__ = ["list_recipes"]


def list_recipes(
    stem: Annotated[str, typer.Argument(help="A paper: list its settings too.")] = "",
    variant: Annotated[str, typer.Option(help="Its variant, whose defaults are shown.")] = "",
    checkpoints: Annotated[
        bool, typer.Option("--checkpoints", help="List checkpoints: shipped and saved ones.")
    ] = False,
) -> None:
    """List the recipes and their variants, the settings of one, or the checkpoints."""
    if checkpoints:
        console.print(_checkpoints(stem))
    elif stem:
        console.print(_settings(stem, variant))
    elif variant:
        raise CommandError("a paper before its variant", repr(variant), "Name the paper too.")
    else:
        console.print(_recipes())


def _recipes() -> Table:
    table = Table("stem", "variants", "paper")
    for name, recipe in recipes().items():
        table.add_row(name, ", ".join(recipe.variants), recipe.paper)
    return table


def _settings(stem: str, variant: str) -> Table:
    recipe = make(stem, variant)
    title = f"{stem} --variant {recipe.variant}"
    table = Table("setting", "symbol", "default", "range", "unit", "hot", "source", title=title)
    for name, item in settings_of(recipe).items():
        default, hot = str(getattr(recipe, name)), "yes" if item.hot else ""
        table.add_row(
            name, item.symbol, default, item.describe_range(), item.unit, hot, item.source
        )
    return table


def _checkpoints(stem: str) -> Table:
    """Tabulate what lies on both shelves, of one paper or of all."""
    if stem:
        make(stem)
    name = Column("checkpoint", no_wrap=True)  # a name cut short opens nothing
    table = Table(name, "rounds", "MB", "measured", "")
    for each in shelved():
        if stem and not each.name.startswith(f"{stem}/"):
            continue
        card, size = each.card, each.path.stat().st_size / 2**20
        table.add_row(
            each.name,
            str(card.get("round", "")),
            f"{size:.1f}",
            _first_measure(card.get("metrics", {})),
            "ships" if each.ships else "saved",
        )
    return table


def _first_measure(metrics: Mapping[str, Any]) -> str:
    """Say one figure of a card: the negative log-likelihood if there is one.

    A page may have saved while a metric was still being measured: that one has no value.
    """
    known = {name: told for name, told in metrics.items() if told.get("value") is not None}
    name = "nll" if "nll" in known else next(iter(known), "")
    if not name:
        return ""
    told = known[name]
    return f"{told['label']} {told['value']:.4g} {told.get('unit', '')}".rstrip()
