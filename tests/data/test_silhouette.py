"""Points of a picture follow its ink; what is no usable picture is refused in a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from gen_core.data.drawing import MOST, STEP, encode
from gen_core.data.silhouette import MAX_BYTES, read_silhouette
from gen_core.errors import DataError


def file(pixels, kind="PNG", **options):
    into = io.BytesIO()
    Image.fromarray(pixels).save(into, kind, **options)
    return into.getvalue()


def page(height=60, width=60):
    return np.full((height, width), 255, np.uint8)


def bar():
    """A black bar of 40 x 10 pixels, off the middle of a white page."""
    pixels = page()
    pixels[5:15, 15:55] = 0
    return pixels


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_shape_fills_the_middle_and_keeps_its_proportions(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    points = read_silhouette(file(bar(), kind, **options))
    low, high = points.min(0), points.max(0)
    assert points.shape == (MOST, 2)
    assert np.abs(low + high).max() < 0.1, "centred"
    assert high[0] - low[0] == pytest.approx(3.0, abs=0.2)
    assert high[1] - low[1] == pytest.approx(0.75, abs=0.2)
    assert encode(points)


def test_up_is_up():
    pixels = page()
    pixels[:20, :] = 0  # a wide roof on a thin mast
    pixels[20:, 28:32] = 0
    points = read_silhouette(file(pixels))
    assert np.ptp(points[points[:, 1] > 0.8, 0]) > 2.5
    assert np.ptp(points[points[:, 1] < 0, 0]) < 0.3


def test_points_follow_the_darkness():
    pixels = page()
    pixels[:, :30] = 0
    pixels[:, 30:] = 255 - 255 // 3
    pixels[0] = 255
    points = read_silhouette(file(pixels))
    assert np.mean(points[:, 0] < 0) == pytest.approx(0.75, abs=0.01), "3 to 1"


def test_transparency_counts_where_there_is_some_and_colour_does_not():
    pixels = np.zeros((40, 40, 4), np.uint8)  # black and transparent
    pixels[10:30, 10:30] = (255, 255, 255, 255)  # white and opaque
    pixels[10:30, 20:30, 3] = 85  # a third as opaque
    points = read_silhouette(file(pixels))
    assert np.mean(points[:, 0] < 0) == pytest.approx(0.75, abs=0.01)


def test_an_opaque_alpha_channel_says_nothing():
    grey = bar()
    opaque = np.stack((grey, grey, grey, np.full_like(grey, 255)), 2)
    assert np.array_equal(read_silhouette(file(opaque)), read_silhouette(file(grey)))


def test_other_kinds_of_pixel_show_the_same_shape():
    grey = bar()
    wanted = read_silhouette(file(grey))
    for made in (
        file(grey.astype(np.uint16) * 257),
        file(np.stack((grey,) * 3, 2)),
        file(grey == 255),
    ):
        assert np.array_equal(read_silhouette(made), wanted)
    into = io.BytesIO()
    Image.fromarray(grey).convert("P").save(into, "PNG", transparency=0)
    assert read_silhouette(into.getvalue()).shape == (MOST, 2)
    into = io.BytesIO()
    Image.fromarray(np.stack((grey,) * 3, 2)).convert("CMYK").save(into, "JPEG")
    assert np.ptp(read_silhouette(into.getvalue())[:, 1]) == pytest.approx(0.75, abs=0.2)


def test_a_turned_photograph_is_put_upright():
    turned = Image.Exif()
    turned[0x0112] = 6  # rotate by 90 degrees to show
    points = read_silhouette(file(bar(), "PNG", exif=turned))
    assert np.ptp(points[:, 1]) > 2.7 > 1 > np.ptp(points[:, 0])


def test_the_draw_is_seeded():
    picture = file(bar())
    assert np.array_equal(read_silhouette(picture), read_silhouette(picture))
    assert not np.array_equal(read_silhouette(picture), read_silhouette(picture, seed=1))


def test_a_large_picture_is_drawn_as_finely_as_its_points_can_show():
    pixels = page(1200, 3000)
    pixels[300:900, 1000:2000] = 0
    points = read_silhouette(file(pixels))
    assert np.ptp(points[:, 0]) == pytest.approx(3.0, abs=0.1)
    assert np.ptp(points[:, 1]) == pytest.approx(1.8, abs=0.1)
    assert np.unique(points, axis=0).shape[0] > MOST * 0.99
    assert (np.abs(points) <= 1.5 + STEP).all()


def header(width, height):
    """A PNG that claims a size and holds no pixel."""
    chunk = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    check = struct.pack(">I", zlib.crc32(b"IHDR" + chunk))
    pixels = zlib.compress(b"")
    data = struct.pack(">I", len(pixels)) + b"IDAT" + pixels
    data += struct.pack(">I", zlib.crc32(b"IDAT" + pixels))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + chunk + check + data


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Expected a PNG, JPEG or WebP picture, got an empty file."),
        (b"x,y\n1,2\n", "Expected a PNG, JPEG or WebP picture, got bytes that are none."),
        (b"GIF89a" + b"\0" * 40, "got bytes that are none."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "got bytes that are none."),
        (header(20_000, 20_000), "a picture of at most 24 million pixels, got many more."),
        (header(6_000, 5_000), "at most 24 million pixels, got 6000 × 5000. Make the picture"),
        (header(10_000, 10_000), "Expected a picture of at most 24 million pixels, got"),
        (file(bar())[:90], "Expected a whole picture, got a damaged or truncated one."),
        (file(bar(), "JPEG")[:400], "got a damaged or truncated one."),
        (b"\xff" * (MAX_BYTES + 1), "Expected a picture of at most 16 MB, got 16.0 MB."),
        (file(page()), "something dark on light, or opaque on transparent, got a picture of one"),
        (file(page() * 0), "got a picture of one even colour."),
        (file(np.zeros((9, 9, 4), np.uint8)), "got a picture of one even colour."),
        (file(page() - np.eye(60, dtype=np.uint8) * 9), "got a picture of one even colour."),
    ],
)
def test_what_is_no_usable_picture_is_said(data, sentence):
    with pytest.raises(DataError) as caught:
        read_silhouette(data)
    assert sentence in str(caught.value)
