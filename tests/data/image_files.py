"""Picture files, folders and zips made for tests."""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image


def file(pixels, kind="PNG", **options):
    into = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(into, kind, **options)
    return into.getvalue()


def colours(salt, height=8, width=8):
    random = np.random.default_rng(salt)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def packed(members, method=zipfile.ZIP_DEFLATED):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return into.getvalue()


def unpacked(members, folder):
    for name, data in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def empty_png(width, height):
    """A PNG of this size as its header says, with next to nothing in it."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data)
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


PAIR = {f"{salt}.png": file(colours(salt)) for salt in range(2)}
