"""The contract of a probe: a registered function ``(view, settings, size) -> named arrays``.

A fast probe returns its arrays. A slow one (painting a picture, say) is a generator that yields
arrays with an extra 0-d ``progress`` from 0 to 1; whoever runs it may do other work between two
slices. Every slice runs inside :func:`~gen_core.exploration.isolation.isolated`, and a slow probe
looks at a copy of the models, so training may go on between its slices.

To add a probe, declare it in a module of this package; it is found by itself::

    @probe("levels", settings={"n": Setting(16, "a 4 x 4 sheet", low=1, high=64)})
    def levels(view: View, settings: Settings, size: int) -> Arrays: ...
"""

import copy
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from torch import nn

from gen_core.errors import GenLabError, ProbeError
from gen_core.exploration.isolation import isolated
from gen_core.exploration.registry import Arrays, Probe, Settings, View, find, probe, probes

__all__ = [
    "Arrays",
    "Probe",
    "Settings",
    "View",
    "isolated",
    "probe",
    "probe_key",
    "probe_slices",
    "probes",
    "run_probe",
]

LARGEST = 512
WIRE_TYPES = (np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.uint8))


def probe_key(name: str, settings: Settings | None = None) -> str:
    """Return the key of a probe at given settings, as it stands in a frame.

    Two subscriptions share a key exactly when their settings mean the same: ``"64"`` and 64 do,
    and a default written out is a default.

    Raises:
        ProbeError: The probe or a setting is unknown, or a value is out of range.

    Example:
        >>> probe_key("samples", {"n": 512}), probe_key("samples", {"n": "64"})
        ('samples', 'samples@59463b5b')
    """
    found = find(name)
    parsed = found.parse(settings or {})
    chosen = {key: value for key, value in parsed.items() if value != found.settings[key].default}
    if not chosen:
        return name
    text = json.dumps(chosen, sort_keys=True, separators=(",", ":"))
    return f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def run_probe(view: View, name: str, settings: Settings | None = None, size: int = 64) -> Arrays:
    """Run one probe to its end, isolated, and check its arrays.

    Args:
        view: The lane.
        name: A registered probe.
        settings: What differs from the probe's defaults; values may be strings.
        size: Side of a map, in grid points.

    Returns:
        Named C-contiguous arrays of float32, int32 or uint8. A slow probe's last slice, whose
        ``progress`` is 1.

    Raises:
        ProbeError: The probe is unknown, does not suit the recipe, a setting is out of range, or
            the probe itself fails. The models are unchanged then too.
    """
    last: Arrays = {}
    for arrays in probe_slices(view, name, settings, size):
        last = arrays
    return last


def probe_slices(
    view: View, name: str, settings: Settings | None = None, size: int = 64
) -> Iterator[Arrays]:
    """Run one probe slice by slice; a fast probe has one slice.

    Arguments are checked at the call, before the first slice. Nothing is held between slices:
    training may go on, and the look may be dropped.

    Args:
        view: The lane. A slow probe copies its models at the call.
        name: A registered probe.
        settings: What differs from the probe's defaults.
        size: Side of a map, in grid points.

    Returns:
        An iterator of arrays; those of a slow probe hold a 0-d ``progress`` in [0, 1].

    Raises:
        ProbeError: As in :func:`run_probe`.
    """
    found = find(name)
    parsed = found.parse(settings or {})
    if isinstance(size, bool) or not isinstance(size, int) or not 2 <= size <= LARGEST:
        raise ProbeError(f"a size from 2 to {LARGEST}", repr(size)[:60], "Ask for 64 or 128.")
    if not found.suits(view.recipe):
        stem = getattr(view.recipe, "stem", type(view.recipe).__name__)
        raise ProbeError(
            f"a recipe that the probe {name} can show", stem, "Choose another probe for this lane."
        )
    if not found.slow:
        return _fast_slice(found, view, parsed, size)
    with isolated(view.models):
        still = dataclasses.replace(view, models=copy.deepcopy(dict(view.models)))
    return _slow_slices(found, still, view.models, parsed, size)


def _fast_slice(found: Probe, view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    with isolated(view.models):
        try:
            arrays = found.function(view, settings, size)
        except Exception as error:
            raise _named(found, error) from error
    yield _checked(found, arrays)


def _slow_slices(
    found: Probe,
    still: View,
    models: Mapping[str, nn.Module],
    settings: Settings,
    size: int,
) -> Iterator[Arrays]:
    slices: Any = found.function(still, settings, size)
    while True:
        with isolated(models):
            try:
                arrays = next(slices)
            except StopIteration:
                return
            except Exception as error:
                raise _named(found, error) from error
        yield _checked(found, arrays)


def _named(found: Probe, error: Exception) -> ProbeError:
    if isinstance(error, GenLabError):
        return ProbeError(error.expected, error.got, error.remedy)
    return ProbeError(
        f"the probe {found.name} to show these models",
        f"{type(error).__name__}: {error}"[:300],
        "Choose another probe for this lane.",
    )


def _checked(found: Probe, arrays: object) -> Arrays:
    if not isinstance(arrays, dict) or not arrays:
        raise ProbeError(
            f"named arrays of the probe {found.name}", type(arrays).__name__, "Return a dict."
        )
    for key, array in arrays.items():
        if (
            not isinstance(array, np.ndarray)
            or array.dtype not in WIRE_TYPES
            or not array.flags.c_contiguous
        ):
            got = f"{type(array).__name__} {getattr(array, 'dtype', '')}".strip()
            raise ProbeError(
                f"{found.name}/{key} as a contiguous numpy array of float32, int32 or uint8",
                got,
                "Convert it in the probe.",
            )
    if found.slow:
        progress = arrays.get("progress")
        if progress is None or progress.ndim != 0 or not 0 <= float(progress) <= 1:
            raise ProbeError(
                f"a 0-d progress in [0, 1] in each slice of {found.name}",
                progress,
                "Yield it with the other arrays.",
            )
    return arrays
