"""A walk through a checkpoint: the file, and that all of it can be made again from numbers."""

import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image

from gen_core import shelves
from gen_core.errors import CommandError, ProbeError
from gen_core.walking import walk_checkpoint

NAME = "vae/digits"
ASKED = {"anchors": "t1,s2,c3", "steps": "7", "path": "shell"}


def test_a_walk_is_written_and_told(tmp_path):
    shares = []
    found = walk_checkpoint(NAME, ASKED, tmp_path / "walk.gif", report=shares.append)
    with Image.open(tmp_path / "walk.gif") as image:
        assert image.n_frames == 7
        assert np.array_equal(np.asarray(image)[::32, ::32], found["images"][0])
    assert shares[-1] == 1


@pytest.mark.parametrize("kind", ["gif", "webp", "png", "npz"])
def test_the_same_walk_is_the_same_file(kind, tmp_path):
    for name in ("a", "b"):
        walk_checkpoint(NAME, ASKED, tmp_path / f"{name}.{kind}")
    assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_a_point_is_made_again_from_the_numbers_of_the_file(tmp_path):
    """Seed, settings and hash stand in the file; a step's coordinates lead to its picture."""
    walk_checkpoint(NAME, ASKED, tmp_path / "walk.npz", seed=5)
    loaded = np.load(io.BytesIO((tmp_path / "walk.npz").read_bytes()))
    told = json.loads(str(loaded["about"]))
    weights = shelves.find(NAME).read_bytes()
    assert told["weights"] == hashlib.sha256(weights).hexdigest()
    assert told["seed"] == 5
    again = walk_checkpoint(NAME, told["settings"], tmp_path / "again.npz", seed=told["seed"])
    assert np.array_equal(again["images"], loaded["images"])
    place = "z" + "_".join(f"{value:.6f}" for value in loaded["z"][3])
    asked = {"anchors": f"{place},{place}", "steps": 2}
    point = walk_checkpoint(NAME, asked, tmp_path / "point.npz")
    off = point["images"][0].astype(int) - loaded["images"][3]
    assert np.abs(off).max() <= 1


def test_what_cannot_be_written_is_said(tmp_path):
    with pytest.raises(CommandError, match="a file ending in gif, webp, png, npz"):
        walk_checkpoint(NAME, ASKED, tmp_path / "walk.mp4")
    with pytest.raises(ProbeError, match="a recipe that the probe walk can show, got pixelcnn"):
        walk_checkpoint("pixelcnn/digits", ASKED, tmp_path / "walk.gif")
    with pytest.raises(ProbeError, match="steps"):
        walk_checkpoint(NAME, ASKED | {"steps": "0"}, tmp_path / "walk.gif")
    assert not list(tmp_path.iterdir())
