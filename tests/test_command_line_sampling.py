"""``sample``, ``levels`` and ``walk``: the same command writes the same bytes."""

import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from gen_core import checkpoint
from gen_core.command_line.main import app
from gen_core.errors import CommandError
from gen_core.recipes.base import make
from gen_core.sampling.priors import SLICE
from gen_core.training.loop import TrainingState
from gen_core.training.snapshot import take

TINY = {
    "gan": ("", {"width": 8}),
    "wgan": ("gp", {"width": 8}),
    "planar": ("", {}),
    "realnvp": ("", {"width": 8}),
    "vae": ("", {"width": 8}),
    "iaf": ("digits", {"width": 8}),
    "pixelcnn": ("", {"width": 6, "depth": 1, "conditional": True}),
    "pixelvae": ("digits", {}),
    "hierarchical_pixelvae": ("digits", {}),
    "realnvp_images": ("digits", {"width": 4}),
    "resnet_vae": ("digits", {}),
}
POINTS = ("gan", "wgan", "planar", "realnvp")
PAINTED = ("pixelcnn", "pixelvae", "hierarchical_pixelvae")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A function that returns the path of an untrained checkpoint of a paper."""
    folder = tmp_path_factory.mktemp("untrained")

    def path_of(stem):
        path = folder / f"{stem}.safetensors"
        if not path.exists():
            state = TrainingState.start(make(stem, *TINY[stem]), 0)
            checkpoint.save(path, take(state), checkpoint.card_of(state, "a test"))
        return path

    return path_of


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "160"})


def written(out, *arguments):
    done = run(*arguments, "--out", out)
    assert done.exit_code == 0, (done.output, done.exception)
    return out.read_bytes()


@pytest.mark.parametrize("stem", TINY)
def test_every_paper_is_sampled_and_the_same_seed_gives_the_same_bytes(stem, kept, tmp_path):
    sample = "sample", kept(stem), "--count", 3
    out = tmp_path / "a.npz"
    first = written(out, *sample, "--seed", 4)
    x = np.load(io.BytesIO(first))["x"]
    assert x.shape == ((3, 2) if stem in POINTS else (3, 1, 8, 8)) and np.isfinite(x).all()
    assert written(tmp_path / "b.npz", *sample, "--seed", 4) == first
    other = np.load(io.BytesIO(written(out, *sample, "--seed", 5)))["x"]
    assert not np.array_equal(other, x)
    if stem not in POINTS:
        assert 0 <= x.min() and x.max() <= 1


@pytest.mark.parametrize("stem", sorted(set(TINY) - {"gan", "wgan"}))
def test_a_temperature_changes_what_is_drawn(stem, kept, tmp_path):
    arguments = "sample", kept(stem), "--count", 3
    plain = written(tmp_path / "a.npz", *arguments)
    cold = written(tmp_path / "b.npz", *arguments, "--temperature", 0.2)
    a, b = (np.load(io.BytesIO(each))["x"] for each in (plain, cold))
    assert not np.array_equal(a, b)


def test_a_class_is_drawn_alone(kept, tmp_path):
    arguments = "sample", kept("pixelcnn"), "--count", 4
    turns = np.load(io.BytesIO(written(tmp_path / "a.npz", *arguments)))["x"]
    threes = np.load(io.BytesIO(written(tmp_path / "b.npz", *arguments, "--class", 3)))["x"]
    assert np.array_equal(turns[3], threes[3]) and not np.array_equal(turns[:3], threes[:3])


def test_the_ending_says_which_kind_of_file(kept, tmp_path):
    painting = Image.open(
        io.BytesIO(written(tmp_path / "a.gif", "sample", kept("pixelcnn"), "--count", 2))
    )
    assert painting.n_frames > 1
    sheet = Image.open(io.BytesIO(written(tmp_path / "a.png", "sample", kept("vae"))))
    assert sheet.width == sheet.height, "16 pictures"
    rows = written(tmp_path / "a.csv", "sample", kept("planar"), "--count", 3).decode().split()
    assert rows[0] == "x,y" and len(rows) == 4


@pytest.mark.parametrize(
    ("stem", "arguments", "sentence"),
    [
        ("vae", ["--out", "a.gif"], "a model that paints its pixels in turn"),
        ("vae", ["--out", "a.csv"], "a file for pictures"),
        ("vae", ["--out", "a.bmp"], "a file ending in .png"),
        ("vae", ["--out", "a.png", "--class", "1"], "a model that was trained with classes"),
        ("planar", ["--out", "a.png"], "a file for points"),
        ("gan", ["--out", "a.npz", "--temperature", "0.5"], "temperature 1 for a generator"),
        ("pixelcnn", ["--out", "a.png", "--class", "10"], "a class from 0 to 9"),
        ("pixelcnn", ["--out", "a.png", "--temperature", "0"], "a temperature above 0"),
        ("pixelcnn", ["--out", "/dev/null/a.npz"], "room and leave to write a.npz"),
    ],
)
def test_what_cannot_be_sampled_is_one_sentence(stem, arguments, sentence, kept, tmp_path):
    if not arguments[1].startswith("/"):
        arguments = ["--out", tmp_path / arguments[1], *arguments[2:]]
    refused = run("sample", kept(stem), "--count", 2, *arguments)
    assert isinstance(refused.exception, CommandError), refused.output
    assert sentence in str(refused.exception)
    assert not list(tmp_path.iterdir())


def test_a_painting_of_very_many_is_refused_before_anything_is_drawn(kept, tmp_path):
    out = tmp_path / "a.gif"
    refused = run("sample", kept("pixelcnn"), "--count", SLICE + 1, "--out", out)
    assert f"at most {SLICE} pictures for a .gif" in str(refused.exception) and not out.exists()


LEVELS = ("--count", 2, "--rows", 2, "--tops", 2)


def test_levels_writes_rows_and_shares(kept, tmp_path):
    levels = "levels", kept("hierarchical_pixelvae"), *LEVELS
    sheets = {
        vary: written(tmp_path / f"{vary}.png", *levels, "--vary", vary)
        for vary in ("top", "middle", "pixels")
    }
    assert len(set(sheets.values())) == 3
    sizes = {Image.open(io.BytesIO(each)).size for each in sheets.values()}
    ((width, height),) = sizes
    assert width > height, "two rows of three"
    told = json.loads((tmp_path / "top.json").read_text())
    assert sum(told["variance_share"].values()) == pytest.approx(1, abs=1e-5)
    assert written(tmp_path / "again.png", *levels, "--vary", "top") == sheets["top"]


def test_levels_of_what_has_none_is_one_sentence(kept, tmp_path):
    refused = run("levels", kept("vae"), "--out", tmp_path / "a.png")
    assert "a recipe that the probe vary_level can show" in str(refused.exception)
    bad = run("levels", kept("vae"), "--vary", "middel", "--out", tmp_path / "a.png")
    assert "a level (top, middle, pixels)" in str(bad.exception)


@pytest.mark.parametrize("stem", POINTS)
def test_a_walk_through_noise_is_written_as_points(stem, kept, tmp_path):
    walk = "walk", kept(stem), "--anchors", "s0,z0.5_1", "--steps", 5
    first = written(tmp_path / "a.npz", *walk)
    assert written(tmp_path / "b.npz", *walk) == first
    found = np.load(io.BytesIO(first))
    assert found["points"].shape == (5, 2) and len(found["z"]) == 5
    about = json.loads(str(found["about"]))
    assert about["weights"] == hashlib.sha256(kept(stem).read_bytes()).hexdigest()
    refused = run(*walk, "--out", tmp_path / "a.gif")
    assert "Expected a file ending in npz, got 'a.gif'" in str(refused.exception)


@pytest.mark.parametrize("kind", ["gif", "webp", "png", "npz"])
def test_a_walk_is_written_alike_twice(kind, kept, tmp_path):
    walk = "walk", kept("vae"), "--anchors", "s0,s1", "--steps", 3, "--seed", 2
    first = written(tmp_path / f"a.{kind}", *walk, "--path", "linear")
    assert written(tmp_path / f"b.{kind}", *walk, "--path", "linear") == first
    if kind == "npz":
        assert len(np.load(io.BytesIO(first))["images"]) == 3
        spherical = written(tmp_path / "c.npz", *walk, "--path", "spherical")
        assert spherical != first
