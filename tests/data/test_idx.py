"""IDX files are read whole or refused in a sentence."""

import gzip

import pytest
import torch

from gen_core.data.idx import MAX_BYTES, read_idx
from gen_core.errors import DataError
from tests.data.idx_files import idx

CUBE = torch.arange(2 * 3 * 4, dtype=torch.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("values", [CUBE, CUBE.flatten(), CUBE[:0]])
def test_values_come_back_plain_or_gzipped(values):
    for data in (idx(values), gzip.compress(idx(values))):
        read = read_idx(data, values.ndim)
        assert read.dtype == torch.uint8 and torch.equal(read, values)


@pytest.mark.parametrize("length", range(len(idx(CUBE))))
def test_a_file_cut_short_anywhere_is_refused(length):
    cut = idx(CUBE)[:length]
    for data in (cut, gzip.compress(cut)):
        with pytest.raises(DataError, match=r"of cube|header of 16 bytes in cube"):
            read_idx(data, 3, "cube")


def test_a_gzip_cut_short_or_damaged_is_refused():
    packed = gzip.compress(idx(CUBE))
    for length in range(2, len(packed) - 8):
        with pytest.raises(DataError, match="a whole cube, got a gzip that is cut short"):
            read_idx(packed[:length], 3, "cube")
    for place in (2, 12, 20):
        broken = bytearray(packed)
        broken[place] ^= 0xFF
        with pytest.raises(DataError, match="cube"):
            read_idx(bytes(broken), 3, "cube")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (idx(CUBE.flatten()), "labels to start with 00 00 08 03, got 00 00 08 01"),
        (b"\x89PNG\r\n\x1a\n" * 4, "labels to start with 00 00 08 03, got 89 50 4e 47"),
        (b"\0\0\x0d\x03" + idx(CUBE)[4:], "got 00 00 0d 03"),  # floats
        (idx(CUBE) + b"\0", "24 bytes for the 2 × 3 × 4 of labels, got more"),
        (idx(CUBE)[:-1], "24 bytes for the 2 × 3 × 4 of labels, got 23"),
        (b"\0\0\x08\x03" + b"\xff" * 12, f"at most {MAX_BYTES // 2**20} MB of values in labels"),
        (b"", "a header of 16 bytes in labels, got 0"),
    ],
)
def test_other_files_are_told_what_is_wrong(data, sentence):
    with pytest.raises(DataError) as caught:
        read_idx(data, 3, "labels")
    assert sentence in str(caught.value)


def test_no_more_of_a_gzip_is_unpacked_than_its_header_declares():
    bomb = gzip.compress(idx(CUBE) + bytes(200 * 2**20))
    with pytest.raises(DataError, match="24 bytes for the 2 × 3 × 4 of cube, got more"):
        read_idx(bomb, 3, "cube")
