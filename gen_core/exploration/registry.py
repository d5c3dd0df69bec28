"""The register of probes: what a probe is, and how a module of this package declares one."""

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from gen_core.errors import ProbeError, SettingError
from gen_core.recipes.settings import Setting, Value

if TYPE_CHECKING:
    from gen_core.training.loop import TrainingState

__all__ = ["Arrays", "Probe", "Settings", "View", "find", "probe", "probes"]

Arrays = dict[str, np.ndarray]
Settings = Mapping[str, Any]
_registry: dict[str, "Probe"] = {}


@dataclass(frozen=True)
class View:
    """What a probe sees of a lane: its models at one t, to be left unchanged.

    Attributes:
        recipe: The recipe in force, edits included.
        seed: The run's seed; fixed batches of a probe are drawn from it.
        device: Where the models live.
        t: Optimiser steps done.
        models: Models by name.
        checkpoint: Weights on disk that the models are just now, if they came from there.
    """

    recipe: Any
    seed: int
    device: torch.device
    t: int
    models: Mapping[str, nn.Module]
    checkpoint: Path | None = None

    @classmethod
    def of(cls, state: "TrainingState", checkpoint: Path | None = None) -> "View":
        """Look at a training state; the models are shared, not copied."""
        seen = state.recipe, state.seed, state.device, state.t, state.models
        return cls(*seen, checkpoint)


@dataclass(frozen=True)
class Probe:
    """A registered look at a lane.

    Attributes:
        name: Name in layouts, frames and subscriptions.
        function: ``(view, settings, size)`` to arrays, or to a generator of arrays if slow.
        settings: What a viewer may choose.
        slow: Whether the function is a generator that is advanced in slices.
        suits: Whether the probe can show a lane of this recipe.
        doc: First line of the function's docstring, for the screen.
        every: Seconds for which a look stays good enough while a run plays; a summary of many
            numbers moves too slowly to be worth a new look in each frame.
    """

    name: str
    function: Callable[[View, Settings, int], Arrays | Iterator[Arrays]]
    settings: Mapping[str, Setting]
    slow: bool
    suits: Callable[[Any], bool]
    doc: str
    every: float = 0.0

    def parse(self, settings: Settings) -> dict[str, Value]:
        """Check what a viewer chose and fill in the defaults.

        Raises:
            ProbeError: A setting is unknown, of the wrong type, or out of range.
        """
        unknown = [name for name in settings if name not in self.settings]
        if unknown:
            known = ", ".join(self.settings) or "it has none"
            raise ProbeError(
                f"a setting of the probe {self.name} ({known})", repr(unknown[0])[:60], "Drop it."
            )
        try:
            return {
                name: item.parse(name, settings.get(name, item.default))
                for name, item in self.settings.items()
            }
        except SettingError as error:
            raise ProbeError(error.expected, error.got, error.remedy) from error


def probe(
    name: str,
    settings: Mapping[str, Setting] | None = None,
    slow: bool = False,
    every: float = 0.0,
    suits: Callable[[Any], bool] = lambda recipe: True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a probe.

    Args:
        name: Name in layouts, frames and subscriptions.
        settings: What a viewer may choose, each with range and source.
        slow: Whether the function is a generator, advanced in slices.
        every: Seconds for which a look stays good enough while a run plays.
        suits: Whether the probe can show a lane of a recipe; every recipe if left out.

    Raises:
        ProbeError: Another function has the name already.
    """

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        before = _registry.get(name)
        if before and (before.function.__module__, before.function.__qualname__) != (
            function.__module__,
            function.__qualname__,
        ):
            raise ProbeError("a probe name of its own", repr(name), "Choose another name.")
        doc = (inspect.getdoc(function) or "").split("\n")[0]
        _registry[name] = Probe(name, function, dict(settings or {}), slow, suits, doc, every)
        return function

    return enter


@functools.cache
def _import_all() -> None:
    package = importlib.import_module("gen_core.exploration")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"gen_core.exploration.{module.name}")


def probes() -> dict[str, Probe]:
    """Return every probe by name.

    Example:
        >>> sorted(probes())[:3]
        ['gradient_arrows', 'gradient_norm', 'layer_gradients']
    """
    _import_all()
    return dict(_registry)


def find(name: str) -> Probe:
    """Return a probe by name.

    Raises:
        ProbeError: No probe has the name.
    """
    known = probes()
    if name not in known:
        raise ProbeError(
            f"a probe ({', '.join(sorted(known))})", repr(name)[:60], "Choose one of these."
        )
    return known[name]
