"""PixelVAE's sheets: originals stand beside their reconstructions, and each noise acts alone."""

import numpy as np
import pytest
import torch

from gen_core.data.images import source
from gen_core.exploration.arrays import as_bytes
from gen_core.exploration.base import View, probe_slices, run_probe
from gen_core.recipes.base import make
from gen_core.sampling.ancestral import ancestral, finish
from gen_core.training.loop import TrainingState
from gen_core.training.seeding import normal, uniform

TINY = {"width": 4, "coder_width": 4, "maps": 4, "latent_dim": 3}


@pytest.fixture(scope="module")
def view():
    return View.of(TrainingState.start(make("pixelvae", "", TINY), 7))


def sheet(view, **settings):
    return run_probe(view, "pixel_samples", {"n": 9, **settings})["images"]


def test_a_sheet_is_what_the_plain_sampler_draws(view):
    model = view.models["pixelvae"]
    with torch.no_grad():
        decoder = model.decoder(normal((9, 3), 7, "sheet code", 2))
    drawn = finish(ancestral(decoder, uniform((9, 1, 8, 8), 7, "sheet pixels", 5)))
    assert np.array_equal(sheet(view, code=2, pixels=5), as_bytes(drawn))


def test_either_noise_changes_the_sheet_alone(view):
    first = sheet(view)
    assert np.array_equal(first, sheet(view))
    for other in ({"code": 1}, {"pixels": 1}):
        assert not np.array_equal(first, sheet(view, **other))


def test_a_sheet_may_share_either_noise(view):
    free = sheet(view)
    code, pixels = sheet(view, hold="code"), sheet(view, hold="pixels")
    for held in (code, pixels):
        assert np.array_equal(held[0], free[0]), "the first picture has both noises of its own"
        assert not np.array_equal(held[1], free[1])
        assert not (held == held[0]).all(), "the other noise still differs"


def test_pictures_are_painted_row_by_row(view):
    slices = list(probe_slices(view, "pixel_samples", {"n": 4}))
    assert [float(each["progress"]) for each in slices] == [k / 8 for k in range(1, 9)]
    last = slices[-1]["images"]
    for row, each in enumerate(slices[:-1], 1):
        assert np.array_equal(each["images"][:, :row], last[:, :row])
        assert not each["images"][:, row:].any()


def test_each_original_stands_before_its_reconstruction(view):
    images = run_probe(view, "pixelvae_reconstructions", {"n": 5, "start": 30})["images"]
    x = source("digits").pictures("test", 30, 35)
    assert np.array_equal(images[::2], as_bytes(x))
    model = view.models["pixelvae"]
    with torch.no_grad():
        decoder = model.decoder(model.encode(x).mean)
    drawn = finish(ancestral(decoder, uniform((5, 1, 8, 8), 7, "sheet pixels", 0)))
    assert np.array_equal(images[1::2], as_bytes(drawn))


def test_probabilities_are_the_expected_pixels_given_the_drawn_ones(view):
    with torch.no_grad():
        decoder = view.models["pixelvae"].decoder(normal((9, 3), 7, "sheet code", 0))
        drawn = finish(ancestral(decoder, uniform((9, 1, 8, 8), 7, "sheet pixels", 0)))
        mean = decoder.distribution(drawn).mean
    assert np.array_equal(sheet(view, show="probabilities"), as_bytes(mean))


def test_colour_comes_last():
    x = torch.zeros(2, 3, 4, 5)
    x[:, 1] = 1
    assert as_bytes(x).shape == (2, 4, 5, 3) and (as_bytes(x)[..., 1] == 255).all()
