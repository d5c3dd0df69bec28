"""One picture file becomes a square of levels, whatever its format, depth or orientation."""

import numpy as np
import pytest
import torch
from PIL import Image

from gen_core.data.folder import read_images
from gen_core.data.picture_file import read_picture
from tests.data.image_files import PAIR, colours, file, packed


def test_levels_and_grey_follow_pillow_and_the_bins():
    read = read_images(packed(PAIR), size=8, levels=4, colour=False).images
    grey = torch.from_numpy(np.asarray(Image.fromarray(colours(1)).convert("L")).copy())
    assert read.top_level == 3 and read.image_shape == (1, 8, 8)
    assert torch.equal((read.pictures("test")[0, 0] * 3).round().byte(), grey >> 6)


@pytest.mark.parametrize(
    ("width", "box"),
    [(70, (20, 0, 50, 30)), (71, (20.5, 0, 50.5, 30)), (30, (0, 0, 30, 30)), (12, (0, 9, 12, 21))],
)
def test_the_central_square_is_resized_by_lanczos(width, box):
    image = Image.fromarray(colours(5, 30, width))
    expected = np.asarray(image.resize((8, 8), Image.Resampling.LANCZOS, box))
    assert np.array_equal(read_picture(file(image), 8).permute(1, 2, 0), expected)


def test_a_small_picture_grows_and_a_large_jpeg_shrinks():
    assert read_picture(file(np.full((2, 3), 77, np.uint8)), 16).unique().tolist() == [77]
    ramp = np.linspace(0, 255, 4000, dtype=np.uint8)
    large = file(np.broadcast_to(ramp, (3000, 4000)).copy(), "JPEG", quality=95)
    shrunk = read_picture(large, 8, colour=False)[0].float()
    step = 255 / 4000 * 3000 / 8
    expected = 255 / 8 + step * (torch.arange(8) + 0.5)
    assert (shrunk - expected).abs().max() < 3


def test_many_formats_and_kinds_of_pixels_are_read():
    flat = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    image = Image.fromarray(flat)
    kinds = ("PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "TGA", "JPEG")
    members = {f"{kind}.x": file(image, kind) for kind in kinds}
    members["palette.png"] = file(image.quantize(4))
    members["cmyk.jpg"] = file(image.convert("CMYK"), "JPEG", quality=95)
    read = read_images(packed(members), size=8)
    assert read.skipped == ()
    for split in ("train", "test"):
        means = read.images.pictures(split).mean((2, 3)) * 255
        assert (means - torch.tensor([200.0, 100.0, 50.0])).abs().max() < 6


def test_depth_transparency_and_orientation_are_honoured():
    deep = np.full((8, 8), 257 * 51, np.uint16)
    clear = np.zeros((8, 8, 4), np.uint8)
    clear[:4, :, 3] = 255  # the upper half is black, the lower clear
    turned = Image.fromarray(np.repeat(np.uint8([[0], [255]]), 4, 0).repeat(8, 1))
    exif = turned.getexif()
    exif[274] = 3  # upside down
    members = {"0.png": file(deep), "1.png": file(clear), "2.png": file(turned, exif=exif)}
    images = read_images(packed(members), size=8, colour=False).images
    (half_clear,), (deep, turned) = images.pictures("test"), images.pictures("train")
    assert (deep == 51 / 255).all()
    assert half_clear[0, 0, 0] == 0 and half_clear[0, -1, 0] == 1
    assert turned[0, 0, 0] == 1 and turned[0, -1, 0] == 0
