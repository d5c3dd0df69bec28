"""Pictures as files: what is read back, and that the same pictures give the same bytes."""

import io
import json
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

from gen_core.errors import DataError
from gen_core.exporting.pictures import FORMATS, gif, npz, sheet, walk_file, webp

GREY = np.random.default_rng(0).integers(0, 256, (5, 8, 8), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)


def frames(data):
    """Every frame of an animation, in colour."""
    with Image.open(io.BytesIO(data)) as image:
        for k in range(image.n_frames):
            image.seek(k)
            yield np.asarray(image.convert("RGB"))


def enlarged(image, scale):
    colour = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    return colour.repeat(scale, 0).repeat(scale, 1)


@pytest.mark.parametrize(("make", "kind"), [(gif, "GIF"), (webp, "WEBP")])
def test_an_animation_of_grey_is_read_back_exactly(make, kind):
    data = make(GREY, 120)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.n_frames, image.info["loop"]) == (kind, 5, 0)
        image.load()
        assert image.info["duration"] == 120
    for seen, sent in zip(frames(data), GREY, strict=True):
        assert np.array_equal(seen, enlarged(sent, 32))


def test_webp_keeps_every_colour_and_gif_nearly():
    for seen, sent in zip(frames(webp(COLOUR)), COLOUR, strict=True):
        assert np.array_equal(seen, enlarged(sent, 16))
    for seen, sent in zip(frames(gif(COLOUR)), COLOUR, strict=True):
        off = np.abs(seen.astype(int) - enlarged(sent, 16))
        assert off.mean() < 12  # 256 colours for 256 pixels of noise


def test_back_goes_the_way_it_came():
    order = [0, 1, 2, 3, 4, 3, 2, 1]
    seen = list(frames(gif(GREY, back=True)))
    assert len(seen) == len(order)
    assert all(np.array_equal(a, enlarged(GREY[k], 32)) for a, k in zip(seen, order, strict=True))


def test_a_sheet_lays_pictures_side_by_side():
    for images, scale in ((GREY, 8), (COLOUR, 4)):
        laid = np.asarray(Image.open(io.BytesIO(sheet(images, 3))).convert("RGB"))
        side = images.shape[1] * scale
        assert laid.shape == (2 * side + 2, 3 * side + 4, 3)
        below = laid[side + 2 :, side + 2 : 2 * side + 2]
        assert np.array_equal(below, enlarged(images[4], scale))
        assert (laid[side + 2 :, 2 * side + 4 :] == 128).all()


def test_codes_are_read_back_with_what_made_them():
    z = np.random.default_rng(2).normal(size=(5, 3)).astype(np.float32)
    loaded = np.load(io.BytesIO(npz({"z": z, "images": GREY}, {"seed": 7})), allow_pickle=False)
    assert np.array_equal(loaded["z"], z)
    assert np.array_equal(loaded["images"], GREY)
    assert json.loads(str(loaded["about"])) == {"seed": 7}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_walk_gives_the_same_bytes_at_any_time(kind, monkeypatch):
    walk = {"images": COLOUR, "z": np.zeros((5, 2), np.float32), "progress": np.ones(())}
    first = walk_file(kind, walk, {"b": 1, "a": 2})
    later = time.localtime(2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    assert walk_file(kind, dict(reversed(walk.items())), {"a": 2, "b": 1}) == first
    assert walk_file(kind, walk | {"images": COLOUR[::-1].copy()}, {}) != first


def test_a_walks_codes_have_all_but_the_progress():
    made = walk_file("npz", {"images": GREY, "progress": np.ones(())}, {})
    assert zipfile.ZipFile(io.BytesIO(made)).namelist() == ["about.npy", "images.npy"]


@pytest.mark.parametrize(
    "images",
    [GREY.astype(np.float32), GREY[0], COLOUR[:, None], COLOUR[..., :2].copy(), GREY[:0]],
)
def test_what_is_no_picture_is_refused(images):
    for make in (gif, webp, sheet):
        with pytest.raises(DataError, match="Expected pictures"):
            make(images)


def test_another_ending_is_refused():
    with pytest.raises(DataError, match="a file ending in gif, webp, png, npz, got 'mp4'"):
        walk_file("mp4", {"images": GREY}, {})
