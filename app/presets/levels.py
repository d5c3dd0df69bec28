"""The levels page: vary one level of a hierarchical PixelVAE, hold the noise of the others."""

from collections.abc import Mapping
from typing import Any

from app.preset import Control, Lane, Preset, Shown
from app.presets.panels import curves
from gen_core.recipes.settings import Value

__all__ = ["LEVELS", "LEVELS_FORM"]

Panel = Mapping[str, Any]
VARY, KEPT, LIVE = "Vary one level", "What a level keeps", "Train live"
_PAPER = "Gulrajani et al. 2017 (PixelVAE)"

LEVELS_FORM: Mapping[str, tuple[str, ...]] = {
    "Data": ("data",),
    "Network": ("z1_channels", "z2_dim", "width", "deep_width", "pixel_blocks", "latent_blocks"),
    "Training": ("batch", "learning_rate", "kl1_ramp", "kl2_ramp", "floor_ramp"),
}

# Names as the charts show them, in the order of gen_core/data/rooms_factors.py; a test holds it.
GROUPS = ("geometry", "palette", "texture")
FACTORS = (
    "side",
    "corner",
    "floor_line",
    "window_x",
    "window_y",
    "window_size",
    "bed_x",
    "bed_width",
    "bed_length",
    "wall_hue",
    "wall_light",
    "floor_hue",
    "floor_light",
    "bed_hue",
    "sky",
    "grain",
    "hatch",
    "hatch_frequency",
    "hatch_angle",
    "shading",
)
_BASES = {
    "name": "noise",
    "label": "Base picture",
    "options": [[index, f"base picture {index + 1}"] for index in range(12)],
}
_ROW: Mapping[str, Value] = {"n": 9}
_SETTINGS: Mapping[str, Mapping[str, Value]] = {"vary_level": _ROW}
_ROWS: Panel = {
    "kind": "level-rows",
    "title": "One level's noise varies, the others hold",
    "probe": "vary_level",
    "settings": _ROW,
    "follows": "base",
    "choices": [_BASES],
}
_SHARES: Panel = {
    "kind": "level-shares",
    "area": "side",
    "title": "Which level sets which factor",
    "probe": "factors_by_level",
    "groups": list(GROUPS),
    "factors": list(FACTORS),
}
_MAPS: Panel = {
    "kind": "level-maps",
    "area": "side",
    "title": "Variance that each level causes",
    "probe": "level_variance",
}
_CELL: Panel = {
    "kind": "latent-cell",
    "area": "side",
    "title": "Drag a cell of z₁",
    "probe": "latent_cell",
    "follows": "cell",
}
_CODES: Panel = {
    "kind": "atlas",
    "area": "side",
    "title": "z₁, channel 1: only the top, middle, pixels",
    "probe": "level_codes",
    "array": "z1",
    "columns": 8,
    "range": [-3.0, 3.0],
}
_RECONSTRUCTED: Panel = {
    "kind": "atlas",
    "title": "Original, 3 from p(x|z₂), 3 from p(x|z₁)",
    "probe": "level_reconstructions",
    "columns": 7,
}


def _on(lane: Lane, *panels: Panel) -> tuple[Panel, ...]:
    return tuple({**panel, "lane": lane.name} for panel in panels)


def _varied(size: int) -> Preset:
    lane = Lane("levels", f"Rooms, {size} pixels", "lane3", _STEM, f"rooms-{size}", {})
    return Preset(
        name=f"vary-{size}",
        act=VARY,
        data=lane.label,
        title=f"Levels of a hierarchical PixelVAE, rooms of {size} pixels",
        caption="Each row changes the noise of one level and holds the others: the top z₂, the"
        " middle map z₁, or the draw of the pixels.",
        source=f"{_PAPER}, Figures 6 and 11",
        lanes=(lane,),
        probes=("vary_level", "factors_by_level", "level_variance", "latent_cell"),
        panels=_on(lane, _ROWS, _SHARES, _MAPS, _CELL),
        controls=(),
        metrics=(),
        figures=(),
        probe_settings=_SETTINGS,
        train=False,
        checkpoints={lane.name: f"hierarchical_pixelvae/rooms-{size}.safetensors"},
    )


def _kept(size: int) -> Preset:
    lane = Lane("levels", f"Rooms, {size} pixels", "lane3", _STEM, f"rooms-{size}", {})
    return Preset(
        name=f"kept-{size}",
        act=KEPT,
        data=lane.label,
        title=f"Reconstructions from each level, rooms of {size} pixels",
        caption="What comes back of a test picture when only its top code z₂ is kept, and when its"
        " map z₁ is: what varies inside a row of three was not kept.",
        source=f"{_PAPER}, Figure 8",
        lanes=(lane,),
        probes=("level_reconstructions", "factors_by_level"),
        panels=_on(lane, _RECONSTRUCTED, _SHARES),
        controls=(),
        metrics=(),
        figures=(),
        train=False,
        checkpoints={lane.name: f"hierarchical_pixelvae/rooms-{size}.safetensors"},
    )


def _live() -> Preset:
    lane = Lane("levels", "Rooms, 16 pixels", "lane3", _STEM, "rooms-16", {})
    return Preset(
        name="train",
        act=LIVE,
        data="",
        title="A hierarchical PixelVAE in training",
        caption="Both levels learn at once: the bound falls, and the two KLs say how much each"
        " level keeps of a picture.",
        source=f"{_PAPER}, section 3.1",
        lanes=(lane,),
        probes=("vary_level", "level_codes"),
        panels=(
            *_on(lane, _ROWS),
            curves("Bound and reconstruction", "bits", "reconstruction", unit="bits/dim"),
            curves("What each level keeps", "kl1", "kl2", unit="nats"),
            *_on(lane, _CODES),
        ),
        controls=(Control("*", "learning_rate", "learning rate", "α"),),
        metrics=(),
        figures=(
            Shown(17, lane.name, "level_codes", "z1"),
            Shown(18, lane.name, "level_codes", "kept"),
        ),
        probe_settings=_SETTINGS,
    )


_STEM = "hierarchical_pixelvae"
LEVELS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (_varied(32), _varied(16), _kept(32), _kept(16), _live())
}
