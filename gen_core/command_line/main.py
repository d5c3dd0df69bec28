"""All commands together."""

import typer

from gen_core.command_line.data_sets import fetch_data, keep_pictures
from gen_core.command_line.evaluating import evaluate_checkpoint, keep_codes
from gen_core.command_line.listing import list_recipes
from gen_core.command_line.sampling import sample_checkpoint, vary_levels
from gen_core.command_line.terminal import BAD_INPUT, complain
from gen_core.command_line.training import train_recipe
from gen_core.command_line.walks import walk_latents
from gen_core.errors import GenLabError

__all__ = ["app", "main"]

EXIT_CODES = (
    "Exit codes: 0 done; 1 figures differ from the card; 2 wrong usage or bad input, said in one"
    " sentence on the standard error; 130 stopped by Ctrl-C."
)

app = typer.Typer(add_completion=False, help=f"Gen Lab on the command line. {EXIT_CODES}")
app.command("list")(list_recipes)
app.command("train")(train_recipe)
app.command("sample")(sample_checkpoint)
app.command("walk")(walk_latents)
app.command("levels")(vary_levels)
app.command("evaluate")(evaluate_checkpoint)
app.command("codes")(keep_codes)
app.command("fetch")(fetch_data)
app.command("keep")(keep_pictures)


def main() -> None:
    """Run the command line; an error is one sentence and exit code 2."""
    try:
        app()
    except GenLabError as error:
        complain(str(error))
        raise SystemExit(BAD_INPUT) from error
