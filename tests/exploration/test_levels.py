"""Probes of the hierarchy: what is held gives the same picture, and shares add up."""

import numpy as np
import pytest
import torch

from gen_core.errors import ProbeError
from gen_core.exploration.base import run_probe
from gen_core.exploration.registry import View
from gen_core.recipes.base import make

SMALL = {"width": 3, "deep_width": 4, "z1_channels": 2, "z2_dim": 3}


@pytest.fixture(scope="module")
def view() -> View:
    """An untrained hierarchy of rooms; z_1 is made to matter."""
    recipe = make("hierarchical_pixelvae", "rooms-16", SMALL)
    models = recipe.build(0, torch.device("cpu"))
    return View(recipe, 0, torch.device("cpu"), 0, models)


def varied(view, level, **settings):
    return run_probe(view, "vary_level", {"level": level, "n": 3, **settings})["images"]


def test_rows_share_their_base_picture_and_differ_after_it(view):
    rows = {level: varied(view, level) for level in ("top", "middle", "pixels")}
    for level, images in rows.items():
        assert images.shape == (4, 16, 16, 3) and images.std() > 10, level
        assert np.array_equal(images[0], rows["top"][0])
        assert not any(np.array_equal(images[0], each) for each in images[1:]), level
    assert not np.array_equal(rows["top"], rows["middle"])


def test_the_middle_map_moves_with_the_levels_above_the_pixels_alone(view):
    found = run_probe(view, "level_codes", {"n": 3})
    top, middle, pixels = found["z1"].reshape(3, 4, 4, 4)
    assert np.ptp(top, 0).max() > 0.01 and np.ptp(middle, 0).max() > 0.01
    assert np.ptp(pixels, 0).max() < 1e-5 and np.allclose(top[0], pixels[0], atol=1e-5)
    assert found["kept"].shape == (4, 16, 16) and 0 < found["kept"].min() < found["kept"].max() < 1


def test_the_same_noise_paints_the_same_row(view):
    assert np.array_equal(varied(view, "top"), varied(view, "top"))
    assert not np.array_equal(varied(view, "top"), varied(view, "top", noise=1))


def test_variances_by_level_add_up(view):
    found = run_probe(view, "level_variance", {"tops": 3, "middles": 2, "pixels": 2})
    assert found["maps"].shape == (3, 16, 16) and (found["maps"] >= 0).all()
    assert found["share"].sum() == pytest.approx(1) and found["maps"][2].mean() > 0


def test_shares_of_a_readable_factor_sum_to_one(view):
    found = run_probe(view, "factors_by_level", {"tops": 4})
    readable = found["readable"].astype(bool)
    assert readable.any() and (found["shares"][:, ~readable] == 0).all()
    np.testing.assert_allclose(found["shares"][:, readable].sum(0), 1, atol=1e-5)
    geometry = found["shares"][:, readable & (found["group"] == 0)].mean(1)
    np.testing.assert_allclose(found["by_group"][:, 0], geometry, atol=1e-6)


def test_reconstructions_begin_with_the_original(view):
    found = run_probe(view, "level_reconstructions", {"n": 2, "samples": 2})["images"]
    x = view.recipe.dataset().pictures("test", 0, 2).permute(0, 2, 3, 1)
    assert found.shape == (10, 16, 16, 3)
    assert np.array_equal(found[[0, 5]], (255 * x).round().byte().numpy())
    assert not np.array_equal(found[1], found[2])


def test_a_cell_that_is_left_as_it_is_changes_nothing(view):
    still = run_probe(view, "latent_cell", {"change": 0.0})
    assert not still["difference"].any() and np.array_equal(*still["images"])
    moved = run_probe(view, "latent_cell", {"change": 5.0})
    assert moved["difference"].any() and np.array_equal(moved["images"][0], still["images"][0])
    assert moved["z1"][1, 1] - still["z1"][1, 1] == pytest.approx(5, abs=1e-5)
    assert (moved["z1"] != still["z1"]).sum() == 1


def test_a_cell_out_of_range_is_refused(view):
    with pytest.raises(ProbeError, match=r"within 2 x 4 x 4, got \(0, 4, 1\)"):
        run_probe(view, "latent_cell", {"row": 4})
    with pytest.raises(ProbeError, match="whole number from 0 to 127"):
        run_probe(view, "latent_cell", {"channel": -1})


def test_factors_are_asked_of_rooms_alone():
    digits = make("hierarchical_pixelvae", "digits")
    view = View(digits, 0, torch.device("cpu"), 0, digits.build(0, torch.device("cpu")))
    with pytest.raises(ProbeError, match="factors_by_level can show"):
        run_probe(view, "factors_by_level")
