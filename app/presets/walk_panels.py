"""The panels of a walk: its pictures, the place under the ring, walls, pads, curves."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.preset import Lane
from gen_core.exploration.walk_settings import LEVEL_NAMES, NOISE_WALK, WALK
from gen_core.recipes.settings import Value

__all__ = [
    "ENDS",
    "LAYERS_THAT_WALK",
    "LEVELS_THAT_WALK",
    "MOVED",
    "NEAREST",
    "NOISES",
    "PATHS",
    "PATH_COLOR",
    "STEPS",
    "here",
    "lines",
    "noise_plane",
    "noise_walk",
    "pad",
    "plane",
    "walk_panel",
    "wall",
]

Panel = Mapping[str, Any]


def _choice(name: str, label: str, options: Iterable[tuple[Value, str]]) -> Panel:
    return {"name": name, "label": label, "options": [list(each) for each in options]}


PATHS = _choice(
    "path", "Path", (("spherical", "round"), ("linear", "straight"), ("shell", "shell"))
)
STEPS = _choice("steps", "Steps", [(n, f"{n} steps") for n in (8, 9, 10, 12, 16, 24, 36, 64)])
_NOISE_STEPS = _choice("steps", "Steps", [(n, f"{n} steps") for n in (24, 48, 96, 192)])
ENDS = _choice("closed", "Ends", ((False, "open"), (True, "closed")))
NEAREST = _choice("nearest", "Training pictures", ((False, "walk alone"), (True, "+ nearest")))
LEVELS_THAT_WALK = _choice("level", "Level that walks", [(name, name) for name in LEVEL_NAMES])
LAYERS_THAT_WALK = _choice(
    "layer",
    "Layer that walks",
    [(0, "all layers"), (1, "layer 1, finest"), *((n, f"layer {n}") for n in range(2, 6)),
     (6, "layer 6, deepest")],
)  # fmt: skip
NOISES = _choice("noise", "Noise that is held", [(k, f"held noise {k + 1}") for k in range(8)])

PATH_COLOR = "lane3"

# What lists show at first: defaults of the probe, said aloud.
_SHOWN = ("path", "steps", "closed", "nearest", "level", "layer")
_BEGUN = {name: WALK[name].default for name in _SHOWN}

# A room, and the same with twice what the ends of a factor differ by.
_FACTORS = {"wall hue": 9, "floor hue": 11, "bed hue": 13, "window": 3, "floor line": 2}
MOVED = _choice(
    "anchors",
    "What is added to a room",
    [(f"t5,t5+2h{k}-2l{k}", f"more {name}") for name, k in _FACTORS.items()],
)


def lines(lane: Lane, walk: Panel, *, data: str = "pixel_distance") -> tuple[Panel, ...]:
    """Return the measures along a walk, as curves over its steps."""
    told = (
        (data, "From each step to the next, in the data"),
        ("latent_distance", "From each step to the next, in z"),
        ("log_prior", "Prior density, nats per dimension"),
    )
    return tuple(
        {
            **{name: walk[name] for name in ("probe", "settings", "follows", "takes")},
            "kind": "lines",
            "lane": lane.name,
            "title": title,
            "array": array,
            "x": "step",
        }
        for array, title in told
    )


def walk_panel(lane: Lane, settings: Mapping[str, Value], *choices: Panel, **more: Any) -> Panel:  # noqa: ANN401
    """Return the pictures along a path, with what a person may choose of it."""
    return {
        "kind": "walk",
        "lane": lane.name,
        "title": "Walk",
        "probe": "walk",
        "settings": {**_BEGUN, **settings},
        "anchors": settings["anchors"],
        "follows": "walk",
        "takes": list(WALK),
        "choices": list(choices),
        **more,
    }


def here(lane: Lane, walk: Panel, *, at_once: bool) -> Panel:
    """Return the picture under the ring; of a model that paints, the nearest step's."""
    settings = dict(walk["settings"])
    place = {name: value for name, value in settings.items() if name != "nearest"}
    names = [name for name in WALK if name != "nearest"]
    return {
        "kind": "walk-here",
        "lane": lane.name,
        "title": "At the ring",
        "probe": "walk_point" if at_once else "walk",
        "settings": place if at_once else settings,
        "follows": "walk",
        "takes": [*names, "at"] if at_once else list(WALK),
        "path": "walk",
        "pathSettings": settings,
        "pathTakes": list(WALK),
        "area": "side",
    }


def wall(lane: Lane, walk: Panel, n: int, columns: int, **more: Any) -> Panel:  # noqa: ANN401
    """Return test pictures to choose anchors from."""
    return {
        "kind": "walk-wall",
        "lane": lane.name,
        "title": "Test pictures",
        "probe": "anchor_candidates",
        "settings": {"n": n},
        "columns": columns,
        "sets": "walk",
        "anchors": walk["anchors"],
        **more,
    }


def pad(lane: Lane, walk: Panel) -> Panel:
    """Return a pad of the size of the lane's pictures, on which a person draws an anchor."""
    return {
        "kind": "walk-pad",
        "lane": lane.name,
        "title": "Draw an anchor",
        "probe": "drawing_form",
        "takes": [],
        "area": "side",
        "sets": "walk",
        "follows": "walk",
        "anchors": walk["anchors"],
    }


def noise_walk(settings: Mapping[str, Value]) -> dict[str, Any]:
    """Return the probe of a walk through noise, as all that show it ask for it."""
    begun = {name: NOISE_WALK[name].default for name in ("path", "steps", "closed")}
    return {
        "probe": "noise_walk",
        "settings": {**begun, **settings},
        "follows": "walk",
        "takes": list(NOISE_WALK),
    }


def noise_plane(lane: Lane, walked: Panel) -> Panel:
    """Return the plane of a generator's noise with the path on it, and its anchors to choose."""
    return {
        **walked,
        "kind": "walk-noise",
        "lane": lane.name,
        "title": "Click the noise z",
        "color": PATH_COLOR,
        "extent": [-3.5, 3.5, -3.5, 3.5],
        "decodes": False,
        "sets": "walk",
        "anchors": walked["settings"]["anchors"],
        "path": walked["probe"],
        "pathSettings": walked["settings"],
        "pathTakes": walked["takes"],
        "choices": [PATHS, _NOISE_STEPS, ENDS],
    }


def plane(lane: Lane, walk: Panel) -> Panel:
    """Return the plane of two latents, with the path on it; a click adds an anchor."""
    return {
        "kind": "walk-plane",
        "lane": lane.name,
        "title": "Click the latent plane",
        "probe": "posteriors",
        "sets": "walk",
        "anchors": walk["anchors"],
        "path": "walk",
        "pathSettings": walk["settings"],
        "pathTakes": list(WALK),
    }
