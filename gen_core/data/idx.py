"""IDX files, the form that MNIST comes in: a magic number, sizes, and bytes.

A file of unsigned bytes starts with 00 00 08 and the number of dimensions, then each size as a
big-endian 32-bit integer, then the values, last dimension fastest (LeCun, Cortes & Burges, THE
MNIST DATABASE). The file may be gzipped; only as much is unpacked as its header declares.
"""

import gzip
import io
import math
import struct
import zlib
from typing import IO, cast

import torch
from torch import Tensor

from gen_core.errors import DataError

__all__ = ["MAX_BYTES", "read_idx", "unpacked"]

MAX_BYTES = 64 * 2**20
"""Most values of one file; MNIST's larger one has 47 040 000."""

GZIP = b"\x1f\x8b"
_REMEDY = "Copy or fetch the file again."


def read_idx(data: bytes, dims: int, name: str = "the IDX file") -> Tensor:
    r"""Read a file of unsigned bytes.

    Args:
        data: The file's bytes, plain or gzipped.
        dims: How many dimensions the values must have.
        name: What to call the file in an error.

    Returns:
        The values, uint8.

    Raises:
        DataError: The file is cut short or too long, no IDX file of so many dimensions, larger
            than `MAX_BYTES`, or a damaged gzip.

    Example:
        >>> read_idx(b"\0\0\x08\x02" + b"\0\0\0\x01" + b"\0\0\0\x03" + bytes([5, 6, 7]), dims=2)
        tensor([[5, 6, 7]], dtype=torch.uint8)
    """
    try:
        with _opened(data) as file:
            return _values(file, dims, name)
    except EOFError as error:
        raise DataError(f"a whole {name}", "a gzip that is cut short", _REMEDY) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"a whole {name}", f"a damaged gzip ({error})", _REMEDY) from error


def unpacked(data: bytes) -> bytes:
    """Return what a gzip holds, or plain bytes as they are; at most `MAX_BYTES` and a header.

    Raises:
        OSError: The gzip is damaged; EOFError or zlib.error likewise.
    """
    with _opened(data) as file:
        return file.read(MAX_BYTES + 1024)


def _opened(data: bytes) -> IO[bytes]:
    plain = io.BytesIO(data)
    return cast(IO[bytes], gzip.GzipFile(fileobj=plain)) if data.startswith(GZIP) else plain


def _values(file: IO[bytes], dims: int, name: str) -> Tensor:
    head = file.read(4 + 4 * dims)
    if len(head) >= 4 and head[:4] != bytes((0, 0, 8, dims)):
        expected = f"{name} to start with 00 00 08 {dims:02x}"
        raise DataError(expected, head[:4].hex(" "), "Check that the right file has this name.")
    if len(head) < 4 + 4 * dims:
        raise DataError(f"a header of {4 + 4 * dims} bytes in {name}", len(head), _REMEDY)
    shape = struct.unpack(f">{dims}I", head[4:])
    size = math.prod(shape)
    if size > MAX_BYTES:
        most = f"at most {MAX_BYTES // 2**20} MB of values in {name}"
        raise DataError(most, f"{size / 2**20:.0f} MB", "Take a smaller set.")
    values = file.read(size + 1)
    if len(values) != size:
        sizes = " × ".join(map(str, shape))
        got = "more" if len(values) > size else len(values)
        raise DataError(f"{size} bytes for the {sizes} of {name}", got, _REMEDY)
    flat = torch.frombuffer(bytearray(values), dtype=torch.uint8) if size else torch.empty(0)
    return flat.to(torch.uint8).reshape(shape)
