"""Painting, completion and predictive distributions, against the samplers and the model itself."""

import numpy as np
import pytest
import torch

from gen_core.data.level_text import encode
from gen_core.errors import ProbeError
from gen_core.exploration.base import View, probe_slices, run_probe
from gen_core.recipes.base import make
from gen_core.sampling.ancestral import Known, ancestral, finish
from gen_core.training.loop import TrainingState, train
from gen_core.training.seeding import uniform


def view(variant="gated", updates=3, **overrides):
    state = TrainingState.start(
        make("pixelcnn", variant, {"width": 6, "depth": 1, "batch": 8} | overrides), 7
    )
    steps = train(state)
    for _ in range(updates):
        next(steps)
    return View.of(state)


def noise(n, index=0, shape=(1, 8, 8)):
    return uniform((n, *shape), 0, "painting", index)


@pytest.mark.parametrize("variant", ["gated", "masked", "logistic"])
def test_a_painting_is_the_ancestral_sample_of_its_noise(variant):
    looked = view(variant)
    slices = list(probe_slices(looked, "painting", {"n": 3, "noise": 5, "temperature": 0.7}))
    drawn = finish(ancestral(looked.models["pixelcnn"].decoder(), noise(3, 5), 0.7))
    np.testing.assert_array_equal(slices[-1]["images"], (255 * drawn[:, 0]).round().byte().numpy())
    progress = [float(each["progress"]) for each in slices]
    assert len(slices) > 8 and progress[-1] == 1 and progress == sorted(set(progress))
    for each in slices:
        done = int(each["painted"])
        flat, last = (found["images"].reshape(3, 64) for found in (each, slices[-1]))
        assert (flat[:, :done] == last[:, :done]).all() and not flat[:, done:].any()


def test_a_class_is_painted_alone_or_each_in_turn():
    looked = view(conditional=True)
    in_turn = run_probe(looked, "painting", {"n": 12})["images"]
    alone = run_probe(looked, "painting", {"n": 12, "label": 4})["images"]
    assert (in_turn[4] == alone[4]).all() and (in_turn != alone).any()
    labels = torch.arange(12) % 10
    drawn = finish(ancestral(looked.models["pixelcnn"].decoder(labels), noise(12)))
    np.testing.assert_array_equal(in_turn, (255 * drawn[:, 0]).round().byte().numpy())
    with pytest.raises(ProbeError, match="a class from 0 to 9, got 10"):
        run_probe(looked, "painting", {"label": 10})


def test_colour_is_painted_in_three_channels():
    images = run_probe(view(data="rooms-16", updates=0), "painting", {"n": 2})["images"]
    assert images.shape == (2, 16, 16, 3) and images.std() > 0


def test_a_completion_keeps_what_is_given_and_paints_the_rest():
    looked = view()
    picture = looked.recipe.dataset().pictures("test", 3, 4)
    by_index = run_probe(looked, "completion", {"index": 3, "n": 4, "rows": 5})
    by_text = run_probe(
        looked, "completion", {"picture": encode(picture[0], 16), "n": 4, "rows": 5}
    )
    given = (255 * picture[0, 0]).round().byte().numpy()
    for arrays in (by_index, by_text):
        assert (arrays["images"][:, :5] == given[:5]).all()
        np.testing.assert_array_equal(arrays["given"][0], given)
    np.testing.assert_array_equal(by_index["images"], by_text["images"])
    assert len({each.tobytes() for each in by_index["images"][:, 5:]}) > 1, "several ways"
    mask = torch.arange(8)[:, None].expand(8, 8) < 5
    drawn = finish(
        ancestral(looked.models["pixelcnn"].decoder(), noise(4), known=Known(picture, mask))
    )
    np.testing.assert_array_equal(by_index["images"], (255 * drawn[:, 0]).round().byte().numpy())


@pytest.mark.parametrize("variant", ["gated", "logistic"])
def test_the_expected_pixel_is_the_models_own(variant):
    looked = view(variant, conditional=True)
    source = looked.recipe.dataset()
    x, label = source.pictures("test", 2, 3), source.labels("test")[2:3]
    arrays = run_probe(looked, "predictive", {"index": 2, "row": 5, "column": 3})
    with torch.no_grad():
        found = looked.models["pixelcnn"](x, label)
        changed = x.clone()
        log_p = []
        for level in range(17):
            changed[0, 0, 5, 3] = level / 16
            log_p.append(found.log_prob_map(changed)[0, 0, 5, 3])
    np.testing.assert_allclose(arrays["p"][0], torch.stack(log_p).exp(), rtol=1e-4, atol=1e-6)
    assert arrays["p"].sum() == pytest.approx(1, rel=1e-5)
    assert arrays["level"].tolist() == [round(16 * x[0, 0, 5, 3].item())]
    with torch.no_grad():
        np.testing.assert_allclose(arrays["nats"].sum(), -found.log_prob(x).item(), rtol=1e-5)
    sharp = run_probe(
        looked, "predictive", {"index": 2, "row": 5, "column": 3, "temperature": 0.1}
    )
    entropies = [-(each["p"] * np.log(each["p"] + 1e-12)).sum() for each in (sharp, arrays)]
    assert entropies[0] < entropies[1]


def test_what_comes_later_changes_no_expectation():
    looked = view()
    picture = looked.recipe.dataset().pictures("test", 1, 2)[0]
    other = picture.clone()
    other[0, 4, 4:] = 1 - other[0, 4, 4:]
    other[0, 5:] = 1 - other[0, 5:]
    found = [
        run_probe(looked, "predictive", {"picture": encode(each, 16), "row": 4, "column": 4})["p"]
        for each in (picture, other)
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-7)


def test_what_cannot_be_shown_is_refused():
    looked = view(updates=0)
    with pytest.raises(ProbeError, match="54 letters that hold 64 levels up to 16"):
        run_probe(looked, "completion", {"picture": "AAAA"})
    with pytest.raises(ProbeError, match="a name like"):
        run_probe(looked, "completion", {"picture": "a b"})
    with pytest.raises(ProbeError, match="fewer rows given than the 8"):
        run_probe(looked, "completion", {"rows": 8})
    with pytest.raises(ProbeError, match="a test picture from 0 to 359"):
        run_probe(looked, "predictive", {"index": 360})
