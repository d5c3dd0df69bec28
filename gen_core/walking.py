"""A walk through a checkpoint's latent space, to its end and as a file.

>>> settings = parsed({"anchors": "z-1_0,z1_0", "steps": "4"})
>>> settings["path"], settings["steps"]
('spherical', 4)
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from gen_core import checkpoint, shelves
from gen_core.data.home import write_whole
from gen_core.errors import CommandError
from gen_core.exploration.base import Arrays, View, probe_slices
from gen_core.exploration.registry import find
from gen_core.exporting.pictures import FORMATS, walk_file
from gen_core.recipes.settings import Value
from gen_core.training.devices import choose

__all__ = ["about", "parsed", "walk_checkpoint"]


def parsed(settings: Mapping[str, object]) -> dict[str, Value]:
    """Return all settings of a walk, those not given at their defaults.

    Args:
        settings: By name, as in :data:`gen_core.exploration.walk_settings.WALK`; strings will do.

    Raises:
        ProbeError: One is unknown or out of range.
    """
    return find("walk").parse(settings)


def about(settings: Mapping[str, object], seed: int, weights: Path | None) -> dict[str, object]:
    """Return what is needed to walk the same way again, for a file.

    Args:
        settings: What differs from the defaults.
        seed: Of the draws among the anchors, and of what is held.
        weights: The checkpoint, if the models are one.
    """
    known = {"seed": seed, "settings": parsed(settings)}
    if weights is None:
        return known
    return known | {"weights": hashlib.sha256(weights.read_bytes()).hexdigest()}


def walk_checkpoint(
    name: str,
    settings: Mapping[str, object],
    out: Path,
    *,
    seed: int | None = None,
    device: str = "auto",
    pause: int = 80,
    back: bool = False,
    report: Callable[[float], None] = lambda share: None,
) -> Arrays:
    """Walk through a checkpoint's latent space and write the walk.

    Args:
        name: ``stem/name`` of one that ships, or a path.
        settings: What differs from the defaults of the probe ``walk``.
        out: The file; its ending says which: gif, webp, png, or npz for codes and measures.
        seed: Of the draws among the anchors and of what is held; the checkpoint's own for None.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        pause: Milliseconds for each picture of an animation.
        back: Whether an animation goes back the way it came.
        report: Told the share done, from 0 to 1.

    Returns:
        What the probe ``walk`` found.

    Raises:
        CommandError: The file has another ending.
        CheckpointError: There is no such checkpoint, or it is damaged.
        ProbeError: The model has no latent space, or a setting or an anchor does not fit.
    """
    kind = out.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        got = repr(out.name)[:60]
        raise CommandError(f"a file ending in {', '.join(FORMATS)}", got, "Name it so.")
    weights = shelves.find(name)
    state = checkpoint.load(weights, choose(device)).state
    seed = state.seed if seed is None else seed
    view = View(state.recipe, seed, state.device, state.t, state.models, weights)
    arrays: Arrays = {}
    for arrays in probe_slices(view, "walk", settings):
        report(float(arrays["progress"]))
    write_whole(out, walk_file(kind, arrays, about(settings, seed, weights), pause, back=back))
    return arrays
