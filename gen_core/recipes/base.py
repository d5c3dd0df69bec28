"""What a recipe is, and its only outside form: stem, variant, and flat overrides.

URL, command line, card and commands all speak of a run as ``stem``, ``variant`` and
``name=value`` pairs. This module turns that into a frozen :class:`Recipe` and back, and checks
every value against the range that the recipe declares.
"""

import dataclasses
import importlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gen_core.errors import SettingError, nearest
from gen_core.recipes.measures import Evaluation, Metric
from gen_core.recipes.settings import Setting, Value, settings_of

if TYPE_CHECKING:
    from gen_core.training.loop import TrainingState

__all__ = [
    "Recipe",
    "RecipeSpec",
    "Stage",
    "make",
    "parse_assignments",
    "recipes",
    "register",
    "spec",
]

STEMS = (
    "wgan",
    "gan",
    "vae",
    "pixelcnn",
    "pixelvae",
    "hierarchical_pixelvae",
    "realnvp",
    "realnvp_images",
    "planar",
    "iaf",
    "resnet_vae",
)
_registry: dict[str, type["Recipe"]] = {}


@dataclass(frozen=True)
class Stage:
    """One named moment of a reference update, for slow motion.

    Attributes:
        name: Stage name, such as ``"interpolate"``.
        tensors: What the stage made, by the equation's names.
    """

    name: str
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True)
class RecipeSpec:
    """A recipe's outside form; ``overrides`` holds only what differs from the variant."""

    stem: str
    variant: str
    overrides: Mapping[str, Value]


@dataclass(frozen=True)
class Recipe(ABC):
    """A paper as a runnable thing: models, objective, schedule of updates, data and numbers.

    Subclasses are frozen dataclasses whose fields are declared with
    :func:`gen_core.recipes.settings.setting`. A variant is a delta of settings.
    """

    stem: ClassVar[str]
    paper: ClassVar[str]
    variants: ClassVar[Mapping[str, Mapping[str, Value]]]
    default_probes: ClassVar[tuple[str, ...]]

    variant: str

    @abstractmethod
    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return the models by name, initialised from the seed."""

    @abstractmethod
    def optimizers(self, models: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        """Return one optimiser per player."""

    @abstractmethod
    def schedule(self, round: int) -> tuple[str, ...]:
        """Return the players of a round, in order."""

    @abstractmethod
    def update(self, player: str, state: "TrainingState") -> dict[str, Tensor]:
        """Do exactly one optimiser step of one player; return 0-d metrics, detached."""

    @abstractmethod
    def dataset(self) -> Any:  # noqa: ANN401
        """Return the data, with ``batch(n, generator)``."""

    def reference_update(self, player: str, state: "TrainingState") -> Iterator[Stage]:
        """Do the same optimiser step plainly, stage by stage."""
        raise SettingError("a recipe with a reference update", self.stem, "Choose a toy recipe.")

    @property
    def curves(self) -> Mapping[str, tuple[str, str]]:
        """Label and unit of every metric that an update returns."""
        return {}

    def metrics(self) -> dict[str, Metric]:
        """Return the slow metrics by name."""
        return {}

    def evaluations(self) -> dict[str, Evaluation]:
        """Return what `python -m gen_core evaluate` measures of a checkpoint, by name."""
        return {}

    def apply(self, state: "TrainingState") -> None:  # noqa: B027  (most recipes need it not)
        """Carry hot settings into the optimisers after an edit."""

    def edited(self, name: str, value: object) -> "Recipe":
        """Return the recipe with one hot setting changed.

        Raises:
            SettingError: The setting is unknown, not hot, or the value is out of range.
        """
        known = _known(settings_of(self), name, self.stem)
        if not known.hot:
            hot = ", ".join(key for key, item in settings_of(self).items() if item.hot)
            raise SettingError(
                f"a setting that may change during a run ({hot})", name, "Start a new run for it."
            )
        changed: dict[str, Any] = {name: known.parse(name, value)}
        return dataclasses.replace(self, **changed)

    def outside(self) -> dict[str, object]:
        """Return stem, variant and overrides: the recipe's outside form."""
        return dataclasses.asdict(spec(self))


def register(recipe: type[Recipe]) -> type[Recipe]:
    """Enter a recipe class under its stem."""
    _registry[recipe.stem] = recipe
    return recipe


def recipes() -> dict[str, type[Recipe]]:
    """Return every recipe class by stem."""
    for stem in STEMS:
        importlib.import_module(f"gen_core.recipes.{stem}")
    return {stem: _registry[stem] for stem in STEMS}


def make(stem: str, variant: str = "", overrides: Mapping[str, object] | None = None) -> Recipe:
    """Build a recipe from its outside form.

    Args:
        stem: The paper, such as ``"wgan"``.
        variant: One of the recipe's variants; empty for the first.
        overrides: Settings that differ from the variant; values may be strings.

    Raises:
        SettingError: Stem, variant or setting is unknown, or a value is out of range.

    Example:
        >>> make("wgan", "gp", {"width": "64"}).width
        64
    """
    if stem not in STEMS:
        remedy = nearest(str(stem), STEMS, "Choose one of these.")
        raise SettingError(f"a stem ({', '.join(STEMS)})", repr(stem)[:60], remedy)
    cls = recipes()[stem]
    variant = variant or next(iter(cls.variants))
    if variant not in tuple(cls.variants):  # what comes from outside may be unhashable
        known = ", ".join(cls.variants)
        remedy = nearest(str(variant), cls.variants, "Choose one.")
        raise SettingError(f"a variant of {stem} ({known})", repr(variant)[:60], remedy)
    known_settings = settings_of(cls)
    values = dict(cls.variants[variant])
    for name, value in (overrides or {}).items():
        values[name] = _known(known_settings, name, stem).parse(name, value)
    return cls(variant=variant, **values)


def spec(recipe: Recipe) -> RecipeSpec:
    """Return a recipe's outside form: ``make(*spec)`` gives an equal recipe."""
    base = make(recipe.stem, recipe.variant)
    overrides = {
        name: getattr(recipe, name)
        for name in settings_of(recipe)
        if getattr(recipe, name) != getattr(base, name)
    }
    return RecipeSpec(recipe.stem, recipe.variant, overrides)


def parse_assignments(assignments: list[str]) -> dict[str, str]:
    """Split ``name=value`` strings.

    Raises:
        SettingError: One of them has no ``=``.

    Example:
        >>> parse_assignments(["width=64", "clip=0.1"])
        {'width': '64', 'clip': '0.1'}
    """
    pairs = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise SettingError("name=value", repr(assignment)[:60], "Write it as name=value.")
        pairs[name.strip()] = value.strip()
    return pairs


def _known(known: Mapping[str, Setting], name: str, stem: str) -> Setting:
    if name not in tuple(known):
        remedy = nearest(str(name), known, "Check its name.")
        raise SettingError(f"a setting of {stem} ({', '.join(known)})", repr(name)[:60], remedy)
    return known[name]
