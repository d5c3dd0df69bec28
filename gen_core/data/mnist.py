"""MNIST: 70 000 handwritten digits of 28 x 28 pixels (LeCun, Cortes & Burges).

The four files are looked for in the folder that ``GEN_LAB_DATA`` names, in its subfolder
``mnist``, then where `fetch` puts them; nothing is fetched unasked. Training has the first 50 000
pictures, ``"validation"`` the last 10 000 of the training file, as the papers split them, and
``"test"`` the 10 000 of the other file. (A set of another size is split 5 to 1 likewise.)

- ``mnist-binary``: dynamically binarised; test pictures are fixed by index.
- ``mnist-static``: binarised once, by index and a fixed seed. Larochelle's files, on which papers
  report, are another fixed draw from the same probabilities; their numbers differ by a little.
- ``mnist-N``: N grey levels, 2 to 256, by the rule of :func:`gen_core.data.pixels.quantize`.
"""

import hashlib
import os
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from torch import Tensor

from gen_core.data.binarised import Binarised, fixed_bits
from gen_core.data.home import home, write_whole
from gen_core.data.idx import read_idx, unpacked
from gen_core.data.image_source import ImageSource, Split
from gen_core.data.pixels import byte_levels
from gen_core.errors import DataError

__all__ = ["MIRRORS", "PUBLISHED", "fetch", "load"]

PUBLISHED = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""The files, and the published MD5 of the bytes that each holds when it is unzipped."""

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
)
SIDE = 28
N_CLASSES = 10
TIMEOUT = 30  # seconds without a byte

_HELP = "Run `python -m gen_core fetch mnist`, or set GEN_LAB_DATA to a folder with the files."
_CONNECT = "Connect to the network and try again, or set GEN_LAB_DATA to a folder with the files."


def load(name: str) -> ImageSource:
    """Return MNIST in one of its forms; the same object at each call in a process.

    Args:
        name: ``mnist-binary``, ``mnist-static``, or ``mnist-`` and a number of grey levels.

    Raises:
        DataError: The name is none of these, or the files are missing or damaged.
    """
    form = name.removeprefix("mnist-")
    grey_levels = int(form) if form.isdecimal() and form.isascii() and len(form) < 4 else 0
    if form not in ("binary", "static") and not 2 <= grey_levels <= 256:
        expected = "mnist-binary, mnist-static, or mnist-2 to mnist-256"
        raise DataError(expected, repr(name), "Choose one of these.")
    return _load(name, form, _folder())


def fetch(
    mirrors: Sequence[str] = MIRRORS,
    folder: Path | None = None,
    checksums: Mapping[str, str] = PUBLISHED,
) -> Path:
    """Download what is missing of the four files, and keep what has the published checksum.

    Args:
        mirrors: Addresses of folders with the files as ``.gz``, asked in this order.
        folder: Where to keep the unzipped files; ``data/mnist`` in the person's folder by default.
        checksums: The files' names, and the MD5 of the unzipped bytes of each.

    Returns:
        The folder.

    Raises:
        DataError: No mirror gives a file of the right checksum, or it cannot be written.
    """
    folder = folder or _kept()
    for name, published in checksums.items():
        path = folder / name
        if path.is_file() and _md5(path.read_bytes()) == published:
            continue
        data = _download(name, published, mirrors)
        try:
            write_whole(path, data)
        except OSError as error:
            got = (error.strerror or str(error)).lower()
            remedy = "Free some space, or set GEN_LAB_HOME to a folder that you may write to."
            raise DataError(f"room and leave to write {path}", got, remedy) from error
    return folder


def _download(name: str, published: str, mirrors: Sequence[str]) -> bytes:
    """The unzipped bytes of a file, or a sentence on what the last mirror gave instead."""
    import pooch  # half a second of imports that only a download needs

    refusal = DataError("a mirror of MNIST", "none", "Name one.")
    for mirror in mirrors:
        url = f"{mirror}/{name}.gz"
        with tempfile.TemporaryDirectory() as scratch:
            packed = Path(scratch) / name
            try:
                pooch.HTTPDownloader(timeout=TIMEOUT)(url, str(packed), None)
                data = unpacked(packed.read_bytes())
            except (OSError, EOFError, zlib.error) as error:
                refusal = DataError(f"{name} from {url}", _why(error), _CONNECT)
                continue
        if (found := _md5(data)) == published:
            return data
        expected = f"{name} with the MD5 {published} from {url}"
        refusal = DataError(expected, found, "Try again later: the mirror's file is another one.")
    raise refusal


def _why(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"status {response.status_code}"
    return f"no whole file ({type(error).__name__})"


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _kept() -> Path:
    return home() / "data" / "mnist"


def _folder() -> Path:
    """The first folder that holds all four files."""
    named = os.environ.get("GEN_LAB_DATA")
    own = Path(named).expanduser() if named else None
    folders = [*((own, own / "mnist") if own else ()), _kept()]
    got = f"none in {' or '.join(map(str, folders))}"
    for folder in folders:
        missing = [name for name in PUBLISHED if _path(folder, name) is None]
        if not missing:
            return folder
        if len(missing) < len(PUBLISHED):
            got = f"{folder} without {', '.join(missing)}"
    raise DataError("the four files of MNIST on this machine", got, _HELP)


def _path(folder: Path, name: str) -> Path | None:
    paths = folder / name, folder / f"{name}.gz"
    return next((path for path in paths if path.is_file()), None)


@lru_cache(maxsize=8)
def _load(name: str, form: str, folder: Path) -> ImageSource:
    grey, sha256 = _read(folder)
    if form == "binary":
        return Binarised(name, 1, grey, N_CLASSES, sha256)
    if form == "static":
        bits = {key: Split(fixed_bits(split, key), split.labels) for key, split in grey.items()}
        return ImageSource(name, 1, bits, N_CLASSES, sha256)
    fewer = {
        key: Split(byte_levels(split.levels, int(form)), split.labels)
        for key, split in grey.items()
    }
    return ImageSource(name, int(form) - 1, fewer, N_CLASSES, sha256)


@lru_cache(maxsize=1)
def _read(folder: Path) -> tuple[dict[str, Split], str]:
    """The three splits as grey bytes, and the hash of all that is in them."""
    train, train_labels = _pair(folder, "train")
    test, test_labels = _pair(folder, "t10k")
    digest = hashlib.sha256()
    for part in (train, train_labels, test, test_labels):
        digest.update(part.numpy().tobytes())
    cut = len(train) - len(train) // 6
    splits = {
        "train": Split(train[:cut], train_labels[:cut]),
        "validation": Split(train[cut:], train_labels[cut:]),
        "test": Split(test, test_labels),
    }
    return splits, digest.hexdigest()


def _pair(folder: Path, stem: str) -> tuple[Tensor, Tensor]:
    """Pictures ``(N, 1, 28, 28)``, uint8, and labels ``(N,)``, int64, that fit together."""
    names = f"{stem}-images-idx3-ubyte", f"{stem}-labels-idx1-ubyte"
    pictures, labels = (_values(folder, name, 3 - 2 * i) for i, name in enumerate(names))
    remedy = "Take both files from the same place."
    if not len(pictures) or pictures.shape[1:] != (SIDE, SIDE):
        got = " × ".join(map(str, pictures.shape))
        raise DataError(f"pictures of 28 × 28 in {names[0]}", got, "Take the files of MNIST.")
    if len(pictures) != len(labels):
        expected = f"{len(pictures)} labels in {names[1]}, one a picture"
        raise DataError(expected, len(labels), remedy)
    if labels.max() >= N_CLASSES:
        raise DataError(f"labels from 0 to 9 in {names[1]}", int(labels.max()), remedy)
    return pictures.unsqueeze(1), labels.long()


def _values(folder: Path, name: str, dims: int) -> Tensor:
    path = _path(folder, name)
    assert path is not None, "looked for before"
    return read_idx(path.read_bytes(), dims, name)
