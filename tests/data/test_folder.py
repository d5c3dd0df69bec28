"""Folders and zips of images: what is read, what is skipped by name, what is refused."""

import io
import os
import stat
import struct
import zipfile

import numpy as np
import pytest
import torch

from gen_core.data import folder as module
from gen_core.data.folder import read_images
from gen_core.errors import DataError
from tests.data.image_files import PAIR, colours, empty_png, file, packed, unpacked


def reason(reading, name):
    return {each.name: each.reason for each in reading.skipped}[name]


def test_pictures_of_the_right_size_come_back_as_they_are(tmp_path):
    members = {f"{salt:02}.png": file(colours(salt)) for salt in range(23)}
    for origin in (unpacked(members, tmp_path), packed(members)):
        read = read_images(origin, size=8)
        assert read.skipped == () and read.left_out == 0
        assert (read.images.n_train, read.images.n_test) == (20, 3)
        assert read.images.n_classes == 0 and read.images.image_shape == (3, 8, 8)
        expected = torch.from_numpy(np.stack([colours(salt) for salt in (1, 11, 21)]))
        x = (read.images.pictures("test") * 255).round().byte()
        assert torch.equal(x, expected.permute(0, 3, 1, 2))


def test_sub_folders_are_classes_if_every_picture_is_in_one():
    one = file(colours(1))
    labelled = {"all/cat/1.png": one, "all/dog/old/2.png": one, "all/cat/0.png": one}
    images = read_images(packed(labelled), size=8).images
    assert images.classes == ("cat", "dog") and images.n_classes == 2
    assert images.labels("train").tolist() == [0, 1] and images.labels("test").tolist() == [0]
    for members in ({**labelled, "all/3.png": one}, {"all/cat/1.png": one, "all/cat/0.png": one}):
        images = read_images(packed(members), size=8).images
        assert images.n_classes == 0 and images.classes == ()
    images = read_images(packed({**labelled, "all/notes.txt": b"three pictures"}), size=8).images
    assert images.classes == ("cat", "dog"), "what is no picture has no say"


def test_unreadable_files_are_named_and_skipped(tmp_path):
    whole = file(colours(3, 64, 64))
    broken = {
        "cut.png": whole[:-400],
        "cut.jpg": file(colours(3, 64, 64), "JPEG")[:-400],
        "empty.png": b"",
        "notes.txt": b"three pictures",
        "huge.png": empty_png(20_000, 20_000),
        "large.png": empty_png(8_001, 8_000),
        "larger.png": empty_png(12_000, 8_000),
        "print.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n",
    }
    hidden = {".DS_Store": b"x", "__MACOSX/0.png": b"x", "a/Thumbs.db": b"x"}
    members = {**PAIR, **broken, **hidden}
    for origin in (packed(members), unpacked(members, tmp_path)):
        read = read_images(origin, size=8)
        assert (read.images.n_train, read.images.n_test) == (1, 1)
        assert [each.name for each in read.skipped] == sorted(broken)
        assert reason(read, "cut.png") == "a damaged one, not a whole picture"
        assert reason(read, "cut.jpg") == "a damaged one, not a whole picture"
        assert reason(read, "empty.png") == "an empty file, not a picture"
        assert reason(read, "notes.txt") == "bytes that are none, not a picture"
        larger = "a far larger one, not a picture of at most 64 million pixels"
        assert reason(read, "huge.png") == larger
        assert "8001 × 8000, not" in reason(read, "large.png")
        assert "at most 64 million pixels" in reason(read, "larger.png")
        assert reason(read, "print.eps") == "bytes that are none, not a picture"


@pytest.mark.parametrize("path", ["../x.png", "a/../../x.png", "/tmp/x.png", "C:\\x.png",
                                  "c:x.png", "..\\x.png", "a\\..\\..\\x.png", "\\x.png",
                                  "x.png\0.txt"])  # fmt: skip
def test_a_path_that_climbs_out_refuses_the_zip_and_writes_nothing(tmp_path, path):
    place = tmp_path / "a" / "b" / "zip"
    place.parent.mkdir(parents=True)
    plain = "_" * len(path)  # the writer would tame the path
    data = packed({**PAIR, plain: PAIR["0.png"]}).replace(plain.encode(), path.encode())
    place.write_bytes(data)
    before = sorted(tmp_path.rglob("*"))
    here = os.getcwd()
    os.chdir(place.parent)
    try:
        for origin in (data, place):
            with pytest.raises(DataError, match="a zip whose paths stay inside it, got") as caught:
                read_images(origin, size=8)
            assert caught.value.got == repr(path)
    finally:
        os.chdir(here)
    assert sorted(tmp_path.rglob("*")) == before


def test_links_are_refused_in_a_zip_and_passed_over_in_a_folder(tmp_path):
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="stay inside it, got 'link.png'"):
        read_images(into.getvalue())
    secret = tmp_path / "secret.png"
    secret.write_bytes(file(colours(9)))
    place = unpacked(PAIR, tmp_path / "mine")
    (place / "2.png").symlink_to(secret)
    (place / "all").symlink_to(tmp_path)
    os.mkfifo(place / "3.png")
    read = read_images(place, size=8)
    assert read.images.n_train + read.images.n_test == 2 and read.skipped == ()


def test_a_bomb_is_refused_by_what_it_declares():
    bomb = packed({**PAIR, "bomb.png": bytes(51 * 2**20)})
    assert len(bomb) < 2**18
    read = read_images(bomb, size=8)
    assert reason(read, "bomb.png") == "51.0 MB, not a file of at most 50 MB"
    small, large = struct.pack("<I", 51 * 2**20), struct.pack("<I", 2**32 - 2)
    with pytest.raises(DataError, match=r"at most 4 GB of files, got 4\.0 GB"):
        read_images(bomb.replace(small, large), size=8)


def test_a_bomb_that_declares_too_little_is_cut_there_and_found_damaged():
    real, told = struct.pack("<I", 51 * 2**20), struct.pack("<I", 1000)
    bomb = packed({**PAIR, "bomb.png": bytes(51 * 2**20)}).replace(real, told)
    assert reason(read_images(bomb, size=8), "bomb.png") == "a damaged one, not a whole file"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_unpacks_without_a_bound_is_skipped(method):
    read_images(packed(PAIR, zipfile.ZIP_STORED), size=8)
    with pytest.raises(DataError, match="none among 2 files; 0.png is packed by another method"):
        read_images(packed(PAIR, method), size=8)


def test_damaged_and_encrypted_members_are_skipped_by_name():
    data = bytearray(packed({**PAIR, "2.png": PAIR["0.png"]}, zipfile.ZIP_STORED))
    at = data.rindex(b"IDAT")
    data[at + 10] ^= 0xFF
    assert reason(read_images(bytes(data), size=8), "2.png") == "a damaged one, not a whole file"
    data = bytearray(packed({**PAIR, "2.png": PAIR["0.png"]}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    assert reason(read_images(bytes(data), size=8), "2.png") == "encrypted, not an open file"


@pytest.mark.parametrize("length", [0, 1, 40, 300])
def test_a_zip_cut_short_is_refused(length):
    with pytest.raises(DataError, match="a folder or a zip of pictures, got bytes that are none"):
        read_images(packed(PAIR)[:length])


def test_what_cannot_be_a_data_set_is_refused(tmp_path):
    with pytest.raises(DataError, match="a folder or a zip of pictures, got .*nowhere"):
        read_images(tmp_path / "nowhere")
    with pytest.raises(DataError, match="two readable pictures, got none among 0 files"):
        read_images(tmp_path)
    with pytest.raises(DataError, match="got 1 among 2 files; b.txt is bytes that are none"):
        read_images(packed({"a.png": PAIR["0.png"], "b.txt": b"b"}), size=8)
    for size, levels in ((3, 256), (65, 256), (8, 1), (8, 257)):
        with pytest.raises(DataError, match=f"2 to 256 levels, got {size} and {levels}"):
            read_images(packed(PAIR), size=size, levels=levels)


def test_pictures_beyond_the_bound_are_left_out_and_counted(monkeypatch):
    monkeypatch.setattr(module, "MAX_PICTURES", 3)
    members = {f"{salt}.png": file(colours(salt)) for salt in range(7)}
    read = read_images(packed({**members, "0.txt": b"0"}), size=8)
    assert read.images.n_train + read.images.n_test == 3
    assert read.left_out == 4 and [each.name for each in read.skipped] == ["0.txt"]
    monkeypatch.setattr(module, "MAX_ENTRIES", 5)
    with pytest.raises(DataError, match="at most 5 files, got 7 or more"):
        read_images(packed(members), size=8)


def test_single_files_make_the_same_data_set_as_a_zip_of_them():
    members = {f"{salt:02}.png": file(colours(salt)) for salt in range(4)}
    files = [*reversed(members.items())]
    assert read_images(files, size=8).images.name == read_images(packed(members), 8).images.name
    assert read_images([*files, files[0]], size=8).images.n_train == 4, "two may have one name"


def test_a_reading_says_in_sentences_what_it_read_and_what_it_lost(monkeypatch):
    members = {f"{kind}/{salt}.png": file(colours(salt)) for kind in "ab" for salt in range(12)}
    whole = read_images(packed(members), size=8, levels=2, colour=False)
    assert whole.summary() == (
        "24 pictures of 8 × 8 pixels, 2 levels, grey, 2 classes; 3 of them held out."
    )
    assert whole.losses() == ()
    bad = {"a/0\x1b[2J.png": b"", f"a/00{'0' * 80}.png": b"x", "a/01.png": b"x"}
    monkeypatch.setattr(module, "MAX_PICTURES", 4)
    skipped, left_out = read_images(packed({**members, **bad}), size=8).losses(most=2)
    assert skipped == (
        "Skipped 3: a/0?[2J.png is an empty file, not a picture;"
        f" …{'0' * 54}.png is bytes that are none, not a picture; and 1 more."
    )
    assert left_out == "Left out 20: at most 4 pictures are read."
