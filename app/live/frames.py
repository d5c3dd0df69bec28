"""Frames: named arrays and one JSON header as safetensors bytes.

A frame is what the worker sees at one instant: every array that a viewer may draw, and a
header that says which run state they belong to. The same bytes go over the WebSocket and into
a recording. The layout is that of safetensors (https://github.com/huggingface/safetensors):
eight bytes of little-endian header length, a JSON directory of ``name -> dtype, shape, offsets``,
then the arrays back to back. Our header is the string ``__metadata__["frame"]`` of that
directory, so any safetensors reader opens a frame, and changing the header never touches an
array.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from gen_core.errors import RecordingError

__all__ = ["TIMELINE", "VERSION", "decode", "encode", "header", "is_curve", "patch", "recall"]

VERSION = 1
TIMELINE = "run/timeline/rounds"
_FIELD = "frame"
_DAMAGED = "The file is damaged; open another one."


def encode(arrays: Mapping[str, np.ndarray], fields: Mapping[str, Any]) -> bytes:
    """Write arrays and header as one block of bytes.

    Args:
        arrays: Arrays by name ``"<lane>/<key>/<array>"``, any shape, a dtype of safetensors.
        fields: JSON-like header; numbers that JSON lacks (nan, inf) become null.

    Returns:
        The frame.
    """
    tensors = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    return save(tensors, metadata={_FIELD: _dump(fields)})


def decode(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read a frame back.

    Args:
        data: Bytes of :func:`encode`.

    Returns:
        The arrays by name and the header.

    Raises:
        RecordingError: The bytes are no frame, or are cut short.
    """
    fields = header(data)
    try:
        return load(data), fields
    except (SafetensorError, ValueError) as error:
        raise RecordingError("the bytes of a whole frame", str(error), _DAMAGED) from error


def header(data: bytes) -> dict[str, Any]:
    """Read only the header of a frame, without touching its arrays.

    Args:
        data: Bytes of :func:`encode`.

    Returns:
        The header.

    Raises:
        RecordingError: The bytes are no frame.
    """
    directory, _ = _split(data)
    try:
        return json.loads(directory["__metadata__"][_FIELD])
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError("a frame with a header", "none in the file", _DAMAGED) from error


def patch(data: bytes, **changes: object) -> bytes:
    """Change fields of the header and leave every array as it is, byte for byte.

    Args:
        data: Bytes of :func:`encode`.
        **changes: Header fields to set.

    Returns:
        A new frame.

    Raises:
        RecordingError: The bytes are no frame.
    """
    fields = header(data) | changes
    directory, start = _split(data)
    directory["__metadata__"][_FIELD] = _dump(fields)
    text = json.dumps(directory, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # arrays stay aligned to 8 bytes
    return len(text).to_bytes(8, "little") + text + data[start:]


def recall(stored: bytes, arrays: Mapping[str, np.ndarray], **changes: object) -> bytes:
    """Show a recorded frame among the curves and the timeline of the head.

    Args:
        stored: A recorded frame.
        arrays: Curves and timeline as they are now.
        **changes: Header fields of now: state, head, marks, seq, …

    Returns:
        A frame whose pictures are those of the recorded one.

    Raises:
        RecordingError: The recorded frame is damaged.
    """
    past, fields = decode(stored)
    pictures = {name: array for name, array in past.items() if not is_curve(name)}
    return encode(pictures | dict(arrays), fields | changes)


def is_curve(name: str) -> bool:
    """Whether an array is a curve or the timeline, which show the whole run at once."""
    return name == TIMELINE or name.split("/")[1:2] == ["curves"]


def _split(data: bytes) -> tuple[dict[str, Any], int]:
    """Directory of a safetensors block and the offset at which its arrays begin."""
    start = 8 + int.from_bytes(data[:8], "little")
    if len(data) < 8 or start > len(data):
        raise RecordingError("the bytes of a whole frame", f"{len(data)} bytes", _DAMAGED)
    try:
        directory = json.loads(data[8:start])
    except ValueError as error:
        raise RecordingError("a frame's directory", "unreadable bytes", _DAMAGED) from error
    if not isinstance(directory, dict):
        raise RecordingError("a frame's directory", type(directory).__name__, _DAMAGED)
    return directory, start


def _dump(fields: Mapping[str, Any]) -> str:
    try:
        return json.dumps(fields, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError):  # rare: a number that JSON lacks, or numpy's own
        return json.dumps(_finite(fields), separators=(",", ":"), allow_nan=False)


def _finite(value: object) -> object:
    """Replace what JSON cannot hold: browsers refuse the NaN that Python would write."""
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        return _finite(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
