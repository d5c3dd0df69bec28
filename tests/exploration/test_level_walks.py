"""Laws of walks of one level, or of one layer: all other noise is held, bit by bit."""

import numpy as np
import pytest
import torch

from gen_core.exploration.anchors import anchors_of
from gen_core.exploration.base import run_probe
from gen_core.exploration.latent_spaces import space_of
from gen_core.exploration.registry import find
from gen_core.exploration.walks import points_along, weights_of
from gen_core.sampling.levels import LEVELS, draw, latent_map, noise_of


@pytest.mark.parametrize("level", LEVELS)
def test_a_walk_of_one_level_leaves_all_other_noise_bit_identical(lanes, level):
    view = lanes["hierarchical_pixelvae"]
    settings = find("walk").parse({"level": level, "anchors": "s5,s6", "noise": 2, "steps": 4})
    space = space_of(view, settings)
    z = points_along(anchors := anchors_of(view, settings, space), weights_of(anchors, settings))
    noise, held = space.noise(z), noise_of(view.models["vae"], 1, view.seed, 2)
    for each in LEVELS:
        rows = getattr(noise, each)
        same = [torch.equal(row, getattr(held, each)[0]) for row in rows]
        assert all(same) if each != level else not any(same)


@pytest.mark.parametrize("layer", (1, 5, 8))
def test_a_walk_of_one_layer_leaves_all_other_noise_bit_identical(lanes, layer):
    """A ResNet VAE's layer walks from its part of draw 5 to that of draw 6."""
    view = lanes["resnet_vae"]
    settings = find("walk").parse({"layer": layer, "anchors": "s5,s6", "noise": 2, "steps": 4})
    space = space_of(view, settings)
    z = points_along(anchors := anchors_of(view, settings, space), weights_of(anchors, settings))
    joint = space_of(view, find("walk").parse({}))
    held, first, last = (joint.noise(joint.draw(view.seed, index)) for index in (2, 5, 6))
    for each, rows in enumerate(space.noise(z), 1):
        if each == layer:
            torch.testing.assert_close(rows[[0, -1]], torch.cat([first[each - 1], last[each - 1]]))
            assert not any(torch.equal(row, held[each - 1][0]) for row in rows)
        else:
            assert all(torch.equal(row, held[each - 1][0]) for row in rows)
    with torch.no_grad():
        x = view.recipe.dataset().pictures("test", 0, 2)
        parts = [space_of(view, settings | {"layer": n}).encode(x) for n in range(1, 9)]
        torch.testing.assert_close(torch.cat(parts, 1), joint.encode(x))


def test_the_ends_of_a_level_walk_are_pictures_of_that_noise(lanes):
    """Walked from noise 5 to noise 6, at the ends a level has just the noise of these indices."""
    view = lanes["hierarchical_pixelvae"]
    model = view.models["vae"].eval()
    base = noise_of(model, 1, view.seed, 0)
    for level in LEVELS:
        asked = {"anchors": "s5,s6", "steps": 6, "level": level}
        images = run_probe(view, "walk", asked)["images"]
        for row, index in ((0, 5), (-1, 6)):
            noise = base.varied(level, noise_of(model, 1, view.seed, index))
            expected = (255 * draw(model, noise)[0]).round().byte().permute(1, 2, 0)
            different = np.mean(images[row] != expected.numpy())
            assert different < 0.01  # one uniform number may round across a threshold


def test_the_middle_noise_of_a_picture_makes_its_own_map(lanes):
    view = lanes["hierarchical_pixelvae"]
    model = view.models["vae"].eval()
    settings = find("walk").parse({"level": "middle"})
    space = space_of(view, settings)
    x = view.recipe.dataset().pictures("test", 0, 2)
    with torch.no_grad():
        z = space.encode(x)
        top = space.held.top.expand(2, -1)
        torch.testing.assert_close(
            latent_map(model, top, z), model.encode(x).z1.mu, rtol=1e-3, atol=1e-4
        )
