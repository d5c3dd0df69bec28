"""A run as one PyTorch script: the recipe's reference update, alone in a file.

The script imports the standard library and torch, nothing else. It is composed of the source
text of what this project itself runs (data set, networks, initialisation, indexed randomness,
optimiser, schedule, reference update), with the run's settings, their sources and its hot edits
written in. Run alone it prints, round by round, exactly what the reference update yields here:
the same machine, software and thread count give the same bits.
"""

import re
import textwrap
from collections.abc import Iterable
from types import ModuleType

from gen_core.errors import SettingError
from gen_core.exporting.data import data_text
from gen_core.exporting.sources import (
    below_imports,
    class_text,
    import_lines,
    method_text,
    text,
    without_branch,
)
from gen_core.models import gan as gan_models
from gen_core.models import wgan as wgan_models
from gen_core.nn.mlp import Mlp
from gen_core.recipes import gan_reference, wgan_reference
from gen_core.recipes.base import Recipe, make
from gen_core.recipes.settings import Setting, settings_of
from gen_core.recipes.two_player import TwoPlayerRecipe
from gen_core.training import optimizers, seeding
from gen_core.training.loop import Edit

__all__ = ["script"]

_REFERENCES: dict[str, ModuleType] = {"wgan": wgan_reference, "gan": gan_reference}
_METHODS = (
    "player", "data_repeat", "betas", "opponent", "build", "rates", "optimizers", "apply",
    "schedule", "real_batch", "noise", "sample_noise", "_epsilon", "generate", "reference_update",
)  # fmt: skip
# What the project's own names become where there is nothing but the script.
_RENAMED = (
    (r"\bTrainingState\b", "State"),
    (r"\b(?:wgan|gan)_reference\.", ""),
    (r"\bas_stages\((\w+)\)", r"\1"),
    (r"\bself\.dataset\(\)", "DATA"),
    (r"\blane(s?)\b", r"run\1"),
    (r"Do the same step with autograd", "Do one optimiser step of a player with autograd"),
    (r"; lanes share the values of equal shapes", ", initialised from the seed"),
)

_HEAD = '''"""{title}

{what}
Paper: {paper}.
Trains {length} from seed {seed} and prints, after each, the numbers of its last update of
every player. Run it with ``python`` and its own name; it needs torch and nothing else.
"""'''

_STATE = '''
@dataclass
class State:
    """What changes while a game goes on; ``t`` counts optimiser steps of both players."""

    seed: int
    device: torch.device
    models: dict[str, nn.Module]
    optimizers: dict[str, Optimizer]
    t: int = 0
'''

_LOOP = '''
def edit(game: Game, state: State, waiting: list[tuple[int, str, float]]) -> None:
    """Change the settings whose step has come."""
    while waiting and waiting[0][0] <= state.t:
        _, name, value = waiting.pop(0)
        setattr(game, name, value)
        game.apply(state)


def train(game: Game, seed: int, rounds: int) -> Iterator[dict[str, float]]:
    """Train, and yield after each round the last numbers of every player's update."""
    device = torch.device("cpu")
    models = game.build(seed, device)
    state = State(seed, device, models, game.optimizers(models))
    waiting = list(EDITS)
    for round in range(rounds):
        numbers = {}
        edit(game, state, waiting)
        for player in game.schedule(round):
            edit(game, state, waiting)
            *_, (_, made) = game.reference_update(player, state)
            numbers |= {f"{player}_{name}": value.item() for name, value in made.items()}
            state.t += 1
        yield numbers


def main() -> None:
    """Print one line a round, numbers in full precision."""
    torch.set_num_threads(1)  # the last bits of a sum depend on the number of threads
    for round, numbers in enumerate(train(Game(), SEED, ROUNDS), start=1):
        if round == 1:
            print("round", *numbers, sep=",")
        print(round, *numbers.values(), sep=",", flush=True)


if __name__ == "__main__":
    main()
'''


def script(
    recipe: Recipe, seed: int, rounds: int, edits: Iterable[Edit] = (), *, title: str = ""
) -> str:
    """Return one Python file that repeats a run by its reference update.

    Args:
        recipe: An adversarial game on the plane, as it was at t = 0.
        seed: Seed of every draw.
        rounds: Rounds of the schedule.
        edits: Hot edits of the run, each from its step on.
        title: First line of the script; the recipe's name where empty.

    Raises:
        SettingError: The recipe has no reference update that stands alone.
        DataError: The run's points are missing here, or too many for a script.

    Example:
        >>> made = script(make("wgan", "gp"), seed=7, rounds=10)
        >>> compile(made, "wgan.py", "exec") is not None and "gen_core" not in made
        True
    """
    if not isinstance(recipe, TwoPlayerRecipe) or recipe.stem not in _REFERENCES:
        known = ", ".join(_REFERENCES)
        raise SettingError(f"a recipe of {known}", recipe.stem, "Save a checkpoint instead.")
    made = sorted(edits, key=lambda edit: edit.t)
    constants = f"SEED = {seed}\nROUNDS = {rounds}\n{_edit_lines(made)}"
    blocks = [
        _section("Data", data_text(recipe.data)),
        _section("Randomness: every draw is a function of (seed, stream, t)", *_randomness()),
        _section("Networks", *_networks(recipe)),
        _section("Optimisers", *_optimizers(recipe.optimizer)),
        _section("The update, stage by stage", below_imports(_REFERENCES[recipe.stem])),
        _section("The game: its settings, its draws, its schedule", _STATE.strip(), _game(recipe)),
        _section("Training", _LOOP.strip()),
    ]
    code = "\n\n\n".join(blocks)
    for pattern, word in _RENAMED:
        code = re.sub(pattern, word, code)
    head = _HEAD.format(
        title=(title or f"{recipe.stem}, {recipe.variant}").rstrip(".").replace('"', "'") + ".",
        what=(type(recipe).__doc__ or "").strip(),
        paper=recipe.paper,
        length=f"{rounds} round{'s' if rounds != 1 else ''}",
        seed=seed,
    )
    return f"{head}\n\n{_lines(import_lines(code))}\n\n{constants}\n\n\n{code}\n"


def _section(name: str, *parts: str) -> str:
    return "\n\n\n".join([f"# --- {name} ".ljust(95, "-"), *parts])


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _edit_lines(edits: list[Edit]) -> str:
    if not edits:
        return "EDITS: list[tuple[int, str, float]] = []  # (t, setting, value) of hot edits"
    rows = (f'    ({edit.t}, "{edit.name}", {edit.value!r}),' for edit in edits)
    return _lines(["EDITS = [  # from step t on, a setting has another value", *rows, "]"])


def _randomness() -> list[str]:
    return [text(each) for each in (seeding.index_seed, seeding.generator, seeding.uniform)]


def _networks(recipe: Recipe) -> list[str]:
    classes: list[type] = [wgan_models.Critic, wgan_models.Generator]
    if recipe.stem == "gan":
        classes.append(gan_models.Discriminator)
    plain = class_text(Mlp, ("__init__", "forward"))
    drawing = (text(seeding.initialize_), text(seeding._fans))
    return [plain, *(text(each) for each in classes), *drawing]


def _optimizers(kind: str) -> list[str]:
    if kind == "rmsprop-tensorflow":
        return [text(optimizers.TensorFlowRMSprop), text(optimizers.make_optimizer)]
    plain = without_branch(text(optimizers.make_optimizer), "TensorFlowRMSprop")
    return [plain.replace(' or ``"rmsprop-tensorflow"``', "")]


def _game(recipe: TwoPlayerRecipe) -> str:
    """The recipe as a plain class: its settings as fields, its own methods below them."""
    cls = type(recipe)
    unused = set() if recipe.moves else {"data", "theta"}
    fields = [
        line
        for name, known in settings_of(recipe).items()
        if name not in unused
        for line in _field(recipe, name, known)
    ]
    fields.append(f"noise_dim = {cls.noise_dim!r}  # z ~ N(0, I)")
    owned = set(settings_of(recipe))
    methods = [
        method_text(cls, name) for name in _METHODS if hasattr(cls, name) and name not in owned
    ]
    if recipe.moves:
        methods.append(method_text(cls, "moves"))
    else:
        methods = [without_branch(each, "self.moves") for each in methods]
    body = "\n\n".join(["\n".join(fields), *methods])
    head = f'@dataclass\nclass Game:\n    """{(cls.__doc__ or "").strip()}"""\n\n'
    return head + "\n".join(f"    {line}".rstrip() for line in body.splitlines())


def _field(recipe: Recipe, name: str, known: Setting) -> list[str]:
    """One setting: what it is and where its value comes from, then the value."""
    value = getattr(recipe, name)
    usual = getattr(make(recipe.stem, recipe.variant), name)
    source = known.source
    if value != usual:
        source = f"set for this run; {usual} in the variant {recipe.variant}"
    elif value != known.default:
        source = f"the variant {recipe.variant}"
    symbol = f", {known.symbol}" if known.symbol else ""
    remark = f"# {known.hint.rstrip('.')}{symbol}: {source}."
    shown = f'"{value}"' if isinstance(value, str) else repr(value)
    return [
        *textwrap.wrap(remark, 95, subsequent_indent="# ", break_on_hyphens=False),
        f"{name}: {type(value).__name__} = {shown}",
    ]
