"""What a preset is: what to run, what to show, where it comes from.

A preset turns a page's state into a run spec for the engine and a layout for the viewer. Each
names the figure of the sources that it shows, and the arrays by which a test sees it alive.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.equations import slow_motion
from gen_core.recipes.settings import Setting, Value, settings_of

if TYPE_CHECKING:
    from app.state import PageState

SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints"
"""Folder of the checkpoints that ship with the lab."""

__all__ = ["SHIPPED", "Control", "Lane", "Preset", "Shown", "settings_of_stem"]


# What the transport offers to a run that trains, and a run that only looks has no use for.
_OF_TRAINING = (
    *("play", "step", "slow", "speed", "fork", "save", "reset"),
    *("timeline", "performance"),
)


@dataclass(frozen=True)
class Lane:
    """One recipe inside a run.

    Attributes:
        name: Short name, as it stands in addresses and frames.
        label: Name on the screen.
        color: A colour token of the viewer.
        stem: The recipe's paper.
        variant: The recipe's variant.
        overrides: Settings that differ from the variant.
        ignores: Settings that mean nothing in this lane, such as c where nothing is clipped.
    """

    name: str
    label: str
    color: str
    stem: str
    variant: str
    overrides: Mapping[str, Value]
    ignores: tuple[str, ...] = ()

    def value(self, name: str) -> Value:
        """Return the value of a setting in this lane."""
        if name in self.overrides:
            return self.overrides[name]
        from gen_core.recipes.base import recipes

        variant = recipes()[self.stem].variants[self.variant]
        return variant.get(name, settings_of_stem(self.stem)[name].default)


@dataclass(frozen=True)
class Shown:
    """What a row of the table of figures shows: one array of one lane's probe."""

    row: int
    lane: str
    probe: str
    array: str


@dataclass(frozen=True)
class Control:
    """A hot setting in the viewer: whose, which, and how it is called there."""

    lane: str
    name: str
    label: str
    symbol: str


@dataclass(frozen=True)
class Preset:
    """One picture of the sources, ready to run.

    Attributes:
        name: Name in addresses.
        act: The group on the page.
        data: The choice inside the group, empty where there is one only.
        title: One line.
        caption: What it shows, in a sentence or two.
        source: Paper and figure.
        lanes: At most four lanes, in lockstep.
        probes: Probes that the run records, besides those that viewers ask for.
        panels: The viewer's panels.
        controls: Hot settings that the viewer shows; lane ``"*"`` for all.
        metrics: Slow metrics that the viewer shows.
        figures: Rows of ``docs/figures.md`` with the arrays that they name.
        recording: File name of a shipped recording, empty for a preset that trains at once.
        rounds: Length of the recording in rounds.
        small: Overrides of "Train live" where the preset is a recording.
        probe_settings: What differs from a probe's defaults, by probe.
        train: False for a preset that only looks at a checkpoint.
        checkpoints: Shipped checkpoint of each lane that begins from one, by lane, as its path
            below ``checkpoints``.
    """

    name: str
    act: str
    data: str
    title: str
    caption: str
    source: str
    lanes: tuple[Lane, ...]
    probes: tuple[str, ...]
    panels: tuple[Mapping[str, Any], ...]
    controls: tuple["Control", ...]
    metrics: tuple[str, ...]
    figures: tuple[Shown, ...]
    recording: str = ""
    rounds: int = 0
    small: Mapping[str, Value] | None = None
    probe_settings: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    train: bool = True
    checkpoints: Mapping[str, str] = field(default_factory=dict)

    @property
    def on_plane(self) -> bool:
        """Whether its data are points of the plane, which one may draw, and see in 3-D."""
        return all(lane.stem in ("gan", "wgan", "realnvp", "planar") for lane in self.lanes)

    def settings(self) -> dict[str, Setting]:
        """Return every setting of every lane by name."""
        return {
            name: setting
            for lane in self.lanes
            for name, setting in settings_of_stem(lane.stem).items()
        }

    def lanes_with(self, name: str) -> list[Lane]:
        """Return the lanes in which a setting means something."""
        return [
            lane
            for lane in self.lanes
            if name in settings_of_stem(lane.stem) and name not in lane.ignores
        ]

    def setting(self, lane: str, name: str, *, hot: bool = False) -> Setting | None:
        """Return a lane's setting, or None if there is none; ``"*"`` means any lane.

        Args:
            lane: The lane's name, or ``"*"``.
            name: The setting's name.
            hot: Whether only settings count that may change during a run.
        """
        for candidate in self.lanes:
            found = settings_of_stem(candidate.stem).get(name)
            if lane in ("*", candidate.name) and found is not None and (found.hot or not hot):
                return found
        return None

    def own_data(self) -> str:
        """Return what a person may bring as data: ``"points"``, ``"images"``, or nothing."""
        setting = self.setting("*", "data")
        if setting is None or not self.train or not self.lanes_with("data"):
            return ""
        kinds = ("points", "images")
        named = [kind for kind in kinds if re.fullmatch(setting.pattern, f"{kind}-{'0' * 16}")]
        return named[0] if named else ""

    def values(self, lane: str, name: str) -> set[Value]:
        """Return the values that a setting has in the preset's lanes."""
        lanes = self.lanes_with(name) if lane == "*" else self.lanes
        return {each.value(name) for each in lanes if lane in ("*", each.name)}

    def spec(self, state: "PageState") -> dict[str, Any]:
        """Return the run spec of a page's state.

        Args:
            state: Seed, device, overrides and edits; its values are checked already.

        Raises:
            SettingError: The values do not fit together.
        """
        return {
            "seed": state.seed,
            "lanes": [self._lane(lane, state) for lane in self.lanes],
            "probes": self.wishes(),
            "device": state.device,
            "play": self.train,
            "parent": None,
            "snapshots": {lane: str(SHIPPED / name) for lane, name in self.checkpoints.items()},
            "edits": [
                {"t": edit.t, "lane": edit.lane, "name": edit.name, "value": edit.value}
                for edit in state.edits
            ],
            "train": self.train,
            "title": self.title,
        }

    def wishes(self) -> list[dict[str, Any]]:
        """Return the probes with their settings, as a run spec lists them."""
        return [
            {"probe": probe, "settings": dict(self.probe_settings.get(probe, {}))}
            for probe in self.probes
        ]

    def layout(self, lanes: Collection[str], hidden: Collection[str] = ()) -> dict[str, Any]:
        """Return the viewer's layout.

        Args:
            lanes: Lanes that the run has; panels of others are left out.
            hidden: Names of controls that a lesson hides.
        """
        shown = {*lanes, "*"}
        return {
            "title": self.title,
            "panels": [dict(panel) for panel in self.panels if panel.get("lane", "*") in shown],
            "controls": [
                asdict(control)
                for control in self.controls
                if control.name not in hidden and control.lane in shown
            ],
            "transport": True,
            "hide": [*hidden, *(() if self.train else _OF_TRAINING)],
            "metrics": list(self.metrics),
            "slow": slow_motion({lane.stem for lane in self.lanes}),
        }

    def _lane(self, lane: Lane, state: "PageState") -> dict[str, Any]:
        return {
            "name": lane.name,
            "label": lane.label,
            "color": lane.color,
            "stem": lane.stem,
            "variant": lane.variant,
            "overrides": self._overrides(lane, state) if state.overrides else dict(lane.overrides),
        }

    def _overrides(self, lane: Lane, state: "PageState") -> dict[str, Value]:
        """Return a lane's overrides, checked; only who asks for some waits for the recipes."""
        from gen_core.recipes.base import make, spec

        known = settings_of_stem(lane.stem)
        values = dict(lane.overrides)
        general = {name: value for name, value in state.overrides if "." not in name}
        values |= {name: value for name, value in general.items() if name in known}
        prefix = f"{lane.name}."
        values |= {
            name.removeprefix(prefix): value
            for name, value in state.overrides
            if name.startswith(prefix)
        }
        return dict(spec(make(lane.stem, lane.variant, values)).overrides)


@cache
def settings_of_stem(stem: str) -> dict[str, Setting]:
    """Return a recipe's settings; the recipe (and torch with it) is imported at the first call."""
    from gen_core.recipes.base import recipes

    return settings_of(recipes()[stem])
