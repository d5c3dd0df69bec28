"""A lane: one recipe in training inside a run, with its curves and its health."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils import get_total_norm

from app.live.history import History
from app.live.mishaps import MISHAPS
from app.live.runspec import LaneSpec
from gen_core.checkpoint import card_beside
from gen_core.errors import CheckpointError
from gen_core.exploration.base import View
from gen_core.recipes.base import make
from gen_core.recipes.settings import settings_of
from gen_core.training.loop import Edit, Step, TrainingState, train
from gen_core.training.snapshot import restore, take

__all__ = ["Lane"]


class Lane:
    """A training state, the loop over it, and what the screen shows of it.

    Args:
        spec: Name, label, colour and recipe.
        state: The state to go on from.
        opened: Weights on disk that the state was loaded from.
        sha256: Hash of these weights.

    Attributes:
        status: ``"ok"``, ``"diverged"`` or ``"frozen"``.
        message: A sentence about the status, if it is not ok.
    """

    def __init__(
        self,
        spec: LaneSpec,
        state: TrainingState,
        opened: Path | None = None,
        sha256: str | None = None,
    ) -> None:
        self.spec = spec
        self.name = spec.name
        self.history = History()
        self.status = "ok"
        self.message: str | None = None
        self._opened, self._sha256 = opened, sha256
        self._opened_at = state.t
        self.use(state)

    @classmethod
    def start(cls, spec: LaneSpec, seed: int, device: str | torch.device) -> "Lane":
        """Begin at t = 0.

        Raises:
            SettingError: The recipe or the device is unknown, or a value is out of range.
        """
        recipe = make(spec.stem, spec.variant, spec.overrides)
        return cls(spec, TrainingState.start(recipe, seed, device))

    def use(self, state: TrainingState) -> None:
        """Go on from another state."""
        self.state = state
        self._steps = train(state)
        self._metrics: dict[str, torch.Tensor] = {}

    def load(self, snapshot: bytes, device: str | torch.device) -> None:
        """Go on from a snapshot of this lane's recipe."""
        self.use(restore(snapshot, make, device))
        self.status, self.message = "ok", None

    def snapshot(self) -> bytes:
        """Return the state, to be continued bit for bit."""
        return take(self.state)

    def view(self) -> View:
        """Return what probes and metrics see."""
        return View.of(self.state, self.checkpoint)

    @property
    def checkpoint(self) -> Path | None:
        """Weights on disk that the models are just now; None where they have moved on."""
        return self._opened if self.state.t == self._opened_at else None

    def made(self) -> dict[str, Any]:
        """Return what makes the models again: recipe, seed and edits; of a checkpoint its hash."""
        state = self.state
        return {
            "recipe": state.base.outside(),
            "seed": state.seed,
            "log": [dataclasses.asdict(edit) for edit in state.log],
            "weights": self._sha256 if self.checkpoint else None,
        }

    def told(self, metric: str) -> dict[str, Any]:
        """Return what the card of the weights says of a metric; nothing where it is silent."""
        try:
            card = card_beside(self.checkpoint) if self.checkpoint else {}
        except (OSError, CheckpointError):
            return {}
        metrics = card.get("metrics")
        entry = metrics.get(metric) if isinstance(metrics, dict) else None
        fits = isinstance(entry, dict) and isinstance(entry.get("value"), int | float)
        return dict(entry) if fits else {}

    def edit(self, name: str, value: object) -> Edit:
        """Change a hot setting from the next update on.

        Raises:
            SettingError: It is unknown, not hot, or out of range.
        """
        made = self.state.edit(name, value)
        earlier = [each for each in self.state.log if (each.t, each.name) != (made.t, name)]
        self.state.log[:] = [*earlier, made]  # what a dragged slider passed over never acted
        return made

    def update(self) -> Step:
        """Do one optimiser step; at the end of a round enter its metrics into the curves."""
        try:
            step = next(self._steps)
        except MISHAPS:
            self._steps = train(self.state)  # a generator that raised would never go on
            raise
        self._metrics.update(step.metrics)
        if step.round_done or self.state.device.type == "cpu":  # elsewhere reading waits
            self._check(step)
        return step

    def _check(self, step: Step) -> None:
        values = {name: float(value) for name, value in self._metrics.items()}
        bad = next(((k, v) for k, v in values.items() if not math.isfinite(v)), None)
        if step.round_done:
            self.history.add(step.round, values)
        if bad:
            self._diverge(*bad)

    def examine(self) -> bool:
        """Look at every parameter; return whether the lane is fit to be taken back to.

        Metrics show a bad parameter within a round, so this is for moments that shall be kept.
        """
        bad = self.bad_parameter() if self.status == "ok" else None
        if bad:
            self._diverge(*bad)
        return self.status != "diverged"

    def _diverge(self, what: str, value: float) -> None:
        self.status = "diverged"
        where = f"round {self.state.round}, t = {self.state.t}"
        self.message = f"{self.spec.label} diverged at {where}: {what} is {value}."

    def bad_parameter(self) -> tuple[str, float] | None:
        """Name a parameter that is not finite; the common case costs one norm."""
        models = self.state.models
        every = [value.detach() for model in models.values() for value in model.parameters()]
        if not every or math.isfinite(float(get_total_norm(every, norm_type=math.inf))):
            return None
        for model_name, model in models.items():
            for name, value in model.named_parameters():
                flat = value.detach().flatten()
                wrong = flat[~torch.isfinite(flat)]
                if len(wrong):
                    return f"the parameter {model_name}.{name}", float(wrong[0])
        return None

    def freeze(self) -> None:
        """Stop training this lane; the others go on without it."""
        why = f" {self.message}" if self.message else ""
        self.status = "frozen"
        self.message = f"{self.spec.label} is frozen at round {self.state.round}.{why}"

    def hot(self) -> dict[str, Any]:
        """Current value of each setting that may change during the run."""
        recipe = self.state.recipe
        known = settings_of(recipe)
        return {name: getattr(recipe, name) for name, item in known.items() if item.hot}

    def describe(self) -> dict[str, Any]:
        """Return the lane's part of a frame's header."""
        recipe = self.state.recipe
        known = settings_of(recipe)
        shown = ("low", "high", "choices", "log", "symbol", "unit", "hint")
        hot = self.hot()
        return {
            "name": self.name,
            "label": self.spec.label,
            "color": self.spec.color,
            "t": self.state.t,
            "round": self.state.round,
            "position": self.state.position,
            "schedule": list(self.state.schedule),
            "stem": self.spec.stem,
            "variant": recipe.variant,
            "settings": hot,
            "given": {name: getattr(recipe, name) for name in known if name not in hot},
            "ranges": {name: {each: getattr(known[name], each) for each in shown} for name in hot},
            "status": self.status,
            "message": self.message,
            "made": self.made(),
        }

    def outside(self) -> dict[str, Any]:
        """Return the lane's part of a card."""
        return dataclasses.asdict(self.spec) | {"settings": self.hot(), "t": self.state.t}
