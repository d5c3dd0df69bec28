"""A person's pictures are found again by the hash of their content, or missed with a sentence."""

import pytest
import torch

from gen_core.data.folder import read_images
from gen_core.data.home import home
from gen_core.data.images import source
from gen_core.data.own_images import keep, own_images
from gen_core.errors import DataError
from tests.data.image_files import PAIR, colours, file, packed


@pytest.mark.parametrize("folders", [("", ""), ("cat/", "dog/")])
def test_kept_pictures_come_back_by_name(folders):
    members = {f"{folders[s % 2]}{s:02}.png": file(colours(s)) for s in range(13)}
    images = read_images(packed(members), size=8, levels=16).images
    name = keep(images)
    again = source(name)
    assert name == f"images-{images.sha256[:16]}" == again.name and source(name) is again
    assert (again.top_level, again.n_classes, again.classes) == (
        15, images.n_classes, images.classes)  # fmt: skip
    for split in ("train", "test"):
        assert torch.equal(again.pictures(split), images.pictures(split))
        if images.n_classes:
            assert torch.equal(again.labels(split), images.labels(split))


def test_the_name_is_that_of_the_content(tmp_path):
    levels = torch.randint(256, (4, 3, 8, 8), dtype=torch.uint8)
    labels = torch.tensor([0, 1, 0, 1])
    made = [
        own_images(levels, 255),
        own_images(levels, 254),
        own_images(levels.flip(0), 255),
        own_images(levels.reshape(4, 3, 16, 4), 255),
        own_images(levels, 255, labels, ("a", "b")),
        own_images(levels, 255, 1 - labels, ("a", "b")),
        own_images(levels, 255, labels, ("a", "c")),
    ]
    assert len({images.name for images in made}) == len(made)
    assert own_images(levels.clone(), 255).name == made[0].name


@pytest.mark.parametrize("name", ["images-0123456789abcdef", "images-../../passwd", "images-"])
def test_pictures_that_are_not_here(name):
    with pytest.raises(DataError, match="were uploaded on this machine, got images-.*is missing"):
        source(name)


@pytest.mark.parametrize("damage", ["cut", "swapped", "other"])
def test_a_changed_file_is_refused(damage):
    salt = {"cut": 1, "swapped": 2, "other": 3}[damage]
    pictures = torch.randint(256, (4, 3, 8, 8), generator=torch.Generator().manual_seed(salt))
    name = keep(own_images(pictures.byte(), 255))
    path = home() / "images" / f"{name}.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes({"cut": data[:100], "swapped": data, "other": b"nothing"}[damage])
    with pytest.raises(DataError, match=f"the pictures named {name}, got a changed file"):
        source(name)


def test_pictures_that_cannot_be_written_are_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path / "file"))
    with pytest.raises(DataError, match="leave to keep the pictures, got .*GEN_LAB_HOME"):
        keep(read_images(packed(PAIR), size=8).images)
