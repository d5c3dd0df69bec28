"""A walk through a checkpoint's latent space, to its end and as a file.

>>> settings = parsed({"anchors": "z-1_0,z1_0", "steps": "4"})
>>> settings["path"], settings["steps"]
('spherical', 4)
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gen_core import checkpoint, shelves
from gen_core.data.home import write_whole
from gen_core.errors import CommandError
from gen_core.exploration.base import Arrays, View, probe_slices
from gen_core.exploration.registry import find
from gen_core.exporting.pictures import FORMATS, walk_file
from gen_core.recipes.settings import Value
from gen_core.training.devices import choose

__all__ = ["about", "parsed", "probe_of", "walk_checkpoint"]


def probe_of(recipe: object) -> str:
    """Return the probe that walks a model's latent space: one of pictures, or one of points."""
    return "noise_walk" if find("noise_walk").suits(recipe) else "walk"


def parsed(settings: Mapping[str, object], probe: str = "walk") -> dict[str, Value]:
    """Return all settings of a walk, those not given at their defaults.

    Args:
        settings: By name, as in :mod:`gen_core.exploration.walk_settings`; strings will do.
        probe: ``walk``, or ``noise_walk`` for one through noise.

    Raises:
        ProbeError: One is unknown or out of range.
    """
    return find(probe).parse(settings)


def about(
    settings: Mapping[str, object], seed: int, weights: Path | None, probe: str = "walk"
) -> dict[str, object]:
    """Return what is needed to walk the same way again, for a file.

    Args:
        settings: What differs from the defaults.
        seed: Of the draws among the anchors, and of what is held.
        weights: The checkpoint, if the models are one.
        probe: As in :func:`parsed`.
    """
    known = {"seed": seed, "settings": parsed(settings, probe)}
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
        settings: What differs from the defaults of the probe that :func:`probe_of` names.
        out: The file; its ending says which: gif, webp, png, or npz for codes and measures, the
            only one for points of the plane.
        seed: Of the draws among the anchors and of what is held; the checkpoint's own for None.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        pause: Milliseconds for each picture of an animation.
        back: Whether an animation goes back the way it came.
        report: Told the share done, from 0 to 1.

    Returns:
        What the probe found.

    Raises:
        CommandError: The file has another ending.
        CheckpointError: There is no such checkpoint, or it is damaged.
        ProbeError: The model has no latent space, or a setting or an anchor does not fit.
    """
    kind = out.suffix.removeprefix(".").lower()
    _check(kind, FORMATS, out)
    weights = shelves.find(name)
    state = checkpoint.load(weights, choose(device)).state
    probe = probe_of(state.recipe)
    if probe == "noise_walk":
        _check(kind, ("npz",), out)
    seed = state.seed if seed is None else seed
    view = View(state.recipe, seed, state.device, state.t, state.models, weights)
    arrays: Arrays = {}
    for arrays in probe_slices(view, probe, settings):
        report(float(arrays.get("progress", 1)))
    told = about(settings, seed, weights, probe)
    write_whole(out, walk_file(kind, arrays, told, pause, back=back))
    return arrays


def _check(kind: str, kinds: Sequence[str], out: Path) -> None:
    if kind not in kinds:
        got = repr(out.name)[:60]
        raise CommandError(f"a file ending in {', '.join(kinds)}", got, "Name it so.")
