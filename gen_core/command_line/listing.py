"""``list``: the recipes, and the settings of one."""

from typing import Annotated

import typer
from rich.table import Table

from gen_core.command_line.terminal import console
from gen_core.recipes.base import make, recipes
from gen_core.recipes.settings import settings_of

__all__ = ["list_recipes"]


def list_recipes(
    stem: Annotated[str, typer.Argument(help="A paper: list its settings too.")] = "",
) -> None:
    """List the recipes and their variants, or the settings of one."""
    if stem:
        known = settings_of(make(stem))
        table = Table("setting", "symbol", "default", "range", "hot", "source")
        for name, item in known.items():
            hot = "yes" if item.hot else ""
            table.add_row(
                name, item.symbol, str(item.default), item.describe_range(), hot, item.source
            )
    else:
        table = Table("stem", "variants", "paper")
        for name, recipe in recipes().items():
            table.add_row(name, ", ".join(recipe.variants), recipe.paper)
    console.print(table)
