"""Widgets to the settings of the next run.

A running experiment is steered in the viewer; what stands here waits for *Start a new run*. Each
widget shows the setting's symbol, name, unit, and a one-line hint, all from the recipe itself.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from app.preset import Preset
from app.presets import DATA
from app.state import DEVICE, SEED, PageState
from gen_core.recipes.settings import Setting, Value

_WORDS = {"n_critic": "critic steps a round", "penalty": "penalty weight", "clip": "clip value"}
_OWN = {"drawing": "Own drawing", "points": "Own points", "images": "Own pictures"}

__all__ = ["Chosen", "Field", "fields", "label", "next_run", "overrides", "step_of"]


@dataclass(frozen=True)
class Field:
    """One widget of the form.

    Attributes:
        key: ``name`` where all lanes agree, otherwise ``lane.name``.
        label: What stands above it.
        setting: Range, choices and hint.
        default: The preset's value.
        now: The value of the present run.
    """

    key: str
    label: str
    setting: Setting
    default: Value
    now: Value


@dataclass(frozen=True)
class Chosen:
    """What the form holds when a new run is asked for.

    Attributes:
        state: The page state of the new run.
        file: An uploaded file of points or a picture, if any, and its name.
    """

    state: PageState
    file: tuple[str, bytes] | None


def fields(preset: Preset, state: PageState, names: Sequence[str]) -> list[Field]:
    """Return the widgets of some settings: one for all lanes, or one a lane where they differ.

    A setting that none of the preset's lanes has is left out.

    Args:
        preset: The preset shown.
        state: The present state.
        names: Settings, in order.
    """
    settings, given, made = preset.settings(), dict(state.overrides), []
    for name in names:
        lanes = preset.lanes_with(name)
        if not lanes:
            continue
        setting = settings[name]
        now = {
            lane.name: given.get(f"{lane.name}.{name}", given.get(name, lane.value(name)))
            for lane in lanes
        }
        defaults = preset.values("*", name)
        if len(defaults) == 1 and len(set(now.values())) == 1:
            made.append(
                Field(name, label(name, setting), setting, defaults.pop(), now[lanes[0].name])
            )
            continue
        for lane in lanes:
            text = f"{label(name, setting)} · {lane.label}"
            key = f"{lane.name}.{name}"
            made.append(Field(key, text, setting, lane.value(name), now[lane.name]))
    return made


def overrides(
    state: PageState, shown: Sequence[Field], values: Mapping[str, Value]
) -> tuple[tuple[str, Value], ...]:
    """Return the next run's overrides: what the form says, and what it did not show.

    Args:
        state: The present state.
        shown: Every field of the form.
        values: The form's value of each field's key.
    """
    names = {field.key.rpartition(".")[2] for field in shown}
    kept = {key: value for key, value in state.overrides if key.rpartition(".")[2] not in names}
    changed = {
        field.key: values[field.key] for field in shown if values[field.key] != field.default
    }
    return tuple(sorted((kept | changed).items()))


def next_run(
    preset: Preset, state: PageState, groups: Mapping[str, Sequence[str]], *, key: str
) -> Chosen | None:
    """Show the form of the next run; return its settings once it is submitted.

    Args:
        preset: The preset shown.
        state: The present state; its values are the form's defaults.
        groups: Names of settings under the tab that holds them. The first tab starts with seed
            and device and, where the preset trains on points, ends with an upload of one's own.
        key: Prefix of the widgets' keys; another prefix starts the form afresh.
    """
    shown: list[Field] = []
    values: dict[str, Value] = {}
    first = next(iter(groups))  # it has seed and device in any case
    groups = {
        tab: names
        for tab, names in groups.items()
        if tab == first or any(map(preset.lanes_with, names))
    }
    seed, device, file = state.seed, state.device, None
    with st.form(f"{key}_form", border=False):
        for index, (tab, names) in enumerate(
            zip(st.tabs(list(groups)), groups.values(), strict=True)
        ):
            visible = [name for name in names if name not in state.lesson]
            with tab, st.grid(2, gap="small", min_column_width=170) as grid:
                if index == 0:
                    with grid.cell():
                        seed = int(_widget("Seed", SEED, seed, f"{key}_seed"))
                    with grid.cell():
                        device = str(_widget("Device", DEVICE, device, f"{key}_device"))
                for field in fields(preset, state, visible):
                    shown.append(field)
                    with grid.cell():
                        values[field.key] = _widget(
                            field.label, field.setting, field.now, f"{key}_{field.key}"
                        )
                if index == 0 and preset.own_data() == "points":
                    with grid.cell(column_span="all"):
                        file = st.file_uploader(
                            "Own data: points (CSV, two columns) or a silhouette (a picture)",
                            type=["csv", "txt", "png", "jpg", "jpeg", "webp"],
                            key=f"{key}_points",
                        )
        started = st.form_submit_button(
            "Start a new run", type="primary", icon=":material/replay:", width="stretch"
        )
    if not started:
        return None
    made = overrides(state, shown, values)
    same_data = dict(made).get("data") == dict(state.overrides).get("data")
    new = replace(
        state,
        seed=seed,
        device=device,
        overrides=made,
        drawing=state.drawing if same_data else "",
        edits=(),
        run="",
        follow="",
    )
    return Chosen(new, (file.name, file.getvalue()) if file is not None else None)


def label(name: str, setting: Setting) -> str:
    """Return a widget's label: name, symbol, unit; the symbol as mathematics.

    Example:
        >>> label("critic_lr", Setting(1e-4, symbol="α_f", unit="per step"))
        'Critic learning rate $α_{f}$ (per step)'
    """
    words = _WORDS.get(name, name.replace("_lr", "_learning_rate").replace("_", " "))
    base, _, index = setting.symbol.partition("_")
    letter = f"{base}_{{{index}}}" if len(index) < 2 else f"{base}_\\mathrm{{{index}}}"
    symbol = f" ${letter if index else base}$" if base else ""
    return words[:1].upper() + words[1:] + symbol + (f" ({setting.unit})" if setting.unit else "")


def step_of(value: float) -> float:
    """Return the step of a number's buttons: one unit of its leading digit.

    Example:
        >>> step_of(0.5), step_of(10.0)
        (0.1, 10.0)
    """
    return 10.0 ** math.floor(math.log10(abs(value))) if value else 0.1


def _widget(title: str, setting: Setting, now: Value, key: str) -> Value:
    value: Value
    names = _names(setting)
    if names:
        known = dict.fromkeys([*names, str(now)])
        value = st.selectbox(
            title,
            list(known),
            list(known).index(str(now)),
            format_func=lambda name: DATA.get(name, _OWN.get(name.partition("-")[0], name)),
            key=key,
        )
    elif isinstance(setting.default, bool):
        value = st.toggle(title, value=bool(now), key=key)
    elif isinstance(setting.default, str):
        value = st.text_input(title, str(now), max_chars=200, key=key)
    else:
        value = _number(title, setting, now, key)
    if setting.hint:
        st.caption(setting.hint)
    return value


def _names(setting: Setting) -> tuple[str, ...]:
    """Return the names to choose from: the choices, or the plain words of a pattern."""
    parts = setting.pattern.strip("()").split("|") if setting.pattern else []
    return setting.choices or tuple(part for part in parts if re.fullmatch(r"[\w-]+", part))


def _number(title: str, setting: Setting, now: Value, key: str) -> Value:
    if isinstance(setting.default, int):
        low = None if setting.low is None else int(setting.low)
        high = None if setting.high is None else int(setting.high)
        return int(st.number_input(title, low, high, int(now), key=key))
    return float(
        st.number_input(
            title,
            None if setting.low is None else float(setting.low),
            None if setting.high is None else float(setting.high),
            float(now),
            step=step_of(float(now)),
            format="%g",
            key=key,
        )
    )
