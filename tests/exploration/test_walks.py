"""Laws of walks: they meet their anchors, hold what shall be held, and repeat to the byte."""

import dataclasses

import numpy as np
import pytest
import torch

from gen_core.data import level_text
from gen_core.data.digits import load
from gen_core.data.image_source import ImageSource, Split
from gen_core.data.own_images import keep, own_images
from gen_core.errors import ProbeError
from gen_core.exploration.anchors import anchors_of, parse_anchor
from gen_core.exploration.base import View, run_probe
from gen_core.exploration.latent_spaces import space_of
from gen_core.exploration.nearest import nearest_training
from gen_core.exploration.registry import find
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState
from tests.exploration.conftest import WITH_LATENT_SPACE


def walked(view, anchors, **settings):
    return run_probe(view, "walk", {"anchors": anchors, "steps": 6, **settings})


@pytest.mark.parametrize("stem", WITH_LATENT_SPACE)
def test_the_same_request_gives_the_same_bytes(lanes, stem):
    first, second = (walked(lanes[stem], "s1,s2,z0.5", path="shell") for _ in range(2))
    assert first.keys() == second.keys()
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
    assert len(np.unique(first["images"], axis=0)) > 1
    other = walked(lanes[stem], "s1,s3,z0.5", path="shell")
    assert not np.array_equal(first["images"], other["images"])


@pytest.mark.parametrize("stem", WITH_LATENT_SPACE)
def test_a_walk_passes_through_the_codes_of_its_pictures(lanes, stem):
    view = lanes[stem]
    found = walked(view, "t4,s2,t9")
    x = view.recipe.dataset().pictures("test", 4, 10)
    space = space_of(view, find("walk").parse({}))
    with torch.no_grad():
        codes = space.encode(x).flatten(1)
    first, _, last = found["anchors"]
    np.testing.assert_allclose(found["z"][[first, last]], codes[[0, -1]], rtol=1e-4, atol=1e-5)
    assert [first, last] == [0, 5]


def test_all_pictures_of_a_walk_share_the_pixels_noise(lanes):
    """A PixelVAE that walks nowhere paints one picture; another noise paints another."""
    view = lanes["pixelvae"]
    still = walked(view, "z1_1,z1_1", path="linear")["images"]
    assert (still == still[0]).all()
    assert not np.array_equal(still, walked(view, "z1_1,z1_1", path="linear", noise=1)["images"])


@pytest.mark.parametrize(
    ("stem", "data", "form"),
    [
        ("vae", "digits", [8, 8, 16]),
        ("vae", "mnist-binary", [28, 28, 1]),
        ("pixelvae", "mnist-4", [28, 28, 1]),  # of four levels it would be too long for a link
        ("resnet_vae", "rooms-32", [32, 32, 0]),
    ],
)
def test_a_drawing_has_the_form_of_the_pictures(stem, data, form):
    """And what is drawn in that form is an anchor; no files are needed to know it."""
    recipe = make(stem, "", {"data": data})
    found = run_probe(View(recipe, 0, torch.device("cpu"), 0, {}), "drawing_form")
    assert found["form"].tolist() == form
    height, width, top = form
    if top:
        letters = level_text.encode(torch.ones(1, height, width), top)
        assert find("walk").parse({"drawn": letters})["drawn"] == letters


def test_measures_by_hand(lanes):
    found = walked(lanes["vae"], "z0_0,z0.3_0.4", steps=3, path="linear")
    np.testing.assert_allclose(found["z"], [[0, 0], [0.15, 0.2], [0.3, 0.4]], atol=1e-6)
    np.testing.assert_allclose(found["latent_distance"], [0.25, 0.25], atol=1e-6)
    expected = -0.5 * np.array([0, 0.0625, 0.25]) / 2 - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(found["log_prior"], expected, rtol=1e-5)
    np.testing.assert_allclose(found["norm"], np.array([0, 0.25, 0.5]) / 2**0.5, rtol=1e-5)
    x = found["images"].astype(float) / 255
    apart = np.sqrt(np.square(np.diff(x, axis=0)).mean((1, 2)))
    np.testing.assert_allclose(found["pixel_distance"], apart, atol=0.004)


def test_a_point_between_two_steps_lies_between_them(lanes):
    for closed in (False, True):
        asked = {"anchors": "s1,s2,s3", "steps": 6, "closed": closed, "path": "linear"}
        steps = run_probe(lanes["vae"], "walk", asked)
        legs = 6 if closed else 5
        for step in range(6):
            at = run_probe(lanes["vae"], "walk_point", asked | {"at": step / legs})
            np.testing.assert_allclose(at["z"][0], steps["z"][step], atol=1e-5)
            assert np.abs(at["images"][0].astype(int) - steps["images"][step]).max() <= 1
        end = run_probe(lanes["vae"], "walk_point", asked | {"at": 1.0})
        np.testing.assert_allclose(end["z"][0], steps["z"][0 if closed else -1], atol=1e-6)


def test_vector_arithmetic_is_that_of_averaged_codes(lanes):
    view = lanes["vae"]
    data = load()
    with torch.no_grad():
        mu = view.models["vae"].encode(data.pictures("test")).mu
    settings = find("walk").parse({"anchors": "t1:t2:t3-t4+0.5t5,c3-c8"})
    found = anchors_of(view, settings, space_of(view, settings))
    labels = data.labels("test")
    three, eight = (mu[(labels == which).nonzero().flatten()[:100]].mean(0) for which in (3, 8))
    by_hand = torch.stack((mu[1:4].mean(0) - mu[4] + 0.5 * mu[5], three - eight))
    torch.testing.assert_close(found, by_hand, rtol=1e-4, atol=1e-5)


def test_ends_of_a_factor_are_the_rooms_with_most_and_least_of_it(lanes):
    view = lanes["hierarchical_pixelvae"]
    settings = find("walk").parse({"anchors": "h9,l9"})
    found = anchors_of(view, settings, space_of(view, settings))
    data = view.recipe.dataset()
    hue = data.factors("test")[:, 9]
    with torch.no_grad():
        mu = view.models["vae"].eval().encode(data.pictures("test")).z2.mu
    order = hue.argsort(stable=True)
    by_hand = torch.stack((mu[order[-100:]].mean(0), mu[order[:100]].mean(0)))
    torch.testing.assert_close(found, by_hand, rtol=1e-3, atol=1e-4)


def test_a_drawing_and_an_upload_are_encoded(lanes, tmp_path, monkeypatch):
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path))
    view, x = lanes["vae"], load().pictures("test", 3, 5)
    letters = level_text.encode(x[0], 16)
    own = keep(own_images((x * 16).byte(), 16))
    found = walked(view, "d,o0,o1", path="linear", drawn=letters, own=own, steps=3)["z"]
    expected = walked(view, "t3,t3,t4", path="linear", steps=3)["z"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_nearest_training_picture_is_found_by_looking_at_all():
    data = load()
    x = data.pictures("test", 0, 5)
    *_, found = nearest_training(x, data)
    apart = (x[:, None] - data.pictures("train")[None]).square().flatten(2).mean(2).sqrt()
    distance, index = apart.min(1)
    assert found.index.tolist() == index.tolist()
    torch.testing.assert_close(found.distance, distance)
    assert found.share == 1


def test_a_training_picture_is_its_own_nearest_in_any_part(monkeypatch):
    from gen_core.exploration import nearest

    monkeypatch.setattr(nearest, "CHUNK", 7)
    levels = torch.randint(0, 5, (20, 1, 4, 4), generator=torch.Generator().manual_seed(1)).byte()
    data = ImageSource("noise", 4, {"train": Split(levels), "test": Split(levels)})
    *_, found = nearest_training(data.pictures("train", 3, 20), data)
    assert found.index.tolist() == list(range(3, 20))
    assert float(found.distance.max()) == 0


def test_a_walk_tells_the_nearest_of_its_pictures(lanes):
    found = walked(lanes["vae"], "s1,s2", nearest=True)
    train = load().pictures("train")
    shown = (255 * train[found["nearest_index"].tolist(), 0]).round().byte()
    assert np.array_equal(shown, found["nearest_images"])
    assert found["progress"] == 1


def test_a_walk_through_a_games_noise_is_what_its_generator_makes():
    state = TrainingState.start(make("wgan", "", {"width": 8, "depth": 2}), 3, "cpu")
    found = run_probe(View.of(state), "noise_walk", {"anchors": "s1,z1_2", "steps": 5})
    with torch.no_grad():
        points = state.models["generator"](torch.from_numpy(found["z"]))
    np.testing.assert_allclose(found["points"], points.numpy(), atol=1e-6)
    np.testing.assert_allclose(found["z"][-1], [1, 2])
    assert np.array_equal(found["met"], found["points"][found["anchors"]])
    apart = np.linalg.norm(np.diff(found["points"], axis=0), axis=1)
    np.testing.assert_allclose(found["data_distance"], apart, rtol=1e-5)


def test_anchors_are_read_as_they_are_written():
    (term,) = parse_anchor("z-1.5_.25")
    assert (term.weight, term.atoms) == (1.0, ("z-1.5_.25",))
    weights = [term.weight for term in parse_anchor("-t1+2.5s3:c4-.5z1_-2+d")]
    assert weights == [-1, 2.5, -0.5, 1]


@pytest.mark.parametrize(
    ("stem", "asked", "sentence"),
    [
        ("vae", {"anchors": "t1"}, "two anchors or more, got 1"),
        ("vae", {"anchors": "t1;t2"}, "anchors"),
        ("vae", {"anchors": "t1,q2"}, "anchors"),
        ("vae", {"anchors": "t1,t99999"}, "a test picture from 0 to 359, got 99999"),
        ("vae", {"anchors": "c1,c12"}, "a class from 0 to 9, got 12"),
        ("vae", {"anchors": "h1,l1"}, "rooms, whose factors are known, got digits"),
        ("vae", {"anchors": "z1_2_3,s1"}, "at most 2 coordinates, got 3"),
        ("vae", {"anchors": "d,s1"}, "a drawn picture for the anchor d, got none"),
        ("vae", {"anchors": "o0,s1"}, "an uploaded picture for the anchor o0, got none"),
        ("vae", {"anchors": "z1_1,z-1_-1"}, "do not lie opposite each other"),
        ("vae", {"anchors": "s1,s2,s3", "steps": 2}, r"as many steps as anchors \(3\), got 2"),
        ("hierarchical_pixelvae", {"anchors": "h99,l1"}, "a factor from 0 to 19, got 99"),
        ("hierarchical_pixelvae", {"anchors": "c1,s1"}, "pictures with labels"),
        ("hierarchical_pixelvae", {"anchors": "t1,s1", "level": "pixels"}, "many noises paint"),
        ("resnet_vae", {"layer": 9}, "a layer from 1 to 8, or 0 for all, got 9"),
    ],
)
def test_what_cannot_be_walked_is_said(lanes, stem, asked, sentence):
    with pytest.raises(ProbeError, match=sentence):
        run_probe(lanes[stem], "walk", asked)


def test_codes_of_a_checkpoint_are_found_once_for_all_looks(lanes, tmp_path, monkeypatch):
    """Dragging along a walk encodes no picture again; another file's codes are its own."""
    view = dataclasses.replace(lanes["vae"], checkpoint=tmp_path / "one")
    view.checkpoint.touch()
    encoded = []
    encode = type(view.models["vae"]).encode
    monkeypatch.setattr(
        type(view.models["vae"]), "encode", lambda self, x: encoded.append(1) or encode(self, x)
    )
    first = walked(view, "t4,t9")
    for at in (0.0, 0.5):
        run_probe(view, "walk_point", {"anchors": "t9,t4", "at": at})
    assert len(encoded) == 2
    again = walked(view, "t4,t9")
    assert all(first[name].tobytes() == again[name].tobytes() for name in first)
    assert len(encoded) == 2
    walked(lanes["vae"], "t4,t9")
    assert len(encoded) == 4, "weights that may move on are asked anew"
    other = tmp_path / "two"
    other.touch()
    walked(dataclasses.replace(view, checkpoint=other), "t4,t9")
    assert len(encoded) == 6
