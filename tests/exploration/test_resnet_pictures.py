"""What a ResNet VAE shows: against the model itself, noise by its index."""

import numpy as np
import pytest
import torch

from gen_core.errors import ProbeError
from gen_core.exploration.arrays import as_bytes
from gen_core.exploration.base import View, run_probe
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState
from gen_core.training.seeding import normal, uniform


def looked(variant="digits", **more):
    known = {"width": 6, "blocks": 2, "z_channels": 2, **more}
    state = TrainingState.start(make("resnet_vae", variant, known), 7)
    with torch.no_grad():
        for parameter in state.models["resnet_vae"].parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return View.of(state)


def noise(stream, n, index=0):
    return [normal((n, 2, 4, 4), 7, f"{stream}{layer}", index) for layer in (1, 2)]


def test_samples_are_the_priors_and_the_same_for_the_same_noise():
    view = looked()
    vae = view.models["resnet_vae"]
    made = run_probe(view, "resnet_samples", {"n": 4})["images"]
    with torch.no_grad():
        pixels = vae.generate(noise("sheet", 4))
        np.testing.assert_array_equal(made, as_bytes(pixels.mean))
        drawn = pixels.sample(uniform((4, 1, 8, 8), 7, "sheet pixels", 0))
    draws = run_probe(view, "resnet_samples", {"n": 4, "show": "draws"})["images"]
    np.testing.assert_array_equal(draws, as_bytes(drawn))
    again, other = (
        run_probe(view, "resnet_samples", {"n": 4, "index": i})["images"] for i in (0, 1)
    )
    assert np.array_equal(made, again) and not np.array_equal(made, other)


def test_reconstructions_stand_beside_their_pictures():
    view = looked()
    made = run_probe(view, "resnet_reconstructions", {"n": 3, "start": 5})["images"]
    x = view.recipe.dataset().pictures("test", 5, 8)
    np.testing.assert_array_equal(made[::2], as_bytes(x))
    with torch.no_grad():
        found = view.models["resnet_vae"].infer(x, noise("reconstructions", 3))
    np.testing.assert_array_equal(made[1::2], as_bytes(found.likelihood.mean))


def test_colour_pictures_have_their_channels_last_and_others_are_refused():
    view = looked("rooms-16", posterior="iaf")
    assert run_probe(view, "resnet_samples", {"n": 2})["images"].shape == (2, 16, 16, 3)
    plain = View.of(TrainingState.start(make("vae", "binomial"), 7))
    with pytest.raises(ProbeError, match="the probe resnet_samples can show"):
        run_probe(plain, "resnet_samples")
